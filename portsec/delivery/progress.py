"""How deliveries fare outside the dashboards: on which channels they were sent, and what was done because nobody answered.

Channels, states and times alone: an address is its organisation's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from portsec.access.acting import Acting
from portsec.delivery.models import OPEN, Channel, Delivery, Dispatch, Escalation, State, Step


@dataclass(frozen=True)
class OnChannel:
    """All that went out on one channel and stands in one state: `count` messages, the newest at `at`; `reason` is its."""

    channel: Channel
    state: State
    at: datetime
    count: int
    reason: str


@dataclass(frozen=True)
class Progress:
    """Of one delivery. `next_step` is empty where none is left, or nobody waits for an answer any more."""

    channels: Sequence[OnChannel] = ()
    taken: Sequence[Escalation] = ()
    next_step: str = ""
    next_at: datetime | None = None
    paused_at: datetime | None = None


def progress_of(acting: Acting, deliveries: Collection[Delivery]) -> dict[UUID, Progress]:
    """2 queries, whatever the number. What went to others because of it (its coordinator, its sender) is left out."""
    ids = [one.pk for one in deliveries]
    sent: dict[UUID | None, list[Dispatch]] = defaultdict(list)
    for dispatch in Dispatch.objects.visible_to(acting).filter(delivery__in=ids).select_related("delivery").order_by("created_at", "pk"):
        if dispatch.delivery is not None and dispatch.recipient_id == dispatch.delivery.recipient_id:
            sent[dispatch.delivery_id].append(dispatch)
    taken: dict[UUID, list[Escalation]] = defaultdict(list)
    for step in Escalation.objects.visible_to(acting).filter(delivery__in=ids):
        taken[step.delivery_id].append(step)
    return {one.pk: _progress(one, sent[one.pk], taken[one.pk]) for one in deliveries}


def _progress(of: Delivery, sent: Iterable[Dispatch], taken: Sequence[Escalation]) -> Progress:
    waits = of.state in OPEN and of.escalate_at is not None and of.escalation_step < len(of.escalation_steps)
    step = of.escalation_steps[of.escalation_step]["step"] if waits else ""
    return Progress(by_channel(sent), taken, step, of.escalate_at if waits else None, of.escalation_paused_at if waits else None)


def by_channel(sent: Iterable[Dispatch]) -> list[OnChannel]:
    """In the order in which the channels were first used."""
    found: dict[tuple[str, str], list[Dispatch]] = defaultdict(list)
    for one in sent:
        found[one.channel, one.state].append(one)
    return [_on_channel(ones) for ones in found.values()]


def _on_channel(ones: Sequence[Dispatch]) -> OnChannel:
    newest = max(ones, key=moment)
    return OnChannel(Channel(newest.channel), State(newest.state), moment(newest), len(ones), newest.reason)


def moment(one: Dispatch) -> datetime:
    """When it came into the state in which it is."""
    return one.accepted_at or one.ended_at or one.created_at


def step_label(step: str) -> str:
    return str(Step(step).label) if step else ""


def in_minutes(seconds: int | None) -> str:
    """2 of 120, 0.5 of 30, as a person writes it."""
    return "" if seconds is None else f"{Decimal(seconds) / 60:.2f}".rstrip("0").rstrip(".")
