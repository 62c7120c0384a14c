"""The ledger: every delivery that the acting organisation sent, received or coordinates, and the whole history of one."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from portsec.access.acting import Acting
from portsec.access.models import Organisation
from portsec.access.pages import Key, Page, beyond
from portsec.delivery.facts import Facts, facts_of
from portsec.delivery.models import OPEN, Attempt, Delivery, Dispatch, Endpoint, Escalation
from portsec.delivery.models.delivery import DeliveryQuerySet


class Show(models.TextChoices):
    SENT = "sent", gettext_lazy("Sent by us")
    RECEIVED = "received", gettext_lazy("Received by us")
    COORDINATED = "coordinated", gettext_lazy("Coordinated by us")


@dataclass(frozen=True)
class Choice:
    """The filters. `since` and `until` are whole days of the organisation's own clock, the last one included; `organisation`
    is the other side: whom we told, who told us."""

    show: str = Show.SENT
    state: str = ""
    channel: str = ""
    kind: str = ""
    late: bool = False
    since: date | None = None
    until: date | None = None
    organisation: Organisation | None = None

    @property
    def narrows(self) -> bool:
        """Is anything asked besides the view?"""
        return any(getattr(self, one.name) for one in fields(self) if one.name != "show")


@dataclass(frozen=True)
class Line:
    """A delivery in the list; `facts` is None where the acting organisation may not read the object any more."""

    delivery: Delivery
    facts: Facts | None
    is_late: bool
    late_by: int

    @property
    def pk(self) -> UUID:
        return self.delivery.pk

    @property
    def tlp(self) -> str:
        """The label of what was told, for files; nothing where it cannot be read any more."""
        return self.facts.tlp if self.facts else ""


def chosen(acting: Acting, choice: Choice, now: datetime) -> DeliveryQuerySet:
    found: DeliveryQuerySet = {
        Show.SENT: Delivery.objects.sent_by,
        Show.RECEIVED: Delivery.objects.received_by,
        Show.COORDINATED: Delivery.objects.coordinated_by,
    }[Show(choice.show)](acting)
    asked = {name: value for name in ("state", "kind") if (value := getattr(choice, name))}
    return found.filter(_period(acting, choice), _late(choice, now), _other_side(choice), _channel(acting, choice), **asked)


def _period(acting: Acting, choice: Choice) -> Q:
    zone = ZoneInfo(acting.organisation.time_zone)
    asked = Q()
    if choice.since:
        asked &= Q(created_at__gte=datetime.combine(choice.since, time.min, zone))
    if choice.until:
        asked &= Q(created_at__lt=datetime.combine(choice.until + timedelta(days=1), time.min, zone))
    return asked


def _late(choice: Choice, now: datetime) -> Q:
    return Q(state__in=OPEN, acknowledge_by__lt=now) if choice.late else Q()


def _other_side(choice: Choice) -> Q:
    if choice.organisation is None:
        return Q()
    told, teller = Q(recipient=choice.organisation), Q(sender=choice.organisation)
    return {Show.SENT: told, Show.RECEIVED: teller}.get(Show(choice.show), told | teller)


def _channel(acting: Acting, choice: Choice) -> Q:
    if not choice.channel:
        return Q()
    sent = Dispatch.objects.visible_to(acting).filter(delivery=OuterRef("pk"), recipient=OuterRef("recipient"), channel=choice.channel)
    return Q(Exists(sent))


def ledger_page(acting: Acting, choice: Choice, *, limit: int, before: Key | None = None, after: Key | None = None) -> Page[Any]:
    """Newest first. 1 query, and those of `facts_of` for the objects on the page."""
    now = timezone.now()
    order = ("created_at", "pk") if after else ("-created_at", "-pk")
    found = chosen(acting, choice, now).filter(beyond("created_at", before, after)).order_by(*order)
    taken = list(found.select_related("sender", "recipient", "acknowledged_by")[: limit + 1])
    more, taken = len(taken) > limit, taken[:limit]
    if after:
        taken.reverse()
    if not taken:
        return Page([], None, None)
    newest, oldest = (Key(one.created_at, one.pk) for one in (taken[0], taken[-1]))
    has_newer, has_older = (more, True) if after else (before is not None, more)
    return Page(lines_of(taken, now), newest if has_newer else None, oldest if has_older else None)


def lines_of(deliveries: Sequence[Delivery], now: datetime) -> list[Line]:
    facts = facts_of({(one.kind, one.object_id) for one in deliveries})
    return [_line(one, facts.get(one.object_id), now) for one in deliveries]


def _line(one: Delivery, facts: Facts | None, now: datetime) -> Line:
    late = int((now - one.acknowledge_by).total_seconds()) if one.state in OPEN and one.acknowledge_by else 0
    return Line(one, facts, late > 0, max(late, 0))


def readable(acting: Acting) -> DeliveryQuerySet:
    related = ("sender", "recipient", "coordinator", "acknowledged_by", "seen_by")
    found: DeliveryQuerySet = Delivery.objects.visible_to(acting).select_related(*related)
    return found


@dataclass(frozen=True)
class Sent:
    """One dispatch with its tries; `endpoint` is known to the organisation whose address it is, and to nobody else."""

    dispatch: Dispatch
    tries: Sequence[Attempt]
    endpoint: Endpoint | None


@dataclass(frozen=True)
class History(Line):
    """A line of the ledger with all that stands behind it."""

    sent: Sequence[Sent]
    steps: Sequence[Escalation]


def history_of(acting: Acting, delivery: Delivery) -> History:
    """4 queries, and those of `facts_of`."""
    tries = Prefetch("tries", Attempt.objects.order_by("number"), "all_tries")
    found = Dispatch.objects.visible_to(acting).filter(delivery=delivery).select_related("recipient").prefetch_related(tries)
    dispatches = list(found.order_by("created_at", "pk"))
    mine = Endpoint.objects.of(acting).filter(Q(person=None) | Q(person=acting.user), pk__in=[one.endpoint_id for one in dispatches])
    own = mine.in_bulk()
    sent = [Sent(one, one.all_tries, own.get(one.endpoint_id)) for one in dispatches]
    steps = list(Escalation.objects.visible_to(acting).filter(delivery=delivery))
    line = lines_of([delivery], timezone.now())[0]
    return History(line.delivery, line.facts, line.is_late, line.late_by, sent, steps)
