"""What the delivery room tells this app: a contact point has confirmed a communications check, so it is verified."""

from contextlib import suppress
from uuid import UUID

from ports.actions import verify_contact_point
from ports.models import ContactPoint
from portsec.access.acting import Acting, acting_for
from portsec.problems import Conflict


def note_reached(acting: Acting, pk: UUID) -> None:
    """One that was retired or changed at this moment stays as it is: the confirmation stands without it."""
    with acting_for(acting), suppress(Conflict):
        contact = ContactPoint.objects.editable_by(acting).filter(pk=pk, is_active=True).select_related("owner", "audience").first()
        if contact is not None:
            verify_contact_point(acting, contact)
