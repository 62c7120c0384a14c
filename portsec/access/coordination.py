"""Which regions an organisation coordinates: those in which it is a coordination body."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
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


def find_coordinated(acting: Acting, verb: str, pk: UUID) -> Region:
    """One in which the organisation is not, is absent (Http404); one that it does not coordinate is not allowed."""
    region = get_object_or_404(own_regions(acting), pk=pk)
    require_coordinated(acting, verb, region)
    return region


def home_of(acting: Acting, verb: str, organisation: Organisation) -> Region:
    """A region that the acting body coordinates and this organisation is in. Raises NotAllowedError where there is none."""
    acting.require(verb)
    region = coordinated_regions(acting).filter(memberships__organisation=organisation).first()
    if region is None:
        raise NotAllowedError(_("Your organisation coordinates no region of %s.") % organisation.name, code="not_coordinated")
    return region


def bodies_of(region: Region) -> QuerySet[Organisation]:
    """Who coordinates it; told to its own members alone."""
    return Organisation.objects.filter(region_memberships__region=region, kind=Organisation.Kind.COORDINATION_BODY, is_active=True)
