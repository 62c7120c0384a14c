"""What this app tells the rooms below it about itself."""

from django.urls import reverse

from incidents.on_board import COLUMNS, alerts_on_board
from incidents.queries import drafts_to_send, waiting_counts
from incidents.told import alert_facts, answer_alert
from ports.columns import register_layer
from portsec.delivery.facts import register_facts
from portsec.face.waits import register_waits
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
    register_facts("alert", alert_facts, answer=answer_alert)
    register_waiting(waiting_counts)
    register_waits(drafts_to_send)
    register_layer(COLUMNS, alerts_on_board)
