"""`/ws/live/`: lets a visitor in, brings its line up to date, and then leaves the line to the hub."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError

from portsec.journal.cursors import BadCursorError
from portsec.live import news
from portsec.live.frames import ENTRIES_A_FRAME, Frame
from portsec.live.hub import Hub
from portsec.live.line import RESYNCHRONISE, TRY_LATER, Line, Send, TurnedAway
from portsec.live.marks import ids_seen
from portsec.live.news import Stretch
from portsec.live.pipe import in_one_segment
from portsec.live.ring import LiveEntry
from portsec.live.rooms import ControlRoom, in_parts
from portsec.live.sign_in import query_of, sign_in

Receive = Callable[[], Awaitable[dict[str, Any]]]
logger = logging.getLogger(__name__)
LONGEST_MESSAGE = 16_384  # characters; 200 ids fit


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    hub: Hub
    line: Line | None = None
    room: ControlRoom | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Channels' own loop would look for a channel layer, make a task for each message, and visit a thread to tidy
        database connections; none of them is used here, and thousands may knock at once."""
        self.scope, self.base_send = scope, send
        try:
            while True:
                event = await receive()
                await getattr(self, get_handler_name(event))(event)
        except StopConsumer:
            pass
        finally:
            if self.room is not None and self.line is not None:
                self.hub.leave(self.room, self.line)

    async def websocket_connect(self, event: dict[str, Any]) -> None:
        """Accepts before it refuses: a browser shows the reason only of a socket that was open."""
        self.hub = self.scope["state"]["hub"]
        try:
            with in_one_segment(self.base_send):
                await self.accept()
                room, line, position = await self._let_in(query_of(self.scope))
            await self._bring_up_to_date(room, line, position)
        except TurnedAway as turned_away:
            await self.close(turned_away.code)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("a line could not be opened: %s", error)
            await self.close(TRY_LATER)

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        """The only word that counts is `seen`; any other, `pong` among them, says that the client lives."""
        text = event.get("text") or ""
        if self.line is None or self.line.visitor.is_service or len(text) > LONGEST_MESSAGE:
            return
        try:
            said = json.loads(text)
        except ValueError:
            return
        if isinstance(said, dict) and said.get("type") == "seen":
            self.hub.note_seen(self.line.visitor, ids_seen(said))

    async def websocket_disconnect(self, event: dict[str, Any]) -> None:
        raise StopConsumer

    async def _let_in(self, query: Mapping[str, str]) -> tuple[ControlRoom, Line, int]:
        """The line, greeted, and the position from which it is to be brought up to date."""
        visitor = await sign_in(query, self.scope, self.hub.desk)
        room = self.room = await self.hub.room_of(visitor.organisation)
        room.admit(visitor)
        line = self.line = Line(visitor, self.base_send)
        await self.hub.is_ready.wait()
        position = await self._position(room, query.get("since", ""))
        return room, line, await self._greet(room, line, position)

    async def _bring_up_to_date(self, room: ControlRoom, line: Line, position: int) -> None:
        while position < self.hub.ring.start or len(self.hub.ring.after(position)) > ENTRIES_A_FRAME:
            position = await self._send_missed(room, line, position)
        self.hub.join(room, line, position)

    async def _position(self, room: ControlRoom, since: str) -> int:
        if not since:
            return self.hub.position
        try:
            position = room.position_of(since)
        except BadCursorError as error:
            raise TurnedAway(RESYNCHRONISE) from error
        if not await self.hub.reaches(position):
            raise TurnedAway(RESYNCHRONISE)
        return position

    async def _greet(self, room: ControlRoom, line: Line, position: int) -> int:
        """Where nothing follows, the client is at the present end already."""
        behind = await self._count_missed(line, position)
        behind += self.hub.count_held(room, line.visitor, max(position, self.hub.ring.start))
        position = position if behind else self.hub.position
        line.push(room.greeting(position, behind))
        return position

    async def _count_missed(self, line: Line, position: int) -> int:
        """Of what lies further back than the ring. Counted again where the ring moved on meanwhile, so that no entry falls
        between what was counted here and what the ring holds."""
        behind = 0
        while position < (until := self.hub.ring.start):
            oldest, behind = await self.hub.desk.ask(news.count_missed, _stretch(line, position, until))
            if position < oldest - 1:
                raise TurnedAway(RESYNCHRONISE)
            if until == self.hub.ring.start:
                break
        return behind

    async def _send_missed(self, room: ControlRoom, line: Line, position: int) -> int:
        """The next page of what the client missed. Its own pace is awaited here: nobody else waits for it."""
        entries, reached = await self._missed(room, line, position)
        room.admit(line.visitor)
        for part in in_parts(entries):
            cursor = room.cursor(reached if part[-1] is entries[-1] else part[-1].seq)
            await self.base_send(Frame.of_entries(part, cursor).event)
        self.hub.note_given(line, entries)
        return reached

    async def _missed(self, room: ControlRoom, line: Line, position: int) -> tuple[Sequence[LiveEntry], int]:
        until = self.hub.ring.start
        if position >= until:
            return self.hub.held_for(room, line.visitor, position)
        entries = await self.hub.desk.ask(news.read_missed, _stretch(line, position, until))
        return entries, entries[-1].seq if len(entries) == news.MOST else until


def _stretch(line: Line, after: int, until: int) -> Stretch:
    return Stretch(line.visitor.organisation, line.visitor.user, after, until)
