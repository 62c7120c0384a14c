"""What must hold in the ledger, in the mailboxes and at the receivers when the storm is over. Each check answers with what is wrong."""

from collections.abc import Collection, Iterable
from typing import Any

from tests.chaos.outside.names import OUTSIDER, mailbox_of, path_of
from tests.chaos.outside.post import Post
from tests.chaos.outside.scene import Scene
from tests.delivery.receiver import Received

OPEN_ROWS = """
SELECT s.id, s.channel, s.state, s.reason FROM delivery_dispatch s
JOIN delivery_delivery d ON d.id = s.delivery_id JOIN incidents_alert a ON a.id = d.object_id
WHERE a.headline LIKE %s AND s.state NOT IN ('accepted', 'delivered', 'failed', 'expired', 'suppressed')
"""
# Nobody may wait for these: a receiver that hangs, fails or redirects is tried again for hours, and that is right.
WITHOUT = " AND s.recipient_id <> ALL (SELECT id FROM access_organisation WHERE name = ANY (%s))"
UNTOLD = """
SELECT a.headline, o.name, c.channel FROM incidents_alert a
JOIN delivery_delivery d ON d.object_id = a.id JOIN access_organisation o ON o.id = d.recipient_id
JOIN delivery_endpoint c ON c.organisation_id = d.recipient_id AND c.is_active
WHERE a.headline LIKE %s AND NOT EXISTS (
  SELECT 1 FROM delivery_dispatch s WHERE s.delivery_id = d.id AND s.endpoint_id = c.id AND s.purpose = 'tell')
"""
NOT_ESCALATED = """
SELECT a.headline, o.name, step.n FROM incidents_alert a
JOIN delivery_delivery d ON d.object_id = a.id JOIN access_organisation o ON o.id = d.recipient_id
CROSS JOIN LATERAL generate_series(1, jsonb_array_length(d.escalation_steps)) AS step(n)
WHERE a.headline LIKE %s AND d.acknowledged_at IS NULL
  AND d.acknowledge_by + make_interval(secs => (d.escalation_steps -> (step.n - 1) ->> 'after')::int) < now() - interval '5 seconds'
  AND NOT EXISTS (SELECT 1 FROM delivery_escalation e WHERE e.delivery_id = d.id AND e.number = step.n)
"""
TOLD = "SELECT s.id::text FROM delivery_dispatch s JOIN access_organisation o ON o.id = s.recipient_id WHERE o.name = %s"
LATEST = "SELECT coalesce(max(extract(epoch FROM taken_at - due_at)), 0) FROM delivery_escalation WHERE due_at > %s"


def unfinished(cursor: Any, name: str, without: Collection[str]) -> list[Any]:
    cursor.execute(OPEN_ROWS + WITHOUT, [f"{name} %", list(without)])
    return list(cursor.fetchall())


def untold(cursor: Any, name: str) -> list[Any]:
    """Deliveries without a dispatch to an endpoint that works: a mailbox and a webhook for each port."""
    cursor.execute(UNTOLD, [f"{name} %"])
    return list(cursor.fetchall())


def not_escalated(cursor: Any, name: str) -> list[Any]:
    cursor.execute(NOT_ESCALATED, [f"{name} %"])
    return list(cursor.fetchall())


def under_several_ids(post: Post) -> list[Any]:
    """What one mailbox could answer to by two messages that do not say that they are the same."""
    return [key for key, ids in post.ids_of_dispatches().items() if len(ids) > 1]


def not_received(cursor: Any, received: Iterable[Received], name: str) -> list[Any]:
    """Dispatches that the ledger says were delivered to a receiver which never got them."""
    cursor.execute(
        """SELECT s.id::text FROM delivery_dispatch s JOIN delivery_delivery d ON d.id = s.delivery_id
        JOIN incidents_alert a ON a.id = d.object_id WHERE a.headline LIKE %s AND s.channel = 'webhook' AND s.state = 'delivered'""",
        [f"{name} %"],
    )
    got = {one.headers["webhook-id"] for one in tuple(received)}
    return [pk for (pk,) in cursor.fetchall() if pk not in got]


def foreign(scene: Scene, outsider: str = OUTSIDER) -> list[str]:
    """What an organisation got that was not addressed, by mail or webhook."""
    by_mail = [one.subject for one in tuple(scene.post.mails) if one.to == mailbox_of(outsider)]
    return by_mail + [one.path for one in tuple(scene.receiver.received) if one.path == path_of(outsider)]
