"""What a transport is handed: one message to one endpoint, which may stand for several dispatches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from portsec.delivery.facts import Facts
from portsec.delivery.models import Delivery, Dispatch, Endpoint


class TransportError(Exception):
    """It was not taken. `permanent`: it never will be, as it is; `gone`: nor will anything else at this address.

    The message is for the ledger, which senders read, too: it names no address.
    """

    def __init__(self, message: str, *, permanent: bool = False, gone: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent or gone
        self.gone = gone


@dataclass(frozen=True)
class Item:
    """One thing in the parcel: why it is sent, what it is about (a test is about nothing), and until when an answer is due."""

    dispatch: Dispatch
    facts: Facts | None = None

    @property
    def delivery(self) -> Delivery | None:
        return self.dispatch.delivery

    @property
    def purpose(self) -> str:
        return self.dispatch.purpose

    @property
    def is_for_another(self) -> bool:
        """Told to a coordinator, or back to the sender: somebody else has not answered."""
        return self.delivery is not None and self.dispatch.recipient_id != self.delivery.recipient_id

    @property
    def answer_due(self) -> datetime | None:
        """None where none is asked, or where it is not this organisation's to give."""
        return None if self.delivery is None or self.is_for_another else self.delivery.acknowledge_by


@dataclass(frozen=True)
class Parcel:
    """To `endpoint`; the first item's dispatch gives the parcel its id, which stays the same in every repetition."""

    endpoint: Endpoint
    items: Sequence[Item]
    deferred: list[Dispatch] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.items[0].dispatch.pk)

    @property
    def first(self) -> Item:
        return self.items[0]

    @property
    def is_bundle(self) -> bool:
        return len(self.items) > 1
