"""Whom do I call? What answers now, in which order, and which numbers nobody has tried for too long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import DateField, DateTimeField, F, Func, IntegerField, Q, TimeField, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ports.hours import Window
from ports.models import ContactPoint, Situation
from ports.models.contact import VERIFIED_FOR, Day, Hours
from ports.phones import in_groups
from ports.queries.levels import LAST
from portsec.access.acting import Acting
from portsec.access.models import Organisation, Region, RegionMembership, ShareableQuerySet
from portsec.face.waits import Wait
from portsec.face.wording import city, moment

NEVER = timedelta.max
WEEK_DAYS = dict(zip(Day.values, WEEKDAYS_ABBR.values(), strict=True))  # both begin on Monday


@dataclass(frozen=True)
class Reach:
    """A contact point as it stands at an instant: does it answer, what hour is it there, can its number be trusted."""

    contact: ContactPoint
    at: datetime

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.contact.owner.time_zone)

    @cached_property
    def window(self) -> Window | None:
        """None where it always answers."""
        one = self.contact
        if one.hours == Hours.ALWAYS or one.opens_at is None or one.closes_at is None:
            return None
        return Window(one.days, one.opens_at, one.closes_at, self.zone)

    @cached_property
    def is_reachable(self) -> bool:
        return self.window is None or self.window.is_open(self.at)

    @cached_property
    def reachable_again_at(self) -> datetime | None:
        """None while it answers."""
        return None if self.is_reachable or self.window is None else self.window.opens_next(self.at)

    @property
    def again(self) -> str:
        """On the clock there: “Mon 08:00”."""
        opens = self.reachable_again_at
        return moment(opens.astimezone(self.zone), self.at.astimezone(self.zone)) if opens else ""

    @property
    def clock(self) -> str:
        return f"{self.at.astimezone(self.zone):%H:%M}"

    @property
    def place(self) -> str:
        """Where that clock hangs: the port, or the city of an agency's time zone."""
        owner = self.contact.owner
        return owner.name.removeprefix("Port of ") if owner.kind == Organisation.Kind.PORT else city(owner.time_zone)

    @property
    def today(self) -> date:
        return self.at.astimezone(self.zone).date()

    @property
    def is_stale(self) -> bool:
        return self.contact.is_stale(self.today)

    @property
    def verified_days_ago(self) -> int | None:
        return (self.today - self.contact.verified_on).days if self.contact.verified_on else None

    @property
    def phones(self) -> list[tuple[str, str]]:
        """As it is dialled, as it is read."""
        return [(number, in_groups(number)) for number in (self.contact.phone, self.contact.second_phone) if number]

    @property
    def hours(self) -> str:
        """“Mon–Fri, Sun 08:00–16:00”, on the clock there."""
        one = self.contact
        if self.window is None:
            return str(Hours.ALWAYS.label)
        return f"{week_days(one.days)} {one.opens_at:%H:%M}–{one.closes_at:%H:%M}"

    @property
    def situations(self) -> list[str]:
        return [str(label) for value, label in Situation.choices if value in self.contact.situations]

    @property
    def urgency(self) -> tuple[bool, timedelta]:
        """What answers now first, then what answers soonest."""
        opens = self.reachable_again_at
        return (not self.is_reachable, timedelta(0) if self.is_reachable else opens - self.at if opens else NEVER)


def week_days(days: Sequence[int]) -> str:
    """Three days in a row and more are written with a dash: “Mon–Fri, Sun”."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts = [[run[0], run[-1]] if len(run) > 2 else run for run in runs]
    return ", ".join(
        ("–" if len(run) > 2 else ", ").join(str(WEEK_DAYS[day]) for day in part) for run, part in zip(runs, parts, strict=True)
    )


def readable(acting: Acting) -> ShareableQuerySet:
    """The contact points that the acting organisation may read, with whose they are."""
    contacts: ShareableQuerySet = ContactPoint.objects.visible_to(acting).select_related("owner__port", "verified_by", "audience__region")
    return contacts


def _rows(acting: Acting) -> ShareableQuerySet:
    """The same, with no more than a row of a list shows: two hundred of them are read at once."""
    contacts: ShareableQuerySet = ContactPoint.objects.visible_to(acting).select_related("owner__port")
    return contacts


def whom_to_call(
    acting: Acting, *, situation: str = "", organisation: Organisation | None = None, at: datetime | None = None
) -> Sequence[Reach]:
    """Who answers in a situation, the reachable first, then in the order of their organisation; own region before linked ones.

    2 queries, whatever the size of the region.
    """
    moment_asked = at or timezone.now()
    contacts = _rows(acting).filter(is_active=True)
    if situation:
        contacts = contacts.filter(situations__contains=[situation])
    if organisation is not None:
        contacts = contacts.filter(owner=organisation)
    near = near_organisations(acting)
    found = [Reach(contact, moment_asked) for contact in contacts]
    return sorted(found, key=lambda one: (*one.urgency, one.contact.call_order, *_coast(one, near), str(one.contact.pk)))


def near_organisations(acting: Acting) -> set[UUID]:
    """Who shares a region with the acting organisation. 1 query."""
    regions = RegionMembership.objects.filter(organisation=acting.organisation).values("region")
    return set(RegionMembership.objects.filter(region__in=regions).values_list("organisation_id", flat=True))


def _coast(one: Reach, near: set[UUID]) -> tuple[bool, int, str]:
    owner = one.contact.owner
    port = getattr(owner, "port", None)
    return (owner.pk not in near, port.coast_order if port else LAST, owner.name)


def contacts_of(acting: Acting, organisation: Organisation, *, is_active: bool = True) -> Sequence[Reach]:
    """Every contact point of one organisation, in its order. 1 query."""
    found = _rows(acting).filter(owner=organisation, is_active=is_active).order_by("call_order", "pk")
    return [Reach(contact, timezone.now()) for contact in found]


@dataclass(frozen=True)
class Page:
    """The table of one organisation on the printed sheet."""

    organisation: Organisation
    contacts: Sequence[Reach]


def sheet_of(acting: Acting, region: Region) -> Sequence[Page]:
    """Every contact point of a region, an organisation a table, ports along the coast, then the others. 1 query."""
    found = _rows(acting).select_related("audience").filter(is_active=True, owner__region_memberships__region=region)
    now = timezone.now()
    reaches = sorted((Reach(contact, now) for contact in found.order_by("call_order", "pk")), key=lambda one: _coast(one, set()))
    return [Page(owner, list(theirs)) for owner, theirs in groupby(reaches, key=lambda one: one.contact.owner)]


def contacts_to_verify(acting: Acting) -> list[Wait]:
    """What the dashboard lists among what waits, for those who may verify. 1 query."""
    if not acting.may("contact.manage"):
        return []
    own = ContactPoint.objects.editable_by(acting).filter(is_active=True).select_related("owner").order_by("call_order", "pk")
    stale = [one for one in (Reach(contact, timezone.now()) for contact in own) if one.is_stale]
    stale.sort(key=lambda one: -(one.verified_days_ago or 0))
    return [_wait(stale)] if stale else []


def _wait(stale: Sequence[Reach]) -> Wait:
    ages = [one.verified_days_ago for one in stale if one.verified_days_ago is not None]
    names = "; ".join(one.contact.role for one in stale[:3])
    late = max(ages) - VERIFIED_FOR.days if ages else 0
    checked = _("Last verified %d days ago") % max(ages) if ages else _("Not verified yet")
    return Wait(
        icon="call",
        title=ngettext("Verify %d contact point", "Verify %d contact points", len(stale)) % len(stale),
        url=reverse("contacts_own"),
        meta=f"{names}. {checked}",
        badge=ngettext("%d day late", "%d days late", late) % late if late else _("New"),
        badge_class="bad" if late else "warn",
    )


# The same questions in the database, for lists that come in pages.


def there(at: datetime) -> Func:
    """The clock on the owner's wall at an instant."""
    return Func(F("owner__time_zone"), Value(at), function="timezone", output_field=DateTimeField())


def reachable_at(contacts: ShareableQuerySet, at: datetime) -> ShareableQuerySet:
    """Those that answer at an instant: what `Window.is_open` says, asked of every row at once."""
    day = Func(there(at), template="(EXTRACT(ISODOW FROM %(expressions)s)::int)", output_field=IntegerField())
    eve = Func(there(at), template="(EXTRACT(ISODOW FROM %(expressions)s - interval '1 day')::int)", output_field=IntegerField())
    clock = Func(there(at), template="(%(expressions)s)::time", output_field=TimeField())
    found: ShareableQuerySet = contacts.alias(day_there=day, eve_there=eve, clock_there=clock)
    today, yesterday = Q(days__contains=[F("day_there")]), Q(days__contains=[F("eve_there")])
    begun, not_over = Q(opens_at__lte=F("clock_there")), Q(closes_at__gt=F("clock_there"))
    within = Q(opens_at__lt=F("closes_at")) & today & begun & not_over
    past_midnight = Q(opens_at__gt=F("closes_at")) & (today & begun | yesterday & not_over)
    return found.filter(Q(hours=Hours.ALWAYS) | within | past_midnight)


def stale(contacts: ShareableQuerySet, at: datetime, *, wanted: bool) -> ShareableQuerySet:
    """Those not verified for 90 days on the owner's calendar; or, where they are not `wanted`, the others."""
    last_fresh = Func(there(at), template=f"((%(expressions)s)::date - {VERIFIED_FOR.days})", output_field=DateField())
    old = Q(verified_on__isnull=True) | Q(verified_on__lt=last_fresh)
    found: ShareableQuerySet = contacts.filter(old if wanted else ~old)
    return found


def matching(contacts: ShareableQuerySet, words: str) -> ShareableQuerySet:
    """By role, person or organisation: never by number, which a search box of another organisation has no reason to hold."""
    found: ShareableQuerySet = contacts.filter(Q(role__icontains=words) | Q(person__icontains=words) | Q(owner__name__icontains=words))
    return found
