"""What this room tells the rooms beside it about itself."""

from django.urls import reverse

from portsec.delivery.queries import ways_to_add
from portsec.face.waits import register_waits
from portsec.live.links import register_link

ICONS = {
    "delivery.overdue": "clock",
    "delivery.escalated": "clock",
    "system.deliveries": "queue",
    "endpoint.added": "plus",
    "endpoint.edited": "edit",
    "endpoint.switched": "bell",
    "endpoint.switched_off": "bell-off",
    "endpoint.removed": "cross",
    "endpoint.tested": "check",
    "endpoint.rotated": "key",
}


def register() -> None:
    register_link("system", lambda pk: "", icons=ICONS)
    register_link("endpoint", lambda pk: reverse("endpoint_detail", args=[pk]), icons=ICONS)
    register_waits(ways_to_add)
