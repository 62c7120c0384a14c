"""Which regions an organisation coordinates: those in which it is a coordination body."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, NotAllowedError
from portsec.access.models import Organisation, Region, RegionMembership


def own_regions(acting: Acting) -> QuerySet[Region]:
    """Those that the organisation is in; a linked one is not among them."""
    homes = RegionMembership.objects.filter(organisation=acting.organisation).values("region")
    return Region.objects.filter(pk__in=homes).order_by("name")  # no join: whoever counts a region's members counts all of them


def coordinated_regions(acting: Acting) -> QuerySet[Region]:
    is_body = acting.organisation.kind == Organisation.Kind.COORDINATION_BODY
    return own_regions(acting) if is_body else Region.objects.none()


def require_coordinated(acting: Acting, verb: str, region: Region) -> None:
    """Raises NotAllowedError unless the role has the verb, and the organisation coordinates the region."""
    acting.require(verb)
    if not coordinated_regions(acting).filter(pk=region.pk).exists():
        raise NotAllowedError(_("Your organisation does not coordinate this region. Ask its coordination body."), code="not_coordinated")


def bodies_of(region: Region) -> QuerySet[Organisation]:
    """Who coordinates it; told to its own members alone."""
    return Organisation.objects.filter(region_memberships__region=region, kind=Organisation.Kind.COORDINATION_BODY, is_active=True)
