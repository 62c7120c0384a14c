"""Where an organisation is told follows its contact points: their addresses, hours and order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from uuid import UUID

from django.utils import timezone

from portsec.access.acting import Acting
from portsec.delivery.models import Channel, Endpoint
from portsec.delivery.severity import Severity

ON_FROM_THE_START = frozenset({Channel.EMAIL})  # a number may be that of a desk that reads no text messages: its owner says


FOLLOWED = ("label", "kinds", "days", "opens_at", "closes_at")
MENDED = ("address", "failures", "failing_since", "last_error", "is_active", "retired_at", "disabled_at", "disabled_because")


@dataclass(frozen=True)
class Followed:
    """What of a contact point matters here. `addresses` has each channel that it has an address for; no hours: always."""

    contact_point: UUID
    label: str
    place: int
    kinds: list[str]
    addresses: Mapping[Channel, str]
    days: list[int]
    opens_at: time | None
    closes_at: time | None


def follow_contact(acting: Acting, followed: Followed) -> None:
    """Brings the endpoints of a contact point in line with it, in the transaction that changed it."""
    there = {one.channel: one for one in Endpoint.objects.of_contact(followed.contact_point)}
    for channel, address in followed.addresses.items():
        one = there.pop(channel, None) or _new(acting, followed, channel)
        if one.address != address:
            one.address, one.failures, one.failing_since, one.last_error = address, 0, None, ""
            one.is_active = one.is_active or one.disabled_at is not None  # another address deserves another try
            one.disabled_at, one.disabled_because = None, ""
        if one.retired_at is not None:
            one.retired_at, one.is_active = None, channel in ON_FROM_THE_START
        _align(one, followed)
    for channel in there:
        Endpoint.objects.of_contact(followed.contact_point).filter(channel=channel).update(**_retired())


def _new(acting: Acting, followed: Followed, channel: Channel) -> Endpoint:
    return Endpoint(
        organisation=acting.organisation,
        channel=channel,
        place=followed.place,
        contact_point=followed.contact_point,
        severities=list(Severity.values),
        is_active=channel in ON_FROM_THE_START,
    )


def _align(one: Endpoint, followed: Followed) -> None:
    """The place is left to `place_contacts`, once it is there: another hand may change the order meanwhile; and what its
    owner or a worker writes meanwhile (from which severity on, how it fares) stays, too."""
    for name in FOLLOWED:
        setattr(one, name, getattr(followed, name))
    one.save(update_fields=None if one._state.adding else [*FOLLOWED, *MENDED])


def leave_contact(contact_point: UUID) -> None:
    """It is retired: nobody is told there any more."""
    Endpoint.objects.of_contact(contact_point).update(**_retired())


def place_contacts(places: Mapping[UUID, int]) -> None:
    """Who is told first is who is called first."""
    changed = list(Endpoint.objects.filter(contact_point__in=places))
    for one in changed:
        if one.contact_point is not None:
            one.place = places[one.contact_point]
    Endpoint.objects.bulk_update(changed, ["place"])


def _retired() -> dict[str, object]:
    return {"is_active": False, "retired_at": timezone.now()}
