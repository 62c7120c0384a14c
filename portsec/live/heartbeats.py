"""Signs of life that worker and beat leave in Redis. A beat sends the task and a worker runs it, so one run proves both."""

from datetime import datetime
from typing import Any

import redis
from django.conf import settings

PARTS = ("worker", "beat")
KEY = "portsec:heartbeat:{}"
STALE = 20  # seconds; it beats every five
_redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, decode_responses=True)


def beat(now: datetime) -> None:
    for part in PARTS:
        _redis.set(KEY.format(part), now.isoformat(), ex=STALE)


def last_beats() -> dict[str, str | None]:
    """When each was last heard of, None where that is too long ago. Raises RedisError."""
    beats: list[Any] = _redis.mget([KEY.format(part) for part in PARTS])
    return dict(zip(PARTS, beats, strict=True))
