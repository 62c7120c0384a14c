"""Many messages to one contact within a short time become one that lists them all. Nothing is dropped: the ledger says where it is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Min

from portsec.access.acting import as_system
from portsec.delivery.models import Dispatch, Purpose
from portsec.delivery.parcel import Item

WINDOW = timedelta(seconds=60)
MOST = 5  # messages to one endpoint within the window
URGENT = frozenset({"Extreme", "Severe"})


@dataclass(frozen=True)
class Flood:
    """How many messages an endpoint got within the window, and since when."""

    recent: int = 0
    since: datetime | None = None

    def is_rising(self, items: Sequence[Item]) -> bool:
        return self.recent + len(items) > MOST and not all(item.purpose == Purpose.TEST for item in items)

    def hold_until(self, items: Sequence[Item]) -> datetime | None:
        """Until the window has passed, where nothing in it is urgent; None: send them now, together."""
        if self.since is None or self.recent < MOST or any(item.dispatch.severity in URGENT for item in items):
            return None
        return self.since + WINDOW


def flood_of(endpoints: Collection[UUID], now: datetime) -> dict[UUID, Flood]:
    """1 query. A bundle counts as one message."""
    if not endpoints:
        return {}
    with as_system("how many messages an endpoint got lately"):
        recent = Dispatch.objects.filter(endpoint__in=endpoints, accepted_at__gt=now - WINDOW, bundled_in=None).values("endpoint")
        return {row["endpoint"]: Flood(row["n"], row["since"]) for row in recent.annotate(n=Count("pk"), since=Min("accepted_at"))}
