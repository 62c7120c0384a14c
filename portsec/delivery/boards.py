"""Tells the web processes that deliveries have moved on, so that who watches them sees it. They read again; nothing is lost without."""

import json
import logging
from collections.abc import Collection
from uuid import UUID

import redis
from django.conf import settings
from django.db import connections

from portsec.access.acting import as_system

logger = logging.getLogger(__name__)
BOARDS = "portsec:deliveries"
PARTIES = """
SELECT party::text, d.persons::text[], array_agg(DISTINCT d.object_id::text)
FROM delivery_delivery d CROSS JOIN LATERAL unnest(ARRAY[d.sender_id, d.coordinator_id]) AS party
WHERE d.object_id = ANY(%s::uuid[]) AND party IS NOT NULL GROUP BY 1, 2
"""
_redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)


def word_for_boards(objects: list[str]) -> str:
    """JSON for every web process: `[[organisation, readers or null, ids]]`, of the sender and of who coordinates."""
    with as_system("whose boards show a delivery"), connections["system"].cursor() as cursor:
        cursor.execute(PARTIES, [objects])
        return json.dumps(cursor.fetchall())


def tell_boards(objects: Collection[UUID]) -> None:
    """Without Redis nobody is told, and the boards are right when they are next read."""
    if not objects:
        return
    try:
        _redis.publish(BOARDS, word_for_boards([str(one) for one in objects]))
    except (redis.RedisError, OSError) as error:
        logger.warning("boards are not told: %s", error)
