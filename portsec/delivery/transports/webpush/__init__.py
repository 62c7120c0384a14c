"""Push to a browser that a person has subscribed (RFC 8030), encrypted for it alone (RFC 8291), signed with VAPID (RFC 8292)."""

import json
from urllib.parse import urlsplit

from django.conf import settings
from py_vapid import Vapid
from pywebpush import WebPusher

from portsec.delivery.ladders import rungs
from portsec.delivery.models import State
from portsec.delivery.parcel import Parcel, TransportError
from portsec.delivery.secrets import open_secret
from portsec.delivery.wording import lines_of, subject_of
from portsec.outbound import Limits, OutboundError, request

LIMITS = Limits(connect=3, read=5, total=10, body=2_000, cut=True)
GONE = frozenset({404, 410})  # RFC 8030 §7.3: the subscription has ended
LIFETIME = 3600  # seconds that the push service keeps it for a browser that is away


class WebpushTransport:
    ladder = rungs(5, 30, 120)
    bundles = True
    taken = State.ACCEPTED

    def is_available(self) -> bool:
        return bool(settings.VAPID_PRIVATE_KEY)

    def send(self, parcel: Parcel) -> str:
        if not self.is_available():
            raise TransportError("No key for push messages is set up here", permanent=True)
        address = parcel.endpoint.address
        sealed = _encrypted(parcel)
        try:
            answer = request("POST", address, headers=_headers(address), body=sealed, limits=LIMITS)
        except OutboundError as error:
            raise TransportError(str(error), permanent=error.permanent) from error
        if not 200 <= answer.status < 300:
            raise TransportError(f"HTTP {answer.status}", permanent=answer.status in {400, 413}, gone=answer.status in GONE)
        return f"HTTP {answer.status}"


def _encrypted(parcel: Parcel) -> bytes:
    """`tag` is the parcel's id: a browser shows a repeated message once."""
    lines = lines_of(parcel.first)
    told = json.dumps({"title": subject_of(parcel)[:200], "body": lines.body[:600], "url": lines.url, "tag": parcel.id})
    keys = json.loads(open_secret(parcel.endpoint.sealed_secret))
    pusher = WebPusher({"endpoint": parcel.endpoint.address, "keys": keys})
    body: bytes = pusher.encode(told.encode(), content_encoding="aes128gcm")["body"]
    return body


def _headers(address: str) -> dict[str, str]:
    origin = urlsplit(address)
    vapid = Vapid.from_string(settings.VAPID_PRIVATE_KEY)
    claims = {"aud": f"{origin.scheme}://{origin.netloc}", "sub": f"mailto:{settings.DEFAULT_FROM_EMAIL}"}
    signed: dict[str, str] = vapid.sign(claims)
    return {**signed, "Content-Encoding": "aes128gcm", "TTL": str(LIFETIME), "Urgency": "high"}
