"""Of what is leased, what may still be sent: looked at again at the last moment, for an alert may have ended and a right be gone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from portsec.access.acting import as_system
from portsec.access.models import AudienceGrant, Membership
from portsec.delivery.facts import Facts, facts_of
from portsec.delivery.leases import Settled
from portsec.delivery.models import OPEN, Dispatch, Purpose, State
from portsec.delivery.parcel import Item


@dataclass(frozen=True)
class Sorted:
    """What may be sent, and what has come to its end unsent."""

    items: list[Item]
    stopped: list[Settled]


def sort_out(leased: Collection[UUID]) -> Sorted:
    """3 queries and one for each kind that is told, whatever the number."""
    with as_system("what is sent is read with its endpoints, for many organisations at once"):
        rows = list(_rows(leased))
        facts = facts_of({(row.delivery.kind, row.delivery.object_id) for row in rows if row.delivery})
    found = Sorted([], [])
    for row in rows:
        told = facts.get(row.delivery.object_id) if row.delivery else None
        stop = _why_not(row, told)
        if stop is None:
            found.items.append(Item(row, told))
        else:
            found.stopped.append(Settled(row.pk, row.attempts, *stop))
    return found


def _rows(leased: Collection[UUID]) -> Iterable[Dispatch]:
    audience = OuterRef("delivery__entry__audience")
    granted = AudienceGrant.objects.filter(content_object=audience, group=OuterRef("recipient__group"))
    belongs = Membership.objects.filter(user=OuterRef("endpoint__person"), organisation=OuterRef("recipient"), is_active=True)
    related = ("delivery__entry", "delivery__recipient", "endpoint__organisation", "recipient")
    found = Dispatch.objects.filter(pk__in=leased).select_related(*related).order_by("created_at", "pk")
    annotated: Iterable[Dispatch] = found.annotate(is_granted=Exists(granted), belongs=Exists(belongs))
    return annotated


def _why_not(row: Dispatch, told: Facts | None) -> tuple[State, None, str] | None:
    """State and reason where it must not go out any more."""
    if not row.endpoint.is_active and (row.purpose != Purpose.TEST or row.endpoint.retired_at):  # a test shows whether it works again
        return State.SUPPRESSED, None, _("This way is switched off")
    if row.endpoint.person_id and not row.belongs:  # type: ignore[attr-defined]  # annotated
        return State.SUPPRESSED, None, _("The person has left")
    if row.delivery is None:
        return None
    if told is None or not (row.is_granted or row.recipient_id == row.delivery.sender_id):  # type: ignore[attr-defined]  # annotated
        return State.SUPPRESSED, None, _("It is no longer shared with this organisation")
    if row.purpose == Purpose.ESCALATE and row.delivery.state not in OPEN:
        return State.SUPPRESSED, None, _("Answered meanwhile")
    if row.purpose == Purpose.TELL and row.delivery.state in (State.SUPPRESSED, State.EXPIRED):
        return State(row.delivery.state), None, row.delivery.reason
    if row.purpose != Purpose.CANCEL and not told.is_open:
        return State.EXPIRED, None, _("It has ended meanwhile")
    return None
