"""The control rooms: each organisation's open dashboards in this process, and what they may see."""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from uuid import UUID

from django.utils import timezone

from portsec.journal.cursors import open_cursor, seal
from portsec.live.frames import ENTRIES_A_FRAME, Frame, Sheet
from portsec.live.line import NO_ORGANISATION, Line, TurnedAway, Visitor
from portsec.live.marks import Marks, is_telling
from portsec.live.ring import LiveEntry


class ControlRoom:
    """An organisation with the lines of its people. `people` is kept by the hub, as entries about access come."""

    __slots__ = ("_greeted", "_greeting", "_sealed", "id", "lines", "name", "people", "uuid")

    def __init__(self, organisation: str, name: str, people: frozenset[str]) -> None:
        self.id, self.uuid, self.name, self.people = organisation, UUID(organisation), name, people
        self.lines: set[Line] = set()
        self._sealed = (0, seal(0, self.uuid))
        self._greeted: tuple[object, ...] = ()

    def cursor(self, position: int) -> str:
        """The last one is kept: a storm of people who come back asks for the same again and again."""
        if position != self._sealed[0]:
            self._sealed = (position, seal(position, self.uuid))
        return self._sealed[1]

    def position_of(self, cursor: str) -> int:
        """Raises BadCursorError."""
        kept, sealed = self._sealed
        return kept if cursor == sealed else open_cursor(cursor, self.uuid)

    def greeting(self, position: int, behind: int) -> Frame:
        """`behind` is how many entries follow. One text for all who come within the same tenth of a second, as in a storm:
        the page counts its minutes by `now`."""
        asked = (position, behind, self.name, int(time.time() * 10))
        if asked != self._greeted:
            self._greeted, self._greeting = asked, Frame.of(self._hello(position, behind))
        return self._greeting

    def _hello(self, position: int, behind: int) -> dict[str, object]:
        return {
            "type": "hello",
            "cursor": self.cursor(position),
            "organisation": {"id": self.id, "name": self.name},
            "behind": behind,
            "now": timezone.now().isoformat().replace("+00:00", "Z"),
        }

    def push(self, frame: Frame) -> None:
        for line in tuple(self.lines):
            line.push(frame)

    def admit(self, visitor: Visitor) -> None:
        if visitor.user not in self.people:
            raise TurnedAway(NO_ORGANISATION)

    def admit_only(self, people: frozenset[str]) -> None:
        """Who no longer belongs here is put out at once."""
        self.people = people
        for line in [line for line in self.lines if line.visitor.user not in people]:
            self.lines.discard(line)
            line.close(NO_ORGANISATION)


class Turn:
    """New entries on their way to the lines, in one turn of the event loop."""

    def __init__(self, entries: Sequence[LiveEntry], members: dict[str, frozenset[str]], marks: Marks) -> None:
        self._entries, self._members, self._marks = entries, members, marks
        self._sheet = Sheet()

    def visible_to(self, room: ControlRoom, visitor: Visitor) -> list[LiveEntry]:
        return [entry for entry in self._visible_in(room) if entry.persons is None or visitor.user in entry.persons]

    def give(self, room: ControlRoom, lines: Iterable[Line]) -> None:
        visible = self._visible_in(room)
        end = self._entries[-1].seq if self._entries else 0
        for part in in_parts(visible):
            position = end if part[-1] is visible[-1] else part[-1].seq
            self._give_part(room, lines, part, room.cursor(position))

    def _visible_in(self, room: ControlRoom) -> list[LiveEntry]:
        return [entry for entry in self._entries if entry.owner == room.id or room.id in self._members.get(entry.audience, ())]

    def _give_part(self, room: ControlRoom, lines: Iterable[Line], part: Sequence[LiveEntry], cursor: str) -> None:
        if any(entry.persons is not None for entry in part):
            for line in lines:
                own = [entry for entry in part if entry.persons is None or line.visitor.user in entry.persons]
                if own and line.push(self._sheet.frame(own, cursor)):
                    self._note(room, own, line.visitor.user)
            return
        frame, gone_out = self._sheet.frame(part, cursor), ""
        for line in lines:
            if line.push(frame):
                gone_out = line.visitor.user
        if gone_out:
            self._note(room, part, gone_out)

    def _note(self, room: ControlRoom, entries: Iterable[LiveEntry], user: str) -> None:
        for entry in entries:
            if is_telling(entry) and entry.owner != room.id and room.id not in entry.told:
                entry.told.add(room.id)
                self._marks.add_delivered(entry, room.id, user)


def in_parts(entries: Sequence[LiveEntry]) -> Iterator[Sequence[LiveEntry]]:
    rest = iter(entries)
    while part := list(islice(rest, ENTRIES_A_FRAME)):
        yield part
