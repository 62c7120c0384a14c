"""Which dispatches a worker may send now, and what it says of them afterwards. Two workers never hold one row.

A row is leased by pushing its `next_attempt_at` beyond the lease: a worker that dies leaves it due again by itself. `attempts`
fences: who comes back late with an outcome finds that the row has moved on, and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from portsec.access.acting import as_system
from portsec.delivery.models import Outcome, State

LEASE = timedelta(seconds=30)  # longer than any transport may take; a dead worker's rows wait no longer than this
MOST = 100

# The quick lane is for endpoints that work. Who failed last gets one try at a time, so that what hangs holds up nobody.
_LEASE = """
WITH due AS (
  SELECT s.id FROM delivery_dispatch s JOIN delivery_endpoint e ON e.id = s.endpoint_id
  WHERE s.state IN ('queued', 'sending') AND s.next_attempt_at <= %(now)s AND (e.failures > 0) = %(slow)s
    AND (NOT %(slow)s OR s.id IN (
      SELECT DISTINCT ON (o.endpoint_id) o.id FROM delivery_dispatch o
      WHERE o.state IN ('queued', 'sending') AND o.next_attempt_at <= %(now)s ORDER BY o.endpoint_id, o.next_attempt_at, o.id))
  ORDER BY s.next_attempt_at, s.id LIMIT %(most)s FOR UPDATE OF s SKIP LOCKED
), leased AS (
  UPDATE delivery_dispatch s SET state = 'sending', lease_until = %(until)s, next_attempt_at = %(until)s, attempts = attempts + 1
  FROM due WHERE s.id = due.id RETURNING s.id, s.attempts
), tried AS (
  INSERT INTO delivery_attempt (dispatch_id, number, started_at, outcome, detail) SELECT id, attempts, %(now)s, 'unknown', '' FROM leased
  ON CONFLICT (dispatch_id, number) DO NOTHING
)
SELECT id FROM leased
"""
_SETTLE = """
WITH told AS (
  SELECT * FROM unnest(%(ids)s::uuid[], %(numbers)s::int[], %(states)s::text[], %(outcomes)s::text[], %(details)s::text[],
                       %(again)s::timestamptz[], %(bundles)s::uuid[])
    AS t(id, number, state, outcome, detail, again, bundle)
), settled AS (
  UPDATE delivery_dispatch s SET
    state = t.state, reason = CASE WHEN t.outcome = 'accepted' THEN '' ELSE t.detail END, lease_until = NULL, bundled_in_id = t.bundle,
    attempts = s.attempts - CASE WHEN t.outcome = '' THEN 1 ELSE 0 END,
    next_attempt_at = coalesce(t.again, s.next_attempt_at),
    accepted_at = CASE WHEN t.outcome = 'accepted' THEN %(now)s ELSE s.accepted_at END,
    ended_at = CASE WHEN t.state = 'queued' THEN NULL ELSE %(now)s END
  FROM told t WHERE s.id = t.id AND s.attempts = t.number AND s.state = 'sending'
  RETURNING s.id, s.delivery_id, s.endpoint_id, s.recipient_id, s.state, s.purpose
), tried AS (
  UPDATE delivery_attempt a SET outcome = t.outcome, detail = t.detail, ended_at = %(now)s
  FROM told t WHERE a.dispatch_id = t.id AND a.number = t.number AND t.outcome <> ''
), not_tried AS (  -- what was stopped or put off before anything was sent is no try, and costs no rung of the ladder
  DELETE FROM delivery_attempt a USING told t WHERE a.dispatch_id = t.id AND a.number = t.number AND t.outcome = ''
), reached AS (
  UPDATE delivery_delivery d SET
    state = CASE WHEN s.is_there THEN 'delivered' ELSE 'accepted' END,
    delivered_at = CASE WHEN s.is_there THEN coalesce(d.delivered_at, %(now)s) ELSE d.delivered_at END
  FROM (SELECT delivery_id, recipient_id, bool_or(state = 'delivered') AS is_there FROM settled
        WHERE state IN ('accepted', 'delivered') AND purpose IN ('tell', 'escalate') GROUP BY 1, 2) s
  WHERE d.id = s.delivery_id AND d.recipient_id = s.recipient_id
    AND (d.state = 'queued' OR d.state = 'accepted' AND s.is_there)
  RETURNING d.object_id
)
SELECT DISTINCT object_id FROM reached
"""
# One update a batch for each endpoint: how it fares decides its lane.
_FARE = """
UPDATE delivery_endpoint e SET
  failures = CASE WHEN t.worked THEN 0 ELSE e.failures + 1 END,
  failing_since = CASE WHEN t.worked THEN NULL ELSE coalesce(e.failing_since, %(now)s) END,
  last_error = CASE WHEN t.worked THEN '' ELSE t.detail END,
  last_accepted_at = CASE WHEN t.worked THEN %(now)s ELSE e.last_accepted_at END
FROM (SELECT DISTINCT ON (id) * FROM unnest(%(ids)s::uuid[], %(worked)s::boolean[], %(details)s::text[]) AS t(id, worked, detail)
      ORDER BY id, worked DESC) t
WHERE e.id = t.id
"""


@dataclass(frozen=True)
class Settled:
    """What became of one leased row. `outcome` is None where nothing was tried (stopped, or put off to `again`)."""

    dispatch: UUID
    number: int
    state: State
    outcome: Outcome | None = None
    detail: str = ""
    again: datetime | None = None
    bundle: UUID | None = None


def lease(now: datetime, *, slow: bool, most: int = MOST) -> list[UUID]:
    """The ids of rows that are now this worker's, for as long as LEASE; each try is written before it is made."""
    with as_system("dispatches are leased and settled, for many organisations at once"), connections["system"].cursor() as cursor:
        cursor.execute(_LEASE, {"now": now, "until": now + LEASE, "slow": slow, "most": most})
        return [row[0] for row in cursor.fetchall()]


def settle(results: Sequence[Settled], fares: Sequence[tuple[UUID, bool, str]], now: datetime) -> list[UUID]:
    """Writes the outcomes of rows that are still this worker's; returns the objects whose deliveries have moved on.

    `fares`: endpoint, whether it took the message, and what it said if not.
    """
    with as_system("dispatches are leased and settled, for many organisations at once"), connections["system"].cursor() as cursor:
        cursor.execute(_SETTLE, {**_columns(results), "now": now})
        moved = [row[0] for row in cursor.fetchall()]
        if fares:
            ids, worked, details = zip(*fares, strict=True)
            told: dict[str, Any] = {"ids": [str(one) for one in ids], "worked": list(worked), "details": [one[:500] for one in details]}
            cursor.execute(_FARE, told | {"now": now})
    return moved


def _columns(results: Sequence[Settled]) -> dict[str, Any]:
    return {
        "ids": [str(one.dispatch) for one in results],
        "numbers": [one.number for one in results],
        "states": [str(one.state) for one in results],
        "outcomes": [str(one.outcome) if one.outcome else "" for one in results],
        "details": [one.detail[:200] for one in results],
        "again": [one.again for one in results],
        "bundles": [str(one.bundle) if one.bundle else None for one in results],
    }
