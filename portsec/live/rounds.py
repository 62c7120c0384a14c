"""What is done again and again, whatever goes wrong once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)
AFTER_FAILURE = 2.0  # seconds


async def every(seconds: float, task: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await task()
        except Exception as error:
            logger.warning("%s failed, trying again: %s", getattr(task, "__name__", task), error)
            await asyncio.sleep(AFTER_FAILURE)
