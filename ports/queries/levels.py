"""The regional picture: ports in the coast's order, each with the security level that holds now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from ports.models import PortProfile, SecurityLevel, SecurityLevelChange
from portsec.access.acting import Acting
from portsec.access.models import Organisation, Region

LAST = 1_000_000


@dataclass(frozen=True)
class PortLevel:
    """A port and its level; without a change on record the level is 1 (ISPS A/2.1.9: maintained at all times)."""

    port: PortProfile
    change: SecurityLevelChange | None

    @property
    def level(self) -> SecurityLevel:
        return SecurityLevel(self.change.level) if self.change else SecurityLevel.NORMAL

    @property
    def is_raised(self) -> bool:
        return self.level > SecurityLevel.NORMAL


def own_region(acting: Acting) -> Region | None:
    """The region whose picture the dashboard shows: the first that the organisation joined. 1 query."""
    found: Region | None = acting.organisation.regions.order_by("memberships__joined_at").first()
    return found


def port_levels(acting: Acting, region: Region | None = None, *, at: datetime | None = None) -> Sequence[PortLevel]:
    """Every visible port (of one region), with its level at an instant. 2 queries."""
    ports = PortProfile.objects.visible_to(acting).select_related("organisation")
    if region is not None:
        ports = ports.filter(organisation__region_memberships__region=region)
    changes = SecurityLevelChange.objects.visible_to(acting).filter(effective_at__lte=at or timezone.now())
    newest = changes.order_by("owner_id", "-effective_at", "-pk").distinct("owner_id").select_related("set_by")
    by_port = {change.owner_id: change for change in newest}
    return [PortLevel(port, by_port.get(port.pk)) for port in ports]


def in_coast_order(organisations: Sequence[Organisation]) -> list[Organisation]:
    """Ports along the coast, as every list of a region shows them, then the others by name. 1 query."""
    order = dict(PortProfile.objects.filter(pk__in=[one.pk for one in organisations]).values_list("pk", "coast_order"))
    return sorted(organisations, key=lambda one: (order.get(one.pk, LAST), one.name))
