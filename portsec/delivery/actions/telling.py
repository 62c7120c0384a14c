"""Telling organisations a thing, and what they answer. Rows are written with the thing itself: all or none."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from portsec.access.acting import Acting, as_system, current_alias
from portsec.delivery.models import OPEN, Channel, Delivery, Dispatch, Purpose, State
from portsec.delivery.models.escalation import DEFAULT_STEPS
from portsec.journal.models import Entry


@dataclass(frozen=True)
class Telling:
    """What is told: the journal entry, the version of its object, how severe it is (CAP 1.2), and until when an answer is
    asked (None: not asked)."""

    entry: Entry
    version: int
    severity: str
    acknowledge_by: datetime | None = None


def fan_out(telling: Telling, *, answers_stand: bool = False) -> list[UUID]:
    """A `Delivery` for each organisation of the entry's audience but the sender, and what is sent of it at once; returns the recipients.

    One call, three statements, whatever the number. With `answers_stand` who has answered the version before counts as
    having answered this one.
    """
    with connections[current_alias()].cursor() as cursor:
        cursor.execute(
            "SELECT app_fan_out(%s, %s, %s, %s, %s, %s)",
            [telling.entry.pk, telling.version, telling.severity, telling.acknowledge_by, answers_stand, json.dumps(DEFAULT_STEPS)],
        )
        return [row[0] for row in cursor.fetchall()]


def coordinator_of(audience_id: UUID) -> UUID | None:
    """Who may see the deliveries to this audience today besides sender and recipient, where the region says so."""
    with connections[current_alias()].cursor() as cursor:
        cursor.execute("SELECT app_delivery_coordinator(%s)", [audience_id])
        found: UUID | None = cursor.fetchone()[0]
        return found


def withdraw(acting: Acting, object_id: UUID, *, before_version: int, reason: str) -> int:
    """Stops what is still open of the earlier versions, and what was not yet sent; what was answered stays as it was."""
    with connections[current_alias()].cursor() as cursor:
        cursor.execute("SELECT app_stop_dispatches(%s, %s, %s, %s)", [object_id, before_version, reason, timezone.now()])
    stale = Delivery.objects.sent_by(acting).filter(object_id=object_id, version__lt=before_version, state__in=OPEN)
    return int(stale.update(state=State.SUPPRESSED, reason=reason))


def call_off(acting: Acting, object_id: UUID, *, before_version: int, reason: str) -> int:
    """As `withdraw`, and sends the cancellation to wherever the thing was sent. Returns to how many endpoints."""
    withdraw(acting, object_id, before_version=before_version, reason=reason)
    with connections[current_alias()].cursor() as cursor:
        cursor.execute("SELECT app_dispatch_cancellation(%s, %s)", [object_id, timezone.now()])
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class Through:
    """How an answer came: the channel, and the contact point whose link was used."""

    channel: Channel = Channel.DASHBOARD
    label: str = ""


def acknowledge(acting: Acting, object_id: UUID, remark: str = "", through: Through | None = None) -> Delivery | None:
    """Records the acting organisation's answer; None where nothing waited for one (told twice, withdrawn, never addressed).

    Only the first answer counts: two hands on one button cannot both win. The escalation asks for open rows only, so this
    stops it at once.
    """
    way = through or Through()
    waiting = Delivery.objects.received_by(acting).filter(object_id=object_id, state__in=OPEN).order_by("-version", "created_at")
    newest: Delivery | None = waiting.first()
    if newest is None:
        return None
    now = timezone.now()
    changed = waiting.filter(pk=newest.pk).update(
        state=State.ACKNOWLEDGED,
        acknowledged_at=now,
        acknowledged_by=acting.user,
        answered_through=way.channel,
        answered_for=way.label,
        remark=remark,
        seen_at=Coalesce(F("seen_at"), now),
        delivered_at=Coalesce(F("delivered_at"), now),
    )
    if not changed:
        return None
    newest.refresh_from_db()
    return newest


def see(acting: Acting, object_id: UUID) -> int:
    """Notes that a person of the acting organisation has opened what it was told."""
    if acting.is_service:
        return 0
    now = timezone.now()
    unseen = Delivery.objects.received_by(acting).filter(object_id=object_id, state__in=[one for one in OPEN if one != State.SEEN])
    return int(unseen.update(state=State.SEEN, seen_at=now, seen_by=acting.user, delivered_at=Coalesce(F("delivered_at"), now)))


@dataclass(frozen=True)
class Mark:
    """That an object was put on a dashboard of an organisation, or seen there by a user."""

    object_id: UUID
    organisation: UUID
    user: UUID | None
    at: datetime


def mark_delivered(marks: Sequence[Mark]) -> None:
    """Many at once, in one UPDATE (the hub collects them for a quarter of a second)."""
    with as_system("marks of dashboards, for many organisations at once"):
        _mark(marks, "state = 'delivered', delivered_at = m.at", "d.state IN ('queued', 'sending', 'accepted')")


def mark_seen(marks: Sequence[Mark]) -> list[UUID]:
    """As `mark_delivered`, for what somebody has really had before their eyes; returns the objects whose rows changed."""
    with as_system("marks of dashboards, for many organisations at once"):
        return _mark(
            marks,
            "state = 'seen', seen_at = m.at, seen_by_id = m.by, delivered_at = coalesce(d.delivered_at, m.at)",
            "d.state IN ('queued', 'sending', 'accepted', 'delivered')",
        )


def _mark(marks: Sequence[Mark], assignment: str, condition: str) -> list[UUID]:
    with connections["system"].cursor() as cursor:
        cursor.execute(
            f"UPDATE delivery_delivery d SET {assignment} "  # noqa: S608 (both parts are constants above)
            "FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[]) AS m(object_id, organisation, by, at) "
            f"WHERE d.object_id = m.object_id AND d.recipient_id = m.organisation AND d.channel = 'dashboard' AND {condition} "
            "AND (d.persons IS NULL OR m.by = ANY (d.persons)) RETURNING d.object_id",
            [
                [str(mark.object_id) for mark in marks],
                [str(mark.organisation) for mark in marks],
                [str(mark.user) if mark.user else None for mark in marks],
                [mark.at for mark in marks],
            ],
        )
        return [row[0] for row in cursor.fetchall()]


def expire(object_id: UUID) -> int:
    """Ends what is still open of an object that has expired, and what was not yet sent (inside `as_system`)."""
    waiting = Dispatch.objects.filter(delivery__object_id=object_id, state=State.QUEUED).exclude(purpose=Purpose.CANCEL)
    waiting.update(state=State.EXPIRED, ended_at=timezone.now())
    return int(Delivery.objects.filter(object_id=object_id, state__in=OPEN).update(state=State.EXPIRED, reason=""))
