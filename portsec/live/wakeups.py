"""Redis as a wake-up and nothing more: what it says is read again from PostgreSQL, what it fails to say is polled for."""

import asyncio
import logging
from collections.abc import Callable

import redis.asyncio as redis
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from portsec.delivery.boards import BOARDS
from portsec.journal.sequencer import CHANNEL

logger = logging.getLogger(__name__)
LONGEST_PAUSE = 2.0  # seconds between two attempts to reach it


class Wakeups:
    """Calls `on_entries` when there may be new entries, and `on_boards` with what another process says of deliveries."""

    def __init__(self, on_entries: Callable[[], None], on_boards: Callable[[bytes], None]) -> None:
        self.is_up = False
        self._calls: dict[bytes, Callable[[bytes], None]] = {CHANNEL.encode(): lambda _newest: on_entries(), BOARDS.encode(): on_boards}
        self._on_entries = on_entries
        # No time limit on reading: a subscription is silent for hours. A retry of the library's own would hide that it is down.
        self._redis = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=2, socket_keepalive=True, retry=Retry(NoBackoff(), 0)
        )

    async def listen(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._subscribe()
            except Exception as error:  # Redis is away, or said what nobody understands: neither may end the listening
                pause = 0.1 if self.is_up else min(pause * 2, LONGEST_PAUSE)
                logger.warning("no wake-ups, the journal is polled: %s", error)
                self.is_up = False
                self._on_entries()
            await asyncio.sleep(pause)

    async def _subscribe(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.subscribe(*self._calls)
            self.is_up = True
            self._on_entries()  # what came while nobody listened
            async for said in subscription.listen():
                self._calls[said["channel"]](said["data"])

    async def tell_boards(self, text: str) -> bool:
        """Whether it was told: every process hears it, this one too."""
        if not self.is_up:
            return False
        try:
            async with asyncio.timeout(0.5):
                await self._redis.publish(BOARDS, text)
        except (redis.RedisError, OSError):
            return False
        return True

    async def close(self) -> None:
        await self._redis.aclose()
