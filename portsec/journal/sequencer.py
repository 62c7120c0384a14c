"""Numbers committed entries. A reader who has passed a number has seen everything below it, whoever committed when.

`id > last` or `at > last` loses what was begun first and committed last; architecture.md §4 has the measurement.
"""

import logging

import redis
from django.conf import settings
from django.db import connections

logger = logging.getLogger(__name__)
CHANNEL = "portsec:journal"
_redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)


def number_entries() -> int:
    """Numbers what is committed and has no number; returns how many it numbered. Idempotent, elected by an advisory lock."""
    with connections["system"].cursor() as cursor:
        cursor.execute("SELECT numbered, newest FROM journal_number_entries()")
        numbered, newest = cursor.fetchone()
    if numbered:
        announce(newest)
    return int(numbered)


def announce(newest: int) -> None:
    """Wakes the hubs. A broker that is down only delays: they also poll."""
    try:
        _redis.publish(CHANNEL, newest)
    except redis.RedisError as error:
        logger.warning("no wake-up for entry %s: %s", newest, error)


def number_soon() -> None:
    """After a commit. What fails here is swept within a second by the task of the same name."""
    try:
        number_entries()
    except Exception:
        logger.exception("entries stay unnumbered until the next sweep")
