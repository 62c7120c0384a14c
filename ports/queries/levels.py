"""The regional picture: ports in the coast's order, each with the security level that holds now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.models import LevelScope, PortProfile, SecurityLevel, SecurityLevelChange
from ports.models.level import ENDS_SOON, SUBJECT
from portsec.access.acting import Acting
from portsec.access.models import Organisation, Region, RegionMembership, ShareableQuerySet
from portsec.face import wording
from portsec.face.waits import Wait

LAST = 1_000_000
WHOLE_PORTS = (LevelScope.REGION, LevelScope.PORT)


@dataclass(frozen=True)
class PortLevel:
    """A port and its level: the higher of its own and its region's. Without a change on record it is 1 (ISPS A/2.1.9).

    `change` is the one that decides: the region's where that is higher, else the port's own.
    """

    port: PortProfile
    own: SecurityLevelChange | None
    regional: SecurityLevelChange | None = None

    @property
    def change(self) -> SecurityLevelChange | None:
        return stricter(self.own, self.regional)

    @property
    def level(self) -> SecurityLevel:
        return SecurityLevel(self.change.level) if self.change else SecurityLevel.NORMAL

    @property
    def is_raised(self) -> bool:
        return self.level > SecurityLevel.NORMAL


def stricter(own: SecurityLevelChange | None, regional: SecurityLevelChange | None) -> SecurityLevelChange | None:
    """Of two that hold at once the higher; of two at one level the port's own, which says more about it."""
    if own is None or regional is None:
        return own or regional
    return regional if regional.level > own.level else own


def own_region(acting: Acting) -> Region | None:
    """The region whose picture the dashboard shows: the first that the organisation joined. 1 query."""
    found: Region | None = acting.organisation.regions.order_by("memberships__joined_at").first()
    return found


def port_levels(
    acting: Acting,
    region: Region | QuerySet[Region] | None = None,
    *,
    among: Collection[UUID] | None = None,
    at: datetime | None = None,
) -> Sequence[PortLevel]:
    """Every visible port (of one region, which may be given as a question, or among some), with its level at an instant.

    2 queries; 3 where a region has a level of its own.
    """
    ports = PortProfile.objects.visible_to(acting).select_related("organisation")
    changes = _newest(acting, at)
    if region is not None:
        ports = ports.filter(organisation__region_memberships__region__in=[region] if isinstance(region, Region) else region)
    if among is not None:
        ports, changes = ports.filter(pk__in=among), changes.filter(concerning(*among))
    own = {change.owner_id: change for change in changes if change.region_id is None}
    regional = _regional(changes)
    return [PortLevel(port, own.get(port.pk), _strictest(regional.get(port.pk, ()))) for port in ports]


def _regional(changes: Iterable[SecurityLevelChange]) -> Mapping[UUID, Sequence[SecurityLevelChange]]:
    """For each port what its regions hold. 1 query; none where no region has ever set a level, as most have not."""
    by_region = {change.region_id: change for change in changes if change.region_id is not None}
    found: dict[UUID, list[SecurityLevelChange]] = defaultdict(list)
    if by_region:
        members = RegionMembership.objects.filter(region__in=by_region).values_list("organisation", "region")
        for organisation, region in members:
            found[organisation].append(by_region[region])
    return found


def port_level(acting: Acting, port: PortProfile) -> PortLevel:
    """One port's, now. 1 query."""
    return level_among(port, _newest(acting).filter(concerning(port.pk)))


def level_among(port: PortProfile, changes: Iterable[SecurityLevelChange]) -> PortLevel:
    """The port's level where one has all that concerns it, newest first, as `history` gives it."""
    newest: dict[UUID, SecurityLevelChange] = {}
    for change in changes:
        if change.scope in WHOLE_PORTS:
            newest.setdefault(change.region_id or change.owner_id, change)
    own = newest.pop(port.pk, None)
    return PortLevel(port, own, _strictest(newest.values()))


def _newest(acting: Acting, at: datetime | None = None) -> ShareableQuerySet:
    """For each port and each region its last change by an instant."""
    changes = SecurityLevelChange.objects.visible_to(acting).filter(effective_at__lte=at or timezone.now(), scope__in=WHOLE_PORTS)
    newest: ShareableQuerySet = changes.annotate(of=SUBJECT).order_by("of", "-effective_at", "-pk").distinct("of")
    return newest.select_related("set_by", "owner", "region")


def concerning(*ports: UUID) -> Q:
    """What is set for one of the ports itself, for a part of it, or for a region in which it is."""
    regions = RegionMembership.objects.filter(organisation__in=ports).values("region")
    return Q(owner__in=ports) | Q(scope=LevelScope.REGION, region__in=regions)


def _strictest(changes: Iterable[SecurityLevelChange]) -> SecurityLevelChange | None:
    """Of a port in several regions the highest of their levels."""
    return max(changes, key=lambda one: one.level, default=None)


def next_turn(levels: Iterable[PortLevel], now: datetime) -> datetime | None:
    """When a page that shows these levels is next out of date by the clock alone: a line turns to "ends in" or "overdue"."""
    ends = [one.change.expected_until for one in levels if one.is_raised and one.change and one.change.expected_until]
    return min((turn for end in ends for turn in (end - ENDS_SOON, end) if turn > now), default=None)


def in_coast_order(organisations: Sequence[Organisation]) -> list[Organisation]:
    """Ports along the coast, as every list of a region shows them, then the others by name. 1 query."""
    order = dict(PortProfile.objects.filter(pk__in=[one.pk for one in organisations]).values_list("pk", "coast_order"))
    return sorted(organisations, key=lambda one: (order.get(one.pk, LAST), one.name))


def in_force(acting: Acting) -> ShareableQuerySet:
    """The changes that nothing has replaced."""
    found: ShareableQuerySet = SecurityLevelChange.objects.visible_to(acting).filter(replaced_by__isnull=True)
    return found


def in_force_of(acting: Acting, like: SecurityLevelChange) -> SecurityLevelChange | None:
    """What holds for the subject of a change that is about to be written. 1 query."""
    same = Q(scope=like.scope, operation__iexact=like.operation)
    if like.region_id:
        same &= Q(region=like.region_id)
    else:
        same &= Q(owner=like.owner_id, facility=like.facility_id)
    newest = in_force(acting).filter(same).select_related("owner", "set_by", "rise").order_by("-effective_at")
    found: SecurityLevelChange | None = newest.first()
    return found


def above(acting: Acting, change: SecurityLevelChange) -> SecurityLevelChange | None:
    """What holds a higher level over the subject: its regions', and over a facility or operation its port's. 1 query."""
    if change.scope == LevelScope.REGION:
        return None
    regions = RegionMembership.objects.filter(organisation=acting.organisation).values("region")
    holders = Q(scope=LevelScope.REGION, region__in=regions)
    if change.scope != LevelScope.PORT:
        holders |= Q(scope=LevelScope.PORT, owner=acting.organisation)
    higher = in_force(acting).filter(holders, level__gt=change.level).select_related("owner", "set_by", "region")
    found: SecurityLevelChange | None = higher.order_by("-level", "-effective_at").first()
    return found


def history(acting: Acting, port: PortProfile) -> ShareableQuerySet:
    """Every change that held for the port, its facilities or operations, newest first, its regions' included. 1 query."""
    found: ShareableQuerySet = SecurityLevelChange.objects.visible_to(acting).filter(concerning(port.pk))
    return found.select_related("owner", "set_by", "region", "facility").order_by("-effective_at", "-pk")


def own_in_force(acting: Acting) -> ShareableQuerySet:
    """What the acting organisation has set and may change: for itself, its facilities and operations, or its regions. 1 query."""
    found: ShareableQuerySet = in_force(acting).filter(owner=acting.organisation)
    return found.select_related("owner", "set_by", "region", "facility").order_by("scope", "-effective_at")


def levels_to_decide(acting: Acting) -> list[Wait]:
    """A line for each raised level of ours that is about to end or overdue: prolong or lower it. 1 query; none for who may not."""
    if not (acting.may("level.change") or acting.may("level.change_region")):
        return []
    now = timezone.now()
    ending = own_in_force(acting).filter(level__gt=SecurityLevel.NORMAL, expected_until__lte=now + ENDS_SOON).order_by("expected_until")
    return [_decision(change, now) for change in ending]


def _decision(change: SecurityLevelChange, now: datetime) -> Wait:
    told = {"level": change.level, "subject": change.subject_name}
    left = (change.expected_until - now).total_seconds() if change.expected_until else 0
    is_overdue = left < 0
    return Wait(
        title=_("Prolong or lower level %(level)d of %(subject)s") % told,
        url=f"{reverse('level_set')}?of={change.pk}",
        meta=change.reason,
        icon="level",
        badge=(_("overdue %(span)s") if is_overdue else _("ends in %(span)s")) % {"span": wording.span(left)},
        badge_class="bad" if is_overdue else "warn",
    )
