"""What this room tells the others about itself."""

from portsec.live.links import register_link

ICONS = {
    "delivery.overdue": "clock",
    "delivery.escalated": "clock",
    "endpoint.switched_off": "cross",
    "system.deliveries": "queue",
}


def register() -> None:
    register_link("system", lambda pk: "", icons=ICONS)
