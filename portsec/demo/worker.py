"""What the worker would have done meanwhile, in a history that is written at once: messages sent, and escalations at their hours."""

from datetime import datetime
from unittest import mock

from django.db.models import Min
from django.utils import timezone

from portsec.access.acting import as_system
from portsec.delivery.dispatching import send_due
from portsec.delivery.escalation import escalate_due
from portsec.delivery.models import OPEN, Delivery


def work() -> None:
    """Up to the hour that the clock shows."""
    now = timezone.now()
    while (due := next_step()) is not None and due <= now:
        with mock.patch.object(timezone, "now", return_value=due):
            escalate_due(due)
            send_due(due)
    send_due(now)


def next_step() -> datetime | None:
    with as_system("the demo: when would the worker have escalated?"):
        found: datetime | None = Delivery.objects.filter(state__in=OPEN, escalation_paused_at=None).aggregate(at=Min("escalate_at"))["at"]
    return found
