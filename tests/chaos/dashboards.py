"""Real WebSocket clients that behave as the page does: keep the last cursor, come back after a short random wait, resume."""

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.chaos.running import Running

LONGEST_WAIT = 0.5  # seconds; a page waits up to 2ⁿ, 30 at most
RESYNCHRONISE = 4409


@dataclass
class Dashboard:
    """`told` holds every alert.published that came, however often. One that is `forgetful` comes back without its cursor."""

    login: str
    is_forgetful: bool = False
    cursor: str = ""
    told: list[tuple[str, str]] = field(default_factory=list)  # (headline, alert's id)
    remarks: int = 0
    connected: int = 0
    resynchronised: int = 0
    connection: ClientConnection | None = None
    may_connect: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def headlines(self) -> Counter[str]:
        return Counter(headline for headline, _alert in tuple(self.told))

    async def follow(self, stack: Running) -> None:
        while True:
            await self.may_connect.wait()
            with suppress(OSError, WebSocketException, TimeoutError):
                await self._listen(stack)
            if self.is_forgetful:
                self.cursor = ""
            await asyncio.sleep(random.uniform(0, LONGEST_WAIT))

    async def _listen(self, stack: Running) -> None:
        headers = {"Authorization": f"Token {stack.tokens[self.login]}"}
        address = f"ws://localhost:{stack.port}/ws/live/?since={self.cursor}"
        options: dict[str, Any] = {"compression": None, "proxy": None, "open_timeout": 5, "max_size": None, "close_timeout": 1}
        async with connect(address, additional_headers=headers, **options) as self.connection:
            async for text in self.connection:
                self._take(json.loads(text))
        self.resynchronised += self.connection.close_code == RESYNCHRONISE

    def _take(self, said: dict[str, Any]) -> None:
        self.connected += said["type"] == "hello"
        if said["type"] == "entries":
            published = [entry for entry in said["entries"] if entry["verb"] == "alert.published"]
            self.told += [(entry["row"]["headline"], entry["id"]) for entry in published]
            self.remarks += sum(entry["verb"] == "alert.remarked" for entry in said["entries"])
        self.cursor = said.get("cursor", self.cursor)


class ControlRooms:
    """Several dashboards on an event loop of their own."""

    def __init__(self, stack: Running, boards: list[Dashboard]) -> None:
        self.boards, self._stack = boards, stack
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._tasks: list[asyncio.Task[None]] = []

    def __getitem__(self, login: str) -> Dashboard:
        return next(board for board in self.boards if board.login == login and not board.is_forgetful)

    @contextmanager
    def open(self) -> Iterator["ControlRooms"]:
        self._thread.start()
        self._run(self._start())
        try:
            yield self
        finally:
            self._run(self._stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    def cut(self, board: Dashboard) -> None:
        """The line breaks, and the client may not come back before `let_back`."""
        self._run(self._cut(board))

    def let_back(self, board: Dashboard) -> None:
        self._loop.call_soon_threadsafe(board.may_connect.set)

    def _run(self, task: Any) -> None:
        asyncio.run_coroutine_threadsafe(task, self._loop).result(20)

    async def _start(self) -> None:
        for board in self.boards:
            board.may_connect.set()
            self._tasks.append(asyncio.create_task(board.follow(self._stack)))

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _cut(self, board: Dashboard) -> None:
        board.may_connect.clear()
        if board.connection is not None:
            board.connection.transport.abort()
