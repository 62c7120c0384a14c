"""What this app tells the rooms below it about itself."""

from django.urls import reverse

from incidents.queries import waiting_counts
from portsec.live.context import register_waiting
from portsec.live.links import register_link

ICONS = {
    "alert.published": "alert",
    "alert.updated": "alert",
    "alert.cancelled": "cross",
    "alert.expired": "clock",
    "alert.acknowledged": "check",
}


def register() -> None:
    register_link("alert", lambda pk: reverse("alert_detail", args=[pk]), icons=ICONS)
    register_waiting(waiting_counts)
