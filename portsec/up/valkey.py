"""An embedded Valkey on a loopback port, with a password. It keeps nothing on disk: PostgreSQL's rows are the truth."""

import socket
from functools import cached_property
from pathlib import Path

from portsec.up.keys import keep, make_private, write_private
from portsec.up.program import Program
from portsec.up.wheels import valkey_server

HOST = "127.0.0.1"
CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
save ""
appendonly no
maxmemory 128mb
maxmemory-policy noeviction
"""


class Valkey:
    title = "Valkey"

    def __init__(self, home: Path) -> None:
        self.home = make_private(home.resolve())
        self.folder = self.home / "valkey"
        self.log = self.home / "log" / "valkey.log"
        # The password stands in a file, because every user of the machine can read a command line.
        self.server = Program(self.title, [str(valkey_server()), str(self.folder / "valkey.conf")], self.log)

    @cached_property
    def port(self) -> int:
        """A TCP port and not a Unix socket: redis-py and Celery have no address in common for a socket."""
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            return int(probe.getsockname()[1])

    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    @cached_property
    def password(self) -> str:
        return keep(self.home, "valkey.password")

    def start(self) -> None:
        self.spawn()
        self.wait_ready()

    def spawn(self) -> None:
        text = CONFIGURATION.format(host=HOST, port=self.port, password=self.password, folder=self.folder)
        write_private(make_private(self.folder) / "valkey.conf", text)
        self.server.spawn()

    def wait_ready(self) -> None:
        self.server.wait_until(self._answers, seconds=15)

    def stop(self) -> None:
        self.server.stop()

    def is_alive(self) -> bool:
        return self.server.is_alive()

    def cause(self) -> str:
        return self.server.cause()

    def _answers(self) -> bool:
        """By hand, as the client library alone would double this process's memory."""
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection, connection.makefile("rb") as answer:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return [answer.readline(), answer.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False
