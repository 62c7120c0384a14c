"""The clients: thousands of sockets in a process of their own, read through epoll without an event loop's machinery.

A client must cost less than the server's share, or it is the client that is measured. While something comes it only notes
when, and the bytes; what they say is read when all is quiet. Times are of the monotonic clock, which all processes of a
machine share. `python -m portsec.bench.crowd`
"""

import gc
import json
import os
import select
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from portsec.bench import wire
from portsec.bench.reading import Reader, outcome

TICK = 0.02  # seconds between two looks whether all is quiet
QUIET = 0.2  # seconds without a byte, after which what came is read
MOST_AT_ONCE = 262_144  # bytes of one socket; the rest comes with the next look
SOCKETS_AT_ONCE = 512
# Seconds between two looks. To be woken by each frame costs more than to read it, and costs the server too; times are later by no more.
PAUSE = 0.0002


class Client:
    """One dashboard. `set` is the number of its organisation."""

    __slots__ = ("chunks", "is_open", "reader", "set", "socket")

    def __init__(self, port: int, opening: bytes, number: int) -> None:
        self.set = number
        self.chunks: list[tuple[int, bytes]] = []
        self.reader = Reader()
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(opening)
        self.socket.setblocking(False)
        self.is_open = True

    def read(self) -> None:
        for at, data in self.chunks:
            for pong in self.reader.take(at, data):
                with suppress(OSError):
                    self.socket.send(pong)
        self.chunks.clear()


class Crowd:
    def __init__(self) -> None:
        self.groups: dict[str, list[Client]] = {}
        self.organisations: dict[str, int] = {}
        self.cursors: dict[tuple[str, int], str] = {}
        self.worked: tuple[float, float] = (0.0, 0.0)
        self.received = 0
        self._epoll = select.epoll()
        self._clients: dict[int, Client] = {}
        self._orders = bytearray()
        self._buffer = memoryview(bytearray(MOST_AT_ONCE))  # one for all: memory of that size is dear to get and to give back
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)

    def pump(self, seconds: float) -> None:
        """Takes in what has come; orders too, so that nothing waits while there are none."""
        ready = self._epoll.poll(seconds, SOCKETS_AT_ONCE)
        for descriptor, _event in ready:
            client = self._clients.get(descriptor)
            if client is None:
                self._take_orders()
                continue
            try:
                size = client.socket.recv_into(self._buffer)
            except OSError:
                size = 0
            if size:
                client.chunks.append((time.monotonic_ns(), bytes(self._buffer[:size])))
                self.received += 1
            else:
                self._hang_up(client)
        if ready:
            time.sleep(PAUSE)

    def connect(self, group: str, port: int, sets: Sequence[int], paths: Sequence[str], greeted: bool, patience: float) -> Any:
        """All at once. Done when the last has its handshake, and where the server greets, its greeting."""
        self._forget_cursors_of_others(group, max(sets) + 1)
        openings = [self._opening(group, path, port, number) for path, number in zip(paths, sets, strict=True)]
        begun, self.worked = time.monotonic_ns(), work_so_far()
        clients = self.groups[group] = [Client(port, opening, number) for opening, number in zip(openings, sets, strict=True)]
        for client in clients:
            self._clients[client.socket.fileno()] = client
            self._epoll.register(client.socket.fileno(), select.EPOLLIN)
        used = self._settled(clients, lambda client: client.reader.is_welcome(greeted), patience)
        welcomed = sorted(one.reader.welcomed_at for one in clients if one.reader.is_welcome(greeted))
        self._keep_cursors(group, clients)
        return {
            "welcomed": len(welcomed),
            "last_ms": (welcomed[-1] - begun) / 1e6 if welcomed else None,
            "client_share": used / ((welcomed[-1] - begun) / 1e9) if welcomed else None,
        }

    def arm(self, group: str) -> Any:
        """Forgets what came so far; what comes next is measured."""
        for client in self.groups[group]:
            client.read()
            client.reader.forget()
        self.worked = work_so_far()
        return {"open": sum(client.is_open for client in self.groups[group])}

    def expect(self, group: str, entries: Sequence[Sequence[str]], patience: float) -> Any:
        """Waits until every client has the entries of its set (or `patience` seconds), and tells how that went."""
        clients = self.groups[group]
        wanted = [frozenset(each) for each in entries]
        used = self._settled(clients, lambda client: wanted[client.set] <= client.reader.seen, patience)
        self._keep_cursors(group, clients)
        return {**outcome([(one.reader, entries[one.set]) for one in clients]), "client_seconds": used}

    def close(self, group: str) -> Any:
        for client in self.groups.pop(group, []):
            self._hang_up(client)
        self.pump(QUIET)
        return {}

    def order(self) -> dict[str, Any]:
        """The next order; meanwhile the sockets are served."""
        while b"\n" not in self._orders:
            self.pump(1.0)
        line, _newline, rest = bytes(self._orders).partition(b"\n")
        self._orders = bytearray(rest)
        asked: dict[str, Any] = json.loads(line)
        return asked

    def _take_orders(self) -> None:
        said = os.read(sys.stdin.fileno(), 2**20)
        if not said:
            sys.exit()  # the command has gone
        self._orders += said

    def _hang_up(self, client: Client) -> None:
        if client.is_open:
            client.is_open = False
            self._epoll.unregister(client.socket.fileno())
            del self._clients[client.socket.fileno()]
            client.socket.close()

    def _settled(self, clients: Sequence[Client], is_done: Callable[[Client], bool], patience: float) -> float:
        """Reads once nothing comes any more, and again until all is there. Returns the seconds in which it ran, or wanted to."""
        until = time.monotonic() + patience
        while True:
            used = self._quiet()
            for client in clients:
                client.read()
            if time.monotonic() > until or all(is_done(client) for client in clients):
                return used

    def _quiet(self) -> float:
        """Looks at the clocks only when nothing came for a moment: to look costs as much as to read from several sockets."""
        before, since, used = -1, 0.0, 0.0
        while before != self.received or time.monotonic() - since < QUIET:
            here = self.received
            self.pump(TICK)
            if here == self.received and before != here:
                before, since, used = here, time.monotonic(), sum(work_so_far()) - sum(self.worked)
        return used

    def _opening(self, group: str, path: str, port: int, number: int) -> bytes:
        cursor = self.cursors.get((group, number))
        return wire.request(f"{path}&since={cursor}" if cursor else path, f"localhost:{port}")

    def _forget_cursors_of_others(self, group: str, organisations: int) -> None:
        """A cursor is good for its organisation only, and other numbers of audiences are other organisations."""
        if self.organisations.get(group) != organisations:
            self.cursors = {key: cursor for key, cursor in self.cursors.items() if key[0] != group}
        self.organisations[group] = organisations

    def _keep_cursors(self, group: str, clients: Sequence[Client]) -> None:
        self.cursors.update({(group, one.set): one.reader.cursor for one in clients if one.reader.cursor})


def work_so_far() -> tuple[float, float]:
    """Seconds in which this process had a processor, and in which it waited for one."""
    try:
        waited = int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        waited = 0.0
    return time.process_time(), waited


def main() -> None:
    gc.disable()  # what came lies in no circle, and to look it all through again and again would be the client's work
    crowd = Crowd()
    while order := crowd.order():
        print(json.dumps(getattr(crowd, order.pop("do"))(**order)), flush=True)


if __name__ == "__main__":
    main()
