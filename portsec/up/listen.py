"""The web server's sockets, opened before anything else so that a taken port is known at once."""

import errno
import os
import socket
from typing import NoReturn

from portsec.up.program import StartFailed

BACKLOG = 2048


def listen_on_loopback(port: int) -> list[socket.socket]:
    """Both loopback addresses, where the machine has both: browsers resolve `localhost` to either."""
    listeners = [listen(socket.AF_INET, "127.0.0.1", port)]
    try:
        listeners.append(listen(socket.AF_INET6, "::1", listeners[0].getsockname()[1]))
    except OSError as error:
        if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise
    return listeners


def listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise_refusal(port, error)
    return listener


def raise_refusal(port: int, error: OSError) -> NoReturn:
    if error.errno == errno.EADDRINUSE:
        raise StartFailed(f"Port {port} is taken. Stop what uses it, or choose another: PORT={port + 1} make run") from error
    if error.errno == errno.EACCES:
        raise StartFailed(f"Port {port} needs an administrator's rights. Choose another: PORT=8000 make run") from error
    raise error


def chosen_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) <= 65535:
        raise StartFailed(f"PORT={text} is not a port number. Choose one from 1024 to 65535: PORT=8000 make run")
    return int(text)
