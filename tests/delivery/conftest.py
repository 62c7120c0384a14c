"""Contacts to be told, a mailbox, and a receiver of webhooks; the worker's round by hand, with a clock that stands."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from ports.actions import add_contact_point
from ports.models import ContactPoint
from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.audiences import AudienceWish
from portsec.delivery.dispatching import send_due
from portsec.delivery.models import Delivery, Dispatch, Endpoint
from portsec.delivery.secrets import new_webhook_secret, seal_secret
from tests.delivery.receiver import Receiver, receiving

AddContact = Callable[..., ContactPoint]


@pytest.fixture
def contact() -> AddContact:
    """`contact(acting, "Duty officer", "duty@riga.example")`: told of alerts and levels, unless said otherwise."""

    def add(acting: Acting, role: str, email: str = "", **content: Any) -> ContactPoint:
        situations = content.pop("situations", ["alert", "level_change"])
        with acting_for(acting):
            return add_contact_point(acting, wish=AudienceWish("own"), role=role, email=email, situations=situations, **content)

    return add


@pytest.fixture
def hook(settings: Any) -> Iterator[Callable[..., tuple[Endpoint, Receiver]]]:
    """`hook(acting)`: a webhook of that organisation, and the receiver behind it."""
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as receiver:

        def add(acting: Acting, path: str = "/", **changes: Any) -> tuple[Endpoint, Receiver]:
            made = {
                "organisation": acting.organisation,
                "channel": "webhook",
                "address": receiver.url + path,
                "label": "Control room",
                "kinds": ["alert", "security_level_change"],
                "severities": ["Extreme", "Severe", "Moderate", "Minor", "Unknown"],
                "sealed_secret": seal_secret(new_webhook_secret()),
            }
            with acting_for(acting):
                return Endpoint.objects.create(**{**made, **changes}), receiver

        yield add


def send(now: datetime | None = None, *, slow: bool = False) -> int:
    """One round of the worker."""
    return send_due(now or timezone.now(), slow=slow)


def mails() -> list[tuple[str, str]]:
    """To whom, and the subject."""
    return sorted((one.to[0], one.subject) for one in mail.outbox)


def recipients() -> list[str]:
    return sorted(one.to[0] for one in mail.outbox)


def dispatches(**asked: Any) -> list[Dispatch]:
    with as_system("tests"):
        related = ("delivery", "endpoint", "recipient", "bundled_in")
        return list(Dispatch.objects.filter(**asked).select_related(*related).order_by("created_at", "pk"))


def delivery_to(organisation: Any, object_id: Any) -> Delivery:
    with as_system("tests"):
        found: Delivery = Delivery.objects.filter(recipient=organisation, object_id=object_id).order_by("-version").first()
        return found
