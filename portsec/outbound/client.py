"""One HTTP request to a checked address: no redirects, no proxies, no second look-up, bounded in time and size."""

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from threading import Timer
from typing import Any

from django.utils.translation import gettext as _
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from portsec.outbound.addresses import LOOKUP, CheckedAddress, check_address
from portsec.outbound.errors import OutboundError

AGENT = "PortSec"
OWN_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}


@dataclass(frozen=True)
class Limits:
    """Seconds to connect, to wait for the next bytes, and for all of it, look-up included; bytes of the answer's body.

    `cut`: a longer body is cut off there, for who only wants to see its beginning; otherwise it is an error.
    """

    connect: float = 5.0
    read: float = 10.0
    total: float = 15.0
    body: int = 1_000_000
    cut: bool = False


@dataclass(frozen=True)
class Answer:
    """Any status, redirects included: they are the caller's to judge. Names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request(method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", limits: Limits | None = None) -> Answer:
    """Raises OutboundError: the address is refused, nobody answers, it takes too long, or the answer is too large."""
    limits = limits or Limits()
    until = time.monotonic() + limits.total
    at = check_address(url, within=min(LOOKUP, limits.total))
    connection = _connection(at, min(limits.connect, until - time.monotonic()))
    try:
        return _ask(connection, at, method, {**_wanted(headers or {}), "Host": at.authority}, body, limits, until)
    finally:
        connection.close()


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connection(at: CheckedAddress, timeout: float) -> HTTPConnection:
    if at.scheme == "http":
        return HTTPConnection(at.address, at.port, timeout=timeout)
    # The certificate is held against the name, the connection goes to the address that was checked.
    return HTTPSConnection(at.address, at.port, timeout=timeout, ssl_context=_trust(), server_hostname=at.host)


def _wanted(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        "User-Agent": AGENT,
        **{name: value for name, value in headers.items() if name.lower() not in OWN_HEADERS},
        "Accept-Encoding": "identity",  # an answer is as long as it says
    }


def _ask(
    connection: HTTPConnection, at: CheckedAddress, method: str, headers: dict[str, str], body: bytes, limits: Limits, until: float
) -> Answer:
    clock: Timer | None = None
    try:
        connection.connect()
        clock = _stop(connection, until)
        connection.timeout = limits.read
        connection.request(method, at.target, body=body or None, headers=headers, preload_content=False)
        found = _read(connection.getresponse(), limits)
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        raise _failure(error, is_late=time.monotonic() >= until) from error
    finally:
        if clock:
            clock.cancel()
    if time.monotonic() >= until:  # the clock ended the connection, which may look like the end of the answer
        raise _late()
    return found


def _stop(connection: HTTPConnection, until: float) -> Timer:
    """Ends the connection when the time is over: a limit for each read does not hold a server that sends a byte at a time."""
    open_socket: Any = connection.sock
    clock = Timer(max(until - time.monotonic(), 0), lambda: _end(open_socket))
    clock.daemon = True
    clock.start()
    return clock


def _end(open_socket: Any) -> None:
    with suppress(OSError):  # it may have ended by itself
        socket.socket.shutdown(open_socket, socket.SHUT_RDWR)  # past TLS, whose own goodbye could wait


def _read(response: HTTPResponse, limits: Limits) -> Answer:
    body = b""
    while len(body) <= limits.body and (more := response.read(limits.body + 1 - len(body), decode_content=False)):
        body += more
    if len(body) > limits.body and not limits.cut:
        raise OutboundError(_("The answer from this address is too large."), "too_large", permanent=True)
    return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, body[: limits.body])


def _failure(error: Exception, *, is_late: bool) -> OutboundError:
    if is_late or isinstance(error, TimeoutError) or "timed out" in str(error):
        return _late()
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError) or "certificate" in str(error):
        return OutboundError(_("This address does not prove who it is: its certificate is not valid for it."), "certificate")
    return OutboundError(_("Nobody answers at this address."), "no_answer")


def _late() -> OutboundError:
    return OutboundError(_("This address took too long to answer."), "too_late")
