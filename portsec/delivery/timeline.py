"""The steps of a policy as a picture: when each comes, and whom it would reach now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portsec.access.acting import Acting
from portsec.access.models import Organisation, Region
from portsec.delivery.models import Channel, Endpoint, Step
from portsec.delivery.models.endpoint import Kind
from portsec.delivery.progress import in_minutes, step_label

LEFT, RIGHT, APART = 30, 670, 46  # of the drawing, 700 wide


@dataclass(frozen=True)
class Stop:
    """A step on the line: seconds after the deadline, and the names of those whom it would reach now."""

    number: int
    after: int
    label: str
    names: Sequence[str]
    x: int

    @property
    def minutes(self) -> str:
        return in_minutes(self.after)


def is_on_duty(endpoint: Endpoint, here: datetime) -> bool:
    """As the database's app_is_on_duty: a window that ends before it begins lasts past midnight. `here` is local time."""
    opens, closes = endpoint.opens_at, endpoint.closes_at
    if opens is None or closes is None:
        return True
    today, yesterday = here.isoweekday(), (here - timedelta(days=1)).isoweekday()
    clock = here.time()
    if opens < closes:
        return today in endpoint.days and opens <= clock < closes
    return (today in endpoint.days and clock >= opens) or (yesterday in endpoint.days and clock < closes)


def timeline(acting: Acting, region: Region | None, severity: str, steps: Sequence[dict[str, Any]]) -> list[Stop]:
    """Of one's own policy by name (2 queries); a region's reaches contacts that only its members know."""
    names = _of_region(acting) if region else _Reached(acting, severity).names
    places = _places([one["after"] for one in steps])
    return [
        Stop(number + 1, one["after"], step_label(one["step"]), names(one["step"]), place)
        for number, (one, place) in enumerate(zip(steps, places, strict=True))
    ]


def _of_region(acting: Acting) -> Any:
    words = {
        Step.REMIND: _("whom each member told"),
        Step.NEXT_CONTACT: _("each member's next contact"),
        Step.ALL_CONTACTS: _("all contacts of each member"),
        Step.COORDINATOR: acting.organisation.name,
    }
    return lambda step: [words[Step(step)]]


class _Reached:
    """Goes through the steps as an escalation would, and remembers who was told."""

    def __init__(self, acting: Acting, severity: str) -> None:
        here = timezone.localtime()
        found = Endpoint.objects.of_house(acting).filter(is_active=True, kinds__contains=[Kind.ALERT]).exclude(channel=Channel.WEBHOOK)
        contacts = sorted(found, key=lambda one: (not is_on_duty(one, here), one.place))
        self._all = list(dict.fromkeys(one.label for one in contacts))
        wanting = [one.label for one in contacts if not severity or severity in one.severities]
        self._told = wanting[:1]
        regions = Region.objects.filter(memberships__organisation=acting.organisation, coordinator_sees_deliveries=True)
        bodies = Organisation.objects.filter(kind=Organisation.Kind.COORDINATION_BODY, is_active=True, regions__in=regions)
        self._bodies = list(bodies.exclude(pk=acting.organisation.pk).distinct().order_by("name").values_list("name", flat=True))

    def names(self, step: str) -> list[str]:
        if step == Step.COORDINATOR:
            return self._bodies or [_("who sent it")]
        if step == Step.NEXT_CONTACT:
            following = [one for one in self._all if one not in self._told][:1]
            self._told += following
            return following
        if step == Step.ALL_CONTACTS:
            self._told = list(self._all)
        return list(self._told)


def _places(afters: Sequence[int]) -> list[int]:
    """True to time, but never so close that two numbers cover each other."""
    longest = max([*afters, 1])
    found: list[int] = []
    for number, after in enumerate(afters):
        room = RIGHT - APART * (len(afters) - 1 - number)
        place = LEFT + APART + round((RIGHT - LEFT - APART) * max(after, 0) / longest)
        found.append(min(max(place, found[-1] + APART if found else place), room))
    return found


def picture(stops: Sequence[Stop], within: int) -> dict[str, Any]:
    """`within`: seconds until the deadline, which stands at the left end of the line."""
    told = {"n": len(stops), "last": stops[-1].minutes if stops else "0", "within": in_minutes(within)}
    title = (
        ngettext(
            "%(n)d step, %(last)s min after the deadline, which is %(within)s min after it is told",
            "%(n)d steps, the last %(last)s min after the deadline, which is %(within)s min after it is told",
            len(stops),
        )
        % told
    )
    return {"title": title, "stops": stops, "deadline": LEFT, "last": stops[-1].minutes if stops else ""}
