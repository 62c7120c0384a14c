"""A text message through whatever HTTP gateway the operator has: an address, headers, and a template for the body."""

import json

import urllib3
from django.conf import settings

from portsec.delivery.ladders import rungs
from portsec.delivery.models import State
from portsec.delivery.parcel import Parcel, TransportError
from portsec.delivery.wording import short_text

TIMEOUT = urllib3.Timeout(connect=3, total=10)
LONGEST = 300  # characters: two parts of a long text message


class SmsTransport:
    """`PORTSEC_SMS_BODY` is JSON in which `{to}` and `{text}` stand inside strings."""

    ladder = rungs(5, 30, 120, 300)
    bundles = True
    taken = State.ACCEPTED

    def is_available(self) -> bool:
        return bool(settings.SMS_URL)

    def send(self, parcel: Parcel) -> str:
        if not self.is_available():
            raise TransportError("No gateway for text messages is set up here", permanent=True)
        body = body_for(settings.SMS_BODY, parcel.endpoint.address, short_text(parcel, LONGEST))
        headers = {"Content-Type": "application/json", "Idempotency-Key": parcel.id, **settings.SMS_HEADERS}
        try:  # the operator's own address, which may well be a private one
            answer = urllib3.request("POST", settings.SMS_URL, body=body, headers=headers, timeout=TIMEOUT, redirect=False, retries=False)
        except urllib3.exceptions.HTTPError as error:
            raise TransportError("The gateway for text messages does not answer") from error
        if not 200 <= answer.status < 300:
            raise TransportError(f"HTTP {answer.status}", permanent=answer.status in {400, 422})
        return f"HTTP {answer.status}"


def body_for(template: str, to: str, text: str) -> bytes:
    """The template is parsed before it is filled, so that no text can break out of its string."""
    return json.dumps(_filled(json.loads(template), {"{to}": to, "{text}": text})).encode()


def _filled(value: object, words: dict[str, str]) -> object:
    if isinstance(value, str):
        for mark, word in words.items():
            value = value.replace(mark, word)
        return value
    if isinstance(value, dict):
        return {name: _filled(one, words) for name, one in value.items()}
    return [_filled(one, words) for one in value] if isinstance(value, list) else value
