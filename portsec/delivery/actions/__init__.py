"""The verbs of this room: telling, and by which ways an organisation and its people are told."""

from portsec.delivery.actions.endpoints import add_mailbox, edit_endpoint, remove_endpoint, switch_endpoint
from portsec.delivery.actions.own import set_own_preferences, subscribe_browser
from portsec.delivery.actions.telling import (
    Mark,
    Telling,
    Through,
    acknowledge,
    call_off,
    coordinator_of,
    expire,
    fan_out,
    mark_delivered,
    mark_seen,
    see,
    withdraw,
)
from portsec.delivery.actions.testing import send_test
from portsec.delivery.actions.webhooks import add_webhook, edit_webhook, rotate_secret

__all__ = [
    "Mark",
    "Telling",
    "Through",
    "acknowledge",
    "add_mailbox",
    "add_webhook",
    "call_off",
    "coordinator_of",
    "edit_endpoint",
    "edit_webhook",
    "expire",
    "fan_out",
    "mark_delivered",
    "mark_seen",
    "remove_endpoint",
    "rotate_secret",
    "see",
    "send_test",
    "set_own_preferences",
    "subscribe_browser",
    "switch_endpoint",
    "withdraw",
]
