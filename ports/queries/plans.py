"""What pages and the API ask about levels that take effect later."""

from ports.models import PlannedLevel, PortProfile
from ports.queries.levels import concerning
from portsec.access.acting import Acting
from portsec.access.models import ShareableQuerySet


def plans(acting: Acting) -> ShareableQuerySet:
    """Those that the organisation may read. 1 query."""
    found: ShareableQuerySet = PlannedLevel.objects.visible_to(acting).select_related(
        "owner__port", "set_by", "closed_by", "region", "facility"
    )
    return found


def plans_of(acting: Acting, port: PortProfile) -> ShareableQuerySet:
    """What is still to come for a port, its facilities or operations, its regions' plans included. 1 query."""
    found: ShareableQuerySet = to_come(acting).filter(concerning(port.pk))
    return found


def own_plans(acting: Acting) -> ShareableQuerySet:
    """What the acting organisation has planned, and may still cancel. 1 query."""
    found: ShareableQuerySet = to_come(acting).filter(owner=acting.organisation)
    return found


def to_come(acting: Acting) -> ShareableQuerySet:
    found: ShareableQuerySet = plans(acting).filter(state=PlannedLevel.State.PLANNED).order_by("effective_at", "pk")
    return found
