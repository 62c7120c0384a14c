"""The newest entries of the journal in memory, so that a client which was away for a moment asks no database."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

LENGTH = 4096


@dataclass(slots=True)
class LiveEntry:
    """A numbered entry as the hub keeps it: who may know of it, and its JSON, encoded once for everybody.

    Ids are interned text: comparing them is what the hub does most, and UUID compares slowly.
    """

    seq: int
    verb: str
    kind: str
    object_id: str
    owner: str
    audience: str
    persons: frozenset[str] | None
    text: str
    about: dict[str, Any] | None = None  # of an entry about access: what changed
    told: set[str] = field(default_factory=set)  # organisations on whose dashboards it has been put


class Ring:
    """Entries from `start` (exclusive) to `end`, in the journal's order and without a hole."""

    def __init__(self, length: int = LENGTH) -> None:
        self.length = length
        self.start = self.end = 0
        self._entries: list[LiveEntry] = []

    def begin_at(self, position: int) -> None:
        self.start = self.end = position
        self._entries = []

    def append(self, entries: Sequence[LiveEntry]) -> bool:
        """Whether older entries had to go. Half of them at a time, since each time moves those that stay."""
        self._entries.extend(entries)
        self.end = self._entries[-1].seq if self._entries else self.end
        if len(self._entries) < 2 * self.length:
            return False
        self.start = self._entries[-self.length - 1].seq
        del self._entries[: -self.length]
        return True

    def audiences(self) -> set[str]:
        return {entry.audience for entry in self._entries}

    def after(self, position: int) -> list[LiveEntry]:
        """Whole only for a position that is not before `start`. Most who come back have missed nothing."""
        if position >= self.end:
            return []
        return self._entries[bisect_right(self._entries, position, key=lambda entry: entry.seq) :]
