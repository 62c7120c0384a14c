"""What pages and the API ask about port facilities."""

from uuid import UUID

from ports.models import PortFacility
from portsec.access.acting import Acting
from portsec.access.models import ShareableQuerySet


def facilities(acting: Acting, port: UUID | None = None, *, active: bool | None = None) -> ShareableQuerySet:
    """Of every port that shares its list with the organisation, or of one; open ones, closed ones or both. 1 query."""
    found: ShareableQuerySet = PortFacility.objects.visible_to(acting).select_related("owner").order_by("imo_number", "pk")
    if port is not None:
        found = found.filter(owner=port)
    return found if active is None else found.filter(is_active=active)
