"""One folder a channel. A transport sends one parcel and returns, or raises TransportError."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from portsec.delivery.models import Channel, State
from portsec.delivery.parcel import Parcel
from portsec.delivery.transports.email import EmailTransport
from portsec.delivery.transports.sms import SmsTransport
from portsec.delivery.transports.webhook import WebhookTransport
from portsec.delivery.transports.webpush import WebpushTransport


class Transport(Protocol):
    """`ladder`: how long after each failed try the next one comes; when it is climbed, the dispatch has failed.
    `bundles`: may several messages become one (a person is flooded, a program is not)? `taken`: the state after success."""

    @property
    def ladder(self) -> Sequence[timedelta]: ...
    @property
    def bundles(self) -> bool: ...
    @property
    def taken(self) -> State: ...
    def is_available(self) -> bool: ...
    def send(self, parcel: Parcel) -> str: ...


TRANSPORTS: dict[str, Transport] = {
    Channel.EMAIL: EmailTransport(),
    Channel.WEBHOOK: WebhookTransport(),
    Channel.WEBPUSH: WebpushTransport(),
    Channel.SMS: SmsTransport(),
}
