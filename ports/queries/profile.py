"""What pages and the API ask about profiles and yearly volumes."""

from uuid import UUID

from ports.models import PortActivity, PortDescription
from portsec.access.acting import Acting
from portsec.access.models import ShareableQuerySet


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
