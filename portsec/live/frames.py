"""What goes over the line: JSON in text frames, put together from parts that are encoded once for everybody."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from portsec.live.ring import LiveEntry

Event = dict[str, Any]  # as ASGI has it

ENTRIES_A_FRAME = 100
LARGEST = 1024 - 70  # bytes of an entry: with its frame and the cursor it stays within 1 KB
SHORTEST = 40  # bytes; ids, times and reference numbers are shorter and stay whole


class Frame:
    """One text for any number of clients: as an ASGI event, and as the bytes that go over the wire."""

    def __init__(self, text: str) -> None:
        self.event: Event = {"type": "websocket.send", "text": text}

    @cached_property
    def wire(self) -> bytes:
        """Made once for everybody, and not for a frame that goes to one client through ASGI."""
        return WebSocketFrame(Opcode.TEXT, self.event["text"].encode()).serialize(mask=False)

    @classmethod
    def of(cls, content: Mapping[str, object]) -> "Frame":
        return cls(dump(content))

    @classmethod
    def of_entries(cls, entries: Sequence[LiveEntry], cursor: str) -> "Frame":
        return cls(_closed(_opened(entries), cursor))


class Sheet:
    """The frames of one turn: each distinct set of entries is joined once, whoever gets it."""

    def __init__(self) -> None:
        self._opened: dict[tuple[int, ...], str] = {}

    def frame(self, entries: Sequence[LiveEntry], cursor: str) -> Frame:
        key = tuple(entry.seq for entry in entries)
        opened = self._opened.get(key)
        if opened is None:
            opened = self._opened[key] = _opened(entries)
        return Frame(_closed(opened, cursor))


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _opened(entries: Sequence[LiveEntry]) -> str:
    return f'{{"type":"entries","entries":[{",".join(entry.text for entry in entries)}],"cursor":"'


def _closed(opened: str, cursor: str) -> str:
    return f'{opened}{cursor}"}}'


def encode_entry(entry: dict[str, Any]) -> str:
    """The entry as JSON of at most LARGEST bytes: its longest texts give way first, and its page shows them whole."""
    text = dump(entry)
    while (excess := len(text.encode()) - LARGEST) > 0 and _shorten(entry, excess):
        text = dump(entry)
    return text


def _shorten(entry: dict[str, Any], excess: int) -> bool:
    length, holder, name = max(_texts(entry), key=lambda found: found[0])
    if length > SHORTEST:
        kept = max(length - excess, SHORTEST) - len("…".encode())
        holder[name] = holder[name].encode()[:kept].decode(errors="ignore") + "…"
        return True
    had_row, entry["row"] = bool(entry["row"]), {}
    return had_row


def _texts(entry: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], str]]:
    for holder, names in ((entry, ("summary",)), (entry["row"], tuple(entry["row"]))):
        for name in names:
            if isinstance(holder[name], str):
                yield len(holder[name].encode()), holder, name
