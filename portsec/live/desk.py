"""Threads of the live line's own for what must ask the database. Each keeps its connection open."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class Desk:
    def __init__(self, name: str, threads: int = 1) -> None:
        self._count = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"live-{name}")

    async def ask(self, question: Callable[Asked, Answer], *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: _ask(question, *args, **kwargs))

    def close(self) -> None:
        """A connection can be closed only by its own thread; each waits for the others, so that every one of them does."""
        all_here = Barrier(self._count)
        for _ in range(self._count):
            self._threads.submit(_leave, all_here)
        self._threads.shutdown(wait=False)


def _ask(question: Callable[Asked, Answer], *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
    """Once more where a connection broke, as in a restart of the database: every question here may be asked twice."""
    try:
        return question(*args, **kwargs)
    except (InterfaceError, OperationalError):
        connections.close_all()
        return question(*args, **kwargs)


def _leave(all_here: Barrier) -> None:
    connections.close_all()
    try:
        all_here.wait(timeout=2)
    except BrokenBarrierError:
        return  # one of them is still busy with a question
