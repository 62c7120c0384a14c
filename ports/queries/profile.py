"""What pages and the API ask about profiles and yearly volumes."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from ports.models import PortActivity, PortDescription, PortProfile
from portsec.access.acting import Acting
from portsec.access.models import Region, ShareableQuerySet


def profiles(acting: Acting) -> Any:
    """Each knows its `seen_regions` ({"id", "name"}, by name) and the `newest_year` of its volumes that may be read. 1 query."""
    homes = Region.objects.filter(pk__in=Region.objects.visible_to(acting).values("pk"), memberships__organisation=OuterRef("pk"))
    years = activities(acting).filter(owner=OuterRef("pk")).values("year")
    return (
        PortProfile.objects.visible_to(acting)
        .select_related("organisation")
        .annotate(
            seen_regions=ArraySubquery(homes.order_by("name").values(told=JSONObject(id="pk", name="name"))),
            newest_year=Subquery(years[:1]),
        )
    )


def descriptions(acting: Acting) -> dict[UUID, PortDescription]:
    """What ports tell of themselves, by port. 1 query."""
    return {one.owner_id: one for one in PortDescription.objects.visible_to(acting)}


def description_of(acting: Acting, port: UUID) -> PortDescription | None:
    """1 query."""
    found: PortDescription | None = PortDescription.objects.visible_to(acting).filter(owner=port).select_related("audience__region").first()
    return found


def activities(acting: Acting, port: UUID | None = None) -> ShareableQuerySet:
    """The yearly volumes that the organisation may read, of every port or of one, the newest year first. 1 query."""
    found: ShareableQuerySet = PortActivity.objects.visible_to(acting).select_related("owner", "recorded_by", "audience__region")
    return (found if port is None else found.filter(owner=port)).order_by("-year", "pk")
