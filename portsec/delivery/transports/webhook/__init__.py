"""Standard Webhooks 1.0. The body holds ids only; whoever gets it asks the API, with its own rights, for the rest."""

import base64
import hashlib
import hmac
import json
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from portsec.delivery.ladders import rungs
from portsec.delivery.models import Endpoint, Purpose, State
from portsec.delivery.parcel import Item, Parcel, TransportError
from portsec.delivery.secrets import open_secret
from portsec.outbound import Limits, OutboundError, request

LIMITS = Limits(connect=3, read=5, total=10, body=2_000, cut=True)
GONE = 410
VERBS = {Purpose.TELL: "published", Purpose.ESCALATE: "unanswered", Purpose.CANCEL: "cancelled"}


class WebhookTransport:
    ladder = rungs(5, 30, 120, 600, 1800, 3600, 7200)
    bundles = False
    taken = State.DELIVERED

    def is_available(self) -> bool:
        return True

    def send(self, parcel: Parcel) -> str:
        body = body_of(parcel.first)
        try:
            answer = request("POST", parcel.endpoint.address, headers=headers_of(parcel, body, timezone.now()), body=body, limits=LIMITS)
        except OutboundError as error:
            raise TransportError(str(error), permanent=error.permanent) from error
        if 200 <= answer.status < 300:
            return f"HTTP {answer.status}"
        if 300 <= answer.status < 400:
            raise TransportError(f"HTTP {answer.status}: a redirect is not followed. Give the new address.")
        raise TransportError(f"HTTP {answer.status}", gone=answer.status == GONE)


def headers_of(parcel: Parcel, body: bytes, now: datetime) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    signed = f"{parcel.id}.{timestamp}.".encode() + body
    return {
        "Content-Type": "application/json",
        "webhook-id": parcel.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signature(secret, signed) for secret in secrets_of(parcel.endpoint, now)),
    }


def signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def secrets_of(endpoint: Endpoint, now: datetime) -> list[str]:
    """After a rotation both sign, until the old one ends."""
    found = [open_secret(endpoint.sealed_secret)]
    if endpoint.sealed_previous and endpoint.previous_until and endpoint.previous_until > now:
        found.append(open_secret(endpoint.sealed_previous))
    return found


def body_of(item: Item) -> bytes:
    """The same bytes in every repetition: the times are those of what happened."""
    told = item.delivery
    data: dict[str, object] = {"kind": "test", "id": str(item.dispatch.pk), "url": settings.BASE_URL + "/api/v1/me/", "entry": None}
    verb = "test"
    if told is not None:
        data = {"kind": told.kind, "id": str(told.object_id), "url": _api_url(item), "entry": str(told.entry_id)}
        verb = told.entry.verb if item.purpose == Purpose.TELL else f"{told.kind}.{VERBS[Purpose(item.purpose)]}"
    return json.dumps({"type": verb, "timestamp": item.dispatch.created_at.isoformat(), "data": data}, separators=(",", ":")).encode()


def _api_url(item: Item) -> str:
    resource = {"alert": "alerts", "security_level_change": "security-levels"}[item.delivery.kind] if item.delivery else ""
    return f"{settings.BASE_URL}/api/v1/{resource}/{item.delivery.object_id if item.delivery else ''}/"
