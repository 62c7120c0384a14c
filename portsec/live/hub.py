"""The hub: one in each web process. It reads each new entry once and writes it to every dashboard that may see it.

PostgreSQL is the truth and Redis only a wake-up, so entries come late at worst, never lost. ARCHITECTURE.md, "live".
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from django.utils import timezone

from portsec.delivery import watchdog
from portsec.delivery.boards import word_for_boards
from portsec.journal.sequencer import number_entries
from portsec.live import marks, news
from portsec.live.desk import Desk
from portsec.live.frames import Frame
from portsec.live.line import FAILED, NO_ORGANISATION, SIGNED_OUT, Line, TurnedAway, Visitor
from portsec.live.ring import LENGTH, LiveEntry, Ring
from portsec.live.rooms import ControlRoom, Turn
from portsec.live.rounds import every
from portsec.live.wakeups import Wakeups

logger = logging.getLogger(__name__)
POLL_ALONE, POLL_BESIDE = 1.0, 5.0  # seconds, without and with Redis
WRITE_MARKS = 0.25  # seconds
PING = 12.5  # seconds: a quiet line hears something every 25
LOOK_WHO_BELONGS = 30.0  # seconds
WATCH = 5.0  # seconds between two looks at what the worker should have done
BEAT_OUTSIDE = 60.0  # seconds
PING_FRAME = Frame.of({"type": "ping"})


class Hub:
    def __init__(self, ring_length: int = LENGTH) -> None:
        self.ring = Ring(ring_length)
        self.is_ready = asyncio.Event()
        self.desk, self._reader, self._clerk = Desk("desk", threads=4), Desk("reader"), Desk("clerk")
        self._watchman = Desk("watchman")  # apart: it may be busy for a while, when much is late
        self._rooms: dict[str, ControlRoom] = {}
        self._opening: dict[str, asyncio.Task[ControlRoom]] = {}
        self._members: dict[str, frozenset[str]] = {}  # audience → organisations
        self._marks, self._boards = marks.Marks(), marks.Boards()
        self._wake, self._news = asyncio.Event(), asyncio.Event()
        self._wakeups = Wakeups(self._wake.set, self._hear_of_boards)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def position(self) -> int:
        """Every entry up to here was committed before this is read."""
        return self.ring.end

    @property
    def is_woken(self) -> bool:
        """Whether Redis tells it of new entries; else it polls."""
        return self._wakeups.is_up

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._wakeups.listen()),
            asyncio.create_task(self._follow()),
            asyncio.create_task(every(WRITE_MARKS, self._write_marks)),
            asyncio.create_task(every(PING, self.ping)),
            asyncio.create_task(every(LOOK_WHO_BELONGS, self.look_who_belongs)),
            asyncio.create_task(every(WATCH, self._watch)),
            asyncio.create_task(every(BEAT_OUTSIDE, self._beat_outside)),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(Exception):
            await self._write_marks()
        await self._wakeups.close()
        for desk in (self.desk, self._reader, self._clerk, self._watchman):
            desk.close()

    # The lines

    def lines(self) -> list[Line]:
        return [line for room in self._rooms.values() for line in room.lines]

    async def room_of(self, organisation: str) -> ControlRoom:
        """Asks the database the first time only; afterwards entries about access keep it right."""
        room = self._rooms.get(organisation)
        if room is None:
            opening = self._opening.get(organisation)
            if opening is None:
                opening = self._opening[organisation] = asyncio.create_task(self._open(organisation))
            room = await asyncio.shield(opening)
        return room

    async def _open(self, organisation: str) -> ControlRoom:
        """Through the reader, so that what entries say about its people comes after this, not before."""
        try:
            found = await self._reader.ask(news.read_organisations, [organisation])
            if organisation not in found:
                raise TurnedAway(NO_ORGANISATION)
            room = self._rooms[organisation] = ControlRoom(organisation, *found[organisation])
            return room
        finally:
            del self._opening[organisation]

    async def reaches(self, position: int) -> bool:
        """Whether it reads that far, as the process that gave out the position did a moment ago."""
        for _attempt in range(100):
            if position <= self.ring.end:
                return True
            self._wake.set()
            await asyncio.sleep(0.02)
        return False

    def count_held(self, room: ControlRoom, visitor: Visitor, position: int) -> int:
        """How many entries the ring holds for this visitor after the position."""
        held = self.ring.after(position)
        return len(self._turn(held).visible_to(room, visitor)) if held else 0

    def held_for(self, room: ControlRoom, visitor: Visitor, position: int) -> tuple[list[LiveEntry], int]:
        """Of the next entries that the ring holds, those for this visitor, and the position after them."""
        held = self.ring.after(position)[: news.MOST]
        return self._turn(held).visible_to(room, visitor), held[-1].seq

    def join(self, room: ControlRoom, line: Line, position: int) -> None:
        """From here on the line gets every entry. No `await` in between, so none is missed and none comes twice."""
        room.admit(line.visitor)
        room.lines.add(line)
        if held := self.ring.after(position):
            self._turn(held).give(room, [line])

    def leave(self, room: ControlRoom, line: Line) -> None:
        room.lines.discard(line)

    def note_given(self, line: Line, entries: Sequence[LiveEntry]) -> None:
        """What the line was sent from further back than the ring."""
        for entry in entries:
            if marks.is_telling(entry) and entry.owner != line.visitor.organisation:
                self._marks.add_delivered(entry, line.visitor.organisation, line.visitor.user)

    def note_seen(self, visitor: Visitor, ids: Sequence[str]) -> None:
        self._marks.add_seen(visitor, ids)

    # The journal

    async def _follow(self) -> None:
        while True:
            try:
                await self._read()
                self.is_ready.set()
            except Exception as error:
                logger.warning("the journal cannot be read, trying again: %s", error)
                await asyncio.sleep(POLL_ALONE)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_BESIDE if self.is_woken else POLL_ALONE):
                    await self._wake.wait()
            self._wake.clear()

    async def _read(self) -> None:
        if not self.is_ready.is_set():
            oldest, newest = await self._reader.ask(news.read_ends)
            self.ring.begin_at(max(oldest - 1, newest - self.ring.length))
        if not self.is_woken:  # then nobody sweeps either: Celery needs Redis
            await self._reader.ask(number_entries)
        is_more = True
        while is_more:
            found = await self._reader.ask(news.read_news, self.ring.end, self._members)
            self._take(found)
            is_more = len(found.entries) == news.MOST

    def _take(self, found: news.News) -> None:
        """Rights first: who lost one does not get the entries that come with the loss."""
        self._members.update(found.members)
        for organisation, people in found.people.items():
            if organisation in self._rooms:
                self._rooms[organisation].admit_only(people)
        if self.ring.append(found.entries):
            kept = self.ring.audiences()
            self._members = {audience: members for audience, members in self._members.items() if audience in kept}
        turn = self._turn(found.entries)
        for room in self._rooms.values():
            if room.lines:
                self._give(turn, room)
        for organisation in found.affected & self._rooms.keys():
            room = self._rooms[organisation]
            room.push(Frame.of({"type": "access", "cursor": room.cursor(self.ring.end)}))
        self._news.set()
        self._news = asyncio.Event()

    def _give(self, turn: Turn, room: ControlRoom) -> None:
        try:
            turn.give(room, tuple(room.lines))
        except Exception:
            logger.exception("the lines of %s are closed: they come back and resume", room.id)
            for line in room.lines:
                line.close(FAILED)

    def _turn(self, entries: Sequence[LiveEntry]) -> Turn:
        return Turn(entries, self._members, self._marks)

    async def news_after(self, position: int) -> None:
        """Returns once the journal has gone beyond the position."""
        while self.ring.end <= position:
            await self._news.wait()

    # The rounds

    async def _write_marks(self) -> None:
        if self._marks:
            taken, self._marks = self._marks, marks.Marks()
            try:
                self._boards.note(await self._clerk.ask(marks.write, taken))
            except BaseException:  # the end of the process too: what it last writes are these
                self._marks.put_back(taken)
                raise
        if due := self._boards.take_due(time.monotonic()):
            word = await self._clerk.ask(word_for_boards, due)
            if not await self._wakeups.tell_boards(word):
                self._hear_of_boards(word.encode())

    def _hear_of_boards(self, said: bytes) -> None:
        for organisation, readers, ids in marks.read_word(said):
            if room := self._rooms.get(organisation):
                word = Frame.of({"type": "deliveries", "ids": ids})
                for line in [line for line in room.lines if readers is None or line.visitor.user in readers]:
                    line.push(word)

    async def _watch(self) -> None:
        await self._watchman.ask(watchdog.watch, timezone.now())

    async def _beat_outside(self) -> None:
        """Only while all is well: what hears nothing tells the operator."""
        if (await self._watchman.ask(watchdog.look, timezone.now())).is_well:
            await self._watchman.ask(watchdog.beat_outside)

    async def ping(self) -> None:
        for line in self.lines():
            if line.is_quiet and not line.is_busy:
                line.push(PING_FRAME)
            line.is_quiet = True

    async def look_who_belongs(self) -> None:
        """For what an operator changes without an entry: people, organisations and tokens made inactive."""
        if not self._rooms:
            return
        asked = tuple(self._rooms.items())  # a room that opens meanwhile has its people from its own question
        found = await self._reader.ask(news.read_organisations, tuple(organisation for organisation, _room in asked))
        for organisation, room in asked:
            room.name, people = found.get(organisation, (room.name, frozenset()))
            room.admit_only(people)
        with_token = [line for line in self.lines() if line.visitor.token_key]
        if with_token:
            valid = await self._reader.ask(news.read_valid_tokens, [line.visitor.token_key for line in with_token], timezone.now())
            for line in with_token:
                if line.visitor.token_key not in valid:
                    line.close(SIGNED_OUT)
        in_session = [line for line in self.lines() if line.visitor.session]
        if in_session:
            open_ones = await self._reader.ask(news.read_open_sessions, [line.visitor.session for line in in_session], timezone.now())
            for line in in_session:
                if line.visitor.session not in open_ones:
                    line.close(SIGNED_OUT)
