"""One client's line. The hub writes to thousands of them in one turn of the event loop, and never waits for any."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any

from portsec.live.frames import Event, Frame
from portsec.live.pipe import pipe_of

MOST_WAITING = 256  # frames
MOST_WAITING_BYTES = 2_000_000
LAST_CHANCE = 30.0  # seconds in which a client that was cut off may still read why
SIGNED_OUT, NO_ORGANISATION, TOO_SLOW, RESYNCHRONISE = 4401, 4403, 4408, 4409
FAILED, TRY_LATER = 1011, 1013  # of the registry that RFC 6455 set up

Send = Callable[[Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the other end, for which organisation. `token_key` names the service token that let it in, `session` the
    browser's session by its fingerprint: the line ends with either."""

    user: str
    organisation: str
    is_service: bool = False
    token_key: str = ""
    session: str = ""


class TurnedAway(Exception):
    """The line is closed with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Started(Awaitable[None]):
    """The rest of a coroutine that was stepped by hand until it had to wait for `blocker`."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], blocker: Any) -> None:
        self._coroutine, self._blocker = coroutine, blocker

    def __await__(self) -> Generator[Any, None, None]:
        while True:
            yield self._blocker
            try:
                self._blocker = self._coroutine.send(None)
            except StopIteration:
                return


class Line:
    """Frames go out at once while the client reads, else they wait; a client that is too far behind is cut off (4408)."""

    __slots__ = ("_drain", "_pipe", "_send", "_waiting", "_waiting_bytes", "is_closed", "is_quiet", "visitor")

    def __init__(self, visitor: Visitor, send: Send) -> None:
        self.visitor = visitor
        self.is_quiet = False  # no frame since the last round of pings
        self.is_closed = False
        self._send, self._pipe = send, pipe_of(send)
        self._waiting: deque[Event] | None = None
        self._waiting_bytes = 0
        self._drain: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        return self._waiting is not None

    @property
    def has_pipe(self) -> bool:
        return self._pipe is not None

    def push(self, frame: Frame) -> bool:
        """Whether the frame has gone out at once. Never waits."""
        if self.is_closed:
            return False
        if self._waiting is not None:
            self._queue(frame)
            return False
        self.is_quiet = False
        if self._pipe is not None and self._pipe.write(frame.wire):
            return True
        return self._step(frame.event)

    def close(self, code: int) -> None:
        """What still waits is dropped: the client resumes from its cursor."""
        if self.is_closed:
            return
        event = {"type": "websocket.close", "code": code}
        if self._waiting is None:
            self._step(event)
        else:
            self._waiting.clear()
            self._waiting.append(event)
        self.is_closed = True
        if self._drain is not None and self._pipe is not None:
            asyncio.get_running_loop().call_later(LAST_CHANCE, self._give_up)

    def _step(self, event: Event) -> bool:
        """Takes the first step of `send` by hand, which writes unless the client is behind. A task a frame would cost more
        than the write itself; only the line that has to wait gets one."""
        sending = self._send(event)
        try:
            blocker = sending.send(None)
        except StopIteration:
            return True
        except Exception:  # the client has gone or is going, and its consumer is about to hear of it
            self.is_closed = True
            return False
        self._waiting = deque()
        self._drain = asyncio.ensure_future(self._send_waiting(Started(sending, blocker)))
        return False

    def _queue(self, frame: Frame) -> None:
        if self._waiting is not None:
            self._waiting.append(frame.event)
            self._waiting_bytes += len(frame.wire)
            if len(self._waiting) > MOST_WAITING or self._waiting_bytes > MOST_WAITING_BYTES:
                self.close(TOO_SLOW)

    async def _send_waiting(self, started: Started) -> None:
        try:
            await started
            while self._waiting:
                await self._send(self._waiting.popleft())
        except Exception:
            self.is_closed = True
        finally:
            self._waiting, self._waiting_bytes, self._drain = None, 0, None

    def _give_up(self) -> None:
        if self._drain is not None and self._pipe is not None:
            self._pipe.abort()
