"""An organisation's audit log: what its people and tokens did, and what of TLP:RED and AMBER they read."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portsec.access.acting import Acting
from portsec.access.models import Shareable, User
from portsec.access.pages import COUNT_CAP, Key, beyond
from portsec.journal.actions import kind_of
from portsec.journal.models import Entry, Reading
from portsec.live.links import link_to


class Group(models.TextChoices):
    """What was done, in four words."""

    CHANGE = "change", gettext_lazy("Changes")
    READING = "reading", gettext_lazy("Readings")
    ACCESS = "access", gettext_lazy("Membership and access")
    EXPORT = "export", gettext_lazy("Exports")


ACCESS = Q(verb__startswith="access.") | Q(verb__startswith="member.") | Q(verb__startswith="token.")
EXPORT = Q(verb__endswith=".exported")
ENTRIES_OF = {Group.CHANGE: ~ACCESS & ~EXPORT, Group.ACCESS: ACCESS, Group.EXPORT: EXPORT}
READ = "read"  # a reading's verb, which the journal does not know


@dataclass(frozen=True)
class Choice:
    """The filters. `since` and `until` are whole days of the organisation's own clock, the last one included."""

    person: UUID | None = None
    group: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None
    search: str = ""

    def as_told(self) -> dict[str, str]:
        """The filters in force, as an export records them."""
        return {one.name: str(value) for one in fields(self) if (value := getattr(self, one.name))}


@dataclass(frozen=True)
class Line:
    """One row of the log: an entry of the journal, or a reading. `url` is empty where the object may not be seen any more."""

    source: Entry | Reading
    url: str = ""

    @property
    def entry(self) -> Entry | None:
        return self.source if isinstance(self.source, Entry) else None

    @property
    def reading(self) -> Reading | None:
        return self.source if isinstance(self.source, Reading) else None

    @property
    def pk(self) -> UUID:
        return self.source.pk

    @property
    def at(self) -> datetime:
        return self.source.at

    @property
    def kind(self) -> str:
        return self.source.kind

    @property
    def object_id(self) -> UUID:
        return self.source.object_id

    @property
    def request_id(self) -> str:
        return self.source.request_id

    @property
    def person(self) -> User | None:
        return self.source.actor if isinstance(self.source, Entry) else self.source.user

    @property
    def verb(self) -> str:
        return self.source.verb if isinstance(self.source, Entry) else READ

    @property
    def summary(self) -> str:
        if isinstance(self.source, Entry):
            return self.source.summary
        told = {"title": self.source.title, "label": self.source.label, "through": self.source.get_through_display()}
        return _("Read %(title)s, TLP:%(label)s, %(through)s") % told


@dataclass(frozen=True)
class AuditPage:
    """As `portsec.access.pages.Page`, of lines."""

    records: Sequence[Line]
    newer: Key | None = None
    older: Key | None = None


def audit_page(acting: Acting, choice: Choice, *, limit: int, before: Key | None = None, after: Key | None = None) -> AuditPage:
    """Newest first. 2 queries, and 1 for each kind of object on the page, which finds what may still be seen."""
    order = ("at", "pk") if after else ("-at", "-pk")
    found = [
        one
        for source in _sources(acting, choice)
        for one in source.filter(beyond("at", before, after)).order_by(*order)[: limit + 1]
    ]  # fmt: skip
    found.sort(key=lambda one: (one.at, one.pk), reverse=after is None)
    more, found = len(found) > limit, found[:limit]
    if not found:
        return AuditPage([])
    lines = linked(acting, sorted(found, key=lambda one: (one.at, one.pk), reverse=True))
    first, last = (Key(one.at, one.pk) for one in (lines[0], lines[-1]))
    has_newer, has_older = (more, True) if after else (before is not None, more)
    return AuditPage(lines, first if has_newer else None, last if has_older else None)


def audit_count(acting: Acting, choice: Choice) -> int:
    """Exact up to COUNT_CAP. 2 queries."""
    return min(COUNT_CAP, sum(source[:COUNT_CAP].count() for source in _sources(acting, choice)))


def _sources(acting: Acting, choice: Choice) -> "list[QuerySet[Any]]":
    """The entries and the readings that the choice leaves, each from an index of its own."""
    sources: list[QuerySet[Any]] = []
    if choice.group != Group.READING:
        sources.append(_entries(acting, choice))
    if choice.group in {"", Group.READING}:
        sources.append(_readings(acting, choice))
    return sources


def _entries(acting: Acting, choice: Choice) -> "QuerySet[Entry]":
    found: QuerySet[Entry] = (
        Entry.objects.visible_to(acting).filter(_when(acting, choice), owner=acting.organisation).select_related("actor", "owner")
    )
    if choice.group:
        found = found.filter(ENTRIES_OF[Group(choice.group)])
    if choice.person:
        found = found.filter(actor=choice.person)
    if choice.kind:
        found = found.filter(kind=choice.kind)
    if choice.search:
        found = found.filter(summary__icontains=choice.search)
    return found


def _readings(acting: Acting, choice: Choice) -> "QuerySet[Reading]":
    found: QuerySet[Reading] = Reading.objects.visible_to(acting).filter(_when(acting, choice)).select_related("user")
    if choice.person:
        found = found.filter(user=choice.person)
    if choice.kind:
        found = found.filter(kind=choice.kind)
    if choice.search:
        found = found.filter(title__icontains=choice.search)
    return found


def _when(acting: Acting, choice: Choice) -> Q:
    zone, within = ZoneInfo(acting.organisation.time_zone), Q()
    if choice.since:
        within &= Q(at__gte=datetime.combine(choice.since, time.min, zone))
    if choice.until:
        within &= Q(at__lt=datetime.combine(choice.until + timedelta(days=1), time.min, zone))
    return within


def linked(acting: Acting, found: Sequence[Entry | Reading]) -> list[Line]:
    """Lines with the address of each object that the acting person may see now. 1 query for each kind that has a page."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for one in found:
        wanted[one.kind].add(one.object_id)
    seen = {kind: _seen(acting, kind, ids) for kind, ids in wanted.items()}
    return [Line(one, link_to(one.kind, str(one.object_id)) if one.object_id in seen[one.kind] else "") for one in found]


def _seen(acting: Acting, kind: str, ids: set[UUID]) -> set[UUID]:
    model = shareable_kinds().get(kind)
    if model is None or not link_to(kind, str(next(iter(ids)))):
        return set()
    return set(model.objects.visible_to(acting).filter(pk__in=ids).values_list("pk", flat=True))


def shareable_kinds() -> dict[str, type[Shareable]]:
    """Kind → model, of every shareable record."""
    return {kind_of(model): model for model in apps.get_models() if issubclass(model, Shareable)}


def linked_kinds() -> list[str]:
    """The kinds that stand in a log by themselves: those with a page, and what concerns access and exports."""
    paged = [kind for kind in shareable_kinds() if link_to(kind, str(UUID(int=0)))]
    return sorted([*paged, "access", "audit_log", "invitation", "organisation", "service_token"])
