"""What a client was sent: handshake, greeting, entries in their order, each with the moment at which it came."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Any

from portsec.bench import wire

ENTRY = re.compile(rb'"entry":"([0-9a-f-]{36})"')
CURSOR = re.compile(rb'"cursor":"([^"]+)"')


@lru_cache(maxsize=1024)
def _said(payload: bytes) -> tuple[list[str], str]:
    """The entries of a frame and its cursor. Thousands get the same bytes: they are read once."""
    cursors = CURSOR.findall(payload)
    return [found.decode() for found in ENTRY.findall(payload)], cursors[-1].decode() if cursors else ""


class Reader:
    def __init__(self) -> None:
        self.is_upgraded = False
        self.greeted_at = self.upgraded_at = 0
        self.cursor = ""
        self.frame_bytes = 0
        self._rest = b""
        self.forget()

    def forget(self) -> None:
        self.came: list[tuple[str, int]] = []
        self.seen: set[str] = set()

    def is_welcome(self, greeted: bool) -> bool:
        return self.greeted_at > 0 if greeted else self.is_upgraded

    @property
    def welcomed_at(self) -> int:
        return self.greeted_at or self.upgraded_at

    def take(self, at: int, data: bytes) -> Iterator[bytes]:
        """Reads on; yields the answers to what asks for one."""
        data = self._rest + data
        if not self.is_upgraded:
            data = self._take_handshake(at, data)
        end = 0
        for kind, payload, end in wire.frames(data):  # noqa: B007 (`end` is where the last whole frame ends)
            if kind == wire.PING:
                yield wire.pong_frame(payload)
            elif kind == wire.TEXT:
                self._take_text(at, payload)
        self._rest = data[end:]

    def _take_handshake(self, at: int, data: bytes) -> bytes:
        head, found, rest = data.partition(wire.END_OF_HEADERS)
        if not found:
            return data
        if head.startswith(b"HTTP/1.1 101"):
            self.is_upgraded, self.upgraded_at = True, at
        return rest

    def _take_text(self, at: int, payload: bytes) -> None:
        entries, cursor = _said(payload)
        self.cursor = cursor or self.cursor
        if payload.startswith(b'{"type":"hello"'):
            self.greeted_at = at
        if entries:
            self.frame_bytes = len(payload)
            self.came += [(entry, at) for entry in entries]
            self.seen.update(entries)


def outcome(clients: Sequence[tuple[Reader, Sequence[str]]]) -> dict[str, Any]:
    """Of readers with what each should have got: when it came, and what is missing, came twice, strayed or is out of order."""
    lasts = [last for reader, wanted in clients if (last := _completed_at(reader, wanted))]
    counted = [Counter(entry for entry, _at in reader.came) for reader, _wanted in clients]
    return {
        "last": max(lasts, default=None),
        "median": median(lasts) if lasts else None,
        "delivered": sum(len(found) for found in counted),
        "lost": sum(len(set(wanted) - found.keys()) for found, (_reader, wanted) in zip(counted, clients, strict=True)),
        "repeated": sum(found.total() - len(found) for found in counted),
        "strayed": sum(len(found.keys() - set(wanted)) for found, (_reader, wanted) in zip(counted, clients, strict=True)),
        "disordered": sum(not _is_ordered(reader, wanted) for reader, wanted in clients),
        "frame_bytes": max((reader.frame_bytes for reader, _wanted in clients), default=0),
    }


def _completed_at(reader: Reader, wanted: Sequence[str]) -> int | None:
    expected = set(wanted)
    if not expected <= reader.seen:
        return None
    return max((at for entry, at in reader.came if entry in expected), default=None)


def _is_ordered(reader: Reader, wanted: Sequence[str]) -> bool:
    place = {entry: number for number, entry in enumerate(wanted)}
    came = [place[entry] for entry, _at in reader.came if entry in place]
    return all(earlier <= later for earlier, later in pairwise(came))
