"""Where an organisation is told, as its pages show it, and what that leaves out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from portsec.access.acting import Acting
from portsec.delivery.actions.testing import not_set_up
from portsec.delivery.models import Attempt, Channel, Dispatch, Endpoint, Purpose, State
from portsec.delivery.models.endpoint import EndpointQuerySet, Kind
from portsec.delivery.severity import Severity
from portsec.face.waits import Wait

WATCHED = (Severity.EXTREME, Severity.SEVERE, Severity.MODERATE, Severity.MINOR)
URGENT = frozenset({Severity.EXTREME, Severity.SEVERE})
ON_ITS_WAY = frozenset({State.QUEUED, State.SENDING})
TEST_SHOWN = timedelta(minutes=10)


def house_endpoints(acting: Acting) -> list[Endpoint]:
    """In the order in which they are told. 1 query."""
    return list(Endpoint.objects.of_house(acting).in_use().order_by("place", "channel", "label", "pk"))


def own_endpoints(acting: Acting) -> EndpointQuerySet:
    found: EndpointQuerySet = Endpoint.objects.of_person(acting).in_use().order_by("channel", "created_at", "pk")
    return found


def webhooks(acting: Acting) -> EndpointQuerySet:
    found: EndpointQuerySet = Endpoint.objects.of_house(acting).in_use().filter(channel=Channel.WEBHOOK).order_by("created_at", "pk")
    return found


def reachable(acting: Acting) -> EndpointQuerySet:
    """What the acting person may see: the organisation's own and one's own."""
    found: EndpointQuerySet = Endpoint.objects.of(acting).in_use()
    return found


@dataclass(frozen=True)
class Test:
    """What came of the last test of an endpoint."""

    dispatch: Dispatch

    @property
    def is_final(self) -> bool:
        return self.dispatch.state not in ON_ITS_WAY

    @property
    def has_arrived(self) -> bool:
        return self.dispatch.state in (State.ACCEPTED, State.DELIVERED)


def last_test(endpoint: Endpoint) -> Test | None:
    """Of the last minutes: an older one says nothing of now. 1 query."""
    recent = timezone.now() - TEST_SHOWN
    found = Dispatch.objects.filter(endpoint=endpoint, purpose=Purpose.TEST, created_at__gt=recent).order_by("-created_at", "-pk").first()
    return Test(found) if found else None


def last_tests(endpoints: Sequence[Endpoint]) -> dict[UUID, Test]:
    """As `last_test`, for several. 1 query."""
    recent = timezone.now() - TEST_SHOWN
    found = Dispatch.objects.filter(endpoint__in=endpoints, purpose=Purpose.TEST, created_at__gt=recent).order_by("created_at", "pk")
    return {one.endpoint_id: Test(one) for one in found}


def last_tries(endpoint: Endpoint, most: int = 20) -> list[Attempt]:
    """Newest first. 1 query."""
    tries = Attempt.objects.filter(dispatch__endpoint=endpoint).select_related("dispatch").order_by("-started_at", "-pk")
    return list(tries[:most])


def unreached(endpoints: Iterable[Endpoint]) -> list[Severity]:
    """Of which severities an alert reaches nobody outside the dashboard. A person's own ways do not count: people leave."""
    told: set[str] = set()
    for one in endpoints:
        if one.is_active and Kind.ALERT in one.kinds and not not_set_up(one.channel):
            told |= set(one.severities)
    return [severity for severity in WATCHED if severity not in told]


def said_unreached(severities: Sequence[Severity]) -> str:
    names = get_text_list([str(one.label) for one in severities], _("and"))
    return _("%s alerts reach nobody outside the dashboard.") % names


def ways_to_add(acting: Acting) -> list[Wait]:
    """What the dashboard lists where an urgent alert would reach nobody, for those who may change it. 1 query."""
    if not acting.may("endpoint.manage"):
        return []
    missing = [one for one in unreached(house_endpoints(acting)) if one in URGENT]
    if not missing:
        return []
    title, meta = _("Add a contact for alerts"), said_unreached(missing)
    return [Wait(icon="bell-off", title=title, url=reverse("endpoint_list"), meta=meta, badge=_("Nobody is told"), badge_class="bad")]
