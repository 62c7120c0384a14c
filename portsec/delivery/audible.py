"""The statements by which an escalation tells more: one for each kind of step, for all deliveries that take it at once.

What an endpoint asks for by severity, and its quiet hours, hold no longer: the deadline has passed. A webhook is a program's,
and is not reminded. Begun anew, it goes by what was told since, and at first.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from portsec.delivery.models import Step

_TELL = """
INSERT INTO delivery_dispatch (id, delivery_id, recipient_id, endpoint_id, channel, purpose, step, severity, state, reason, created_at,
                               next_attempt_at, attempts)
SELECT DISTINCT ON (d.id, e.id) uuidv7(), d.id, e.organisation_id, e.id, e.channel, 'escalate', d.escalation_before + d.escalation_step + 1,
       t.severity, 'queued', '', %(now)s, %(now)s, 0
FROM unnest(%(ids)s::uuid[], %(severities)s::text[]) AS t(id, severity) JOIN delivery_delivery d ON d.id = t.id
"""
_WHERE = """
WHERE e.is_active AND e.channel <> 'webhook'
  AND CASE WHEN d.persons IS NULL THEN d.kind = ANY (e.kinds) ELSE e.person_id = ANY (d.persons) END
  AND (e.person_id IS NULL OR EXISTS (
    SELECT 1 FROM access_membership m WHERE m.user_id = e.person_id AND m.organisation_id = e.organisation_id AND m.is_active))
ON CONFLICT (delivery_id, endpoint_id, purpose, step) DO NOTHING RETURNING delivery_id
"""
_TO: dict[str, str] = {
    Step.REMIND: """
        JOIN delivery_dispatch s ON s.delivery_id = d.id AND s.recipient_id = d.recipient_id AND s.purpose IN ('tell', 'escalate')
          AND (s.step = 0 OR s.step > d.escalation_before)
        JOIN delivery_endpoint e ON e.id = s.endpoint_id
    """,
    # Of the contacts whose place nobody was told at yet, the first who is on duty, on all channels; else the first.
    Step.NEXT_CONTACT: """
        JOIN access_organisation o ON o.id = d.recipient_id
        JOIN LATERAL (
          SELECT x.*, rank() OVER (ORDER BY NOT app_is_on_duty(x.days, x.opens_at, x.closes_at, o.time_zone, %(now)s), x.place) AS turn
          FROM delivery_endpoint x
          WHERE x.organisation_id = d.recipient_id AND x.is_active AND x.person_id IS NULL AND x.channel <> 'webhook'
            AND d.kind = ANY (x.kinds) AND NOT EXISTS (
              SELECT 1 FROM delivery_dispatch s JOIN delivery_endpoint y ON y.id = s.endpoint_id
              WHERE s.delivery_id = d.id AND y.organisation_id = d.recipient_id AND y.person_id IS NULL AND y.channel <> 'webhook'
                AND y.place = x.place AND (s.step = 0 OR s.step > d.escalation_before))
        ) e ON e.turn = 1
    """,
    Step.ALL_CONTACTS: "JOIN delivery_endpoint e ON e.organisation_id = d.recipient_id",
    # Where no coordinator may know of it, its sender is told: somebody always is.
    Step.COORDINATOR: "JOIN delivery_endpoint e ON e.organisation_id = coalesce(nullif(d.coordinator_id, d.recipient_id), d.sender_id)",
}


def tell_more(step: str, late: Sequence[tuple[UUID, str]], now: datetime) -> Counter[UUID]:
    """Writes a dispatch to each endpoint that the step tells; how many for each delivery (inside `as_system`).

    `late`: the deliveries, each with its severity.
    """
    parameters: dict[str, Any] = {
        "ids": [str(pk) for pk, _severity in late],
        "severities": [severity for _pk, severity in late],
        "now": now,
    }
    with connections["system"].cursor() as cursor:
        cursor.execute(_TELL + _TO[step] + _WHERE, parameters)
        return Counter(row[0] for row in cursor.fetchall())
