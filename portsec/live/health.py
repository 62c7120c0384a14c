"""What `/readyz` tells an operator and a load balancer about the whole installation."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import redis
from django.db import Error, connections
from django.utils import timezone

from portsec.access.acting import as_system
from portsec.delivery import watchdog
from portsec.delivery.watchdog import Watched
from portsec.live import heartbeats

LONGEST_LAG = 10.0  # seconds that a committed entry may go without its number
UNNUMBERED = "SELECT count(*), min(at) FROM journal_entry WHERE seq IS NULL"


@dataclass(frozen=True)
class Lag:
    """Entries that are committed and not yet numbered, which no client can have seen."""

    entries: int
    oldest_seconds: float


@dataclass(frozen=True)
class Readiness:
    database: bool
    broker: bool
    beats: dict[str, str | None]
    lag: Lag | None
    watched: Watched | None

    @property
    def is_ready(self) -> bool:
        is_current = self.lag is not None and self.lag.oldest_seconds < LONGEST_LAG
        is_on_time = self.watched is not None and self.watched.is_well
        return self.database and self.broker and all(self.beats.values()) and is_current and is_on_time

    def as_json(self) -> dict[str, Any]:
        """Null stands for what is not known; nothing here is said to be well that was not looked at."""
        return {
            "ready": self.is_ready,
            "database": self.database,
            "broker": self.broker,
            **{part: at is not None for part, at in self.beats.items()},
            **{f"{part}_heartbeat": at for part, at in self.beats.items()},
            "sequencer_lag": asdict(self.lag) if self.lag else None,
            "oldest_due_delivery": self.watched.oldest.isoformat() if self.watched and self.watched.oldest else None,
            "escalation_watchdog": {
                "checked": self.watched is not None,
                "overdue": self.watched.overdue if self.watched else None,
                "waiting": self.watched.waiting if self.watched else None,
            },
        }


def look() -> Readiness:
    now = timezone.now()
    lag, beats = _lag(now), _beats()
    return Readiness(lag is not None, beats is not None, beats or dict.fromkeys(heartbeats.PARTS), lag, _watched(now))


def _watched(now: datetime) -> Watched | None:
    try:
        return watchdog.look(now)
    except Error:
        return None


def _lag(now: datetime) -> Lag | None:
    try:
        with as_system("health: entries without a number"), connections["system"].cursor() as cursor:
            cursor.execute(UNNUMBERED)
            entries, oldest = cursor.fetchone()
    except Error:
        return None
    return Lag(entries, max((now - oldest).total_seconds(), 0.0) if oldest else 0.0)


def _beats() -> dict[str, str | None] | None:
    try:
        return heartbeats.last_beats()
    except redis.RedisError:
        return None
