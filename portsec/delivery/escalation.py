"""Nobody has answered in time: the next step of the policy, for all that are late at once, each once.

`escalate_at` and `escalation_step` on the delivery are the truth. A step is taken by moving them on in the same transaction
that writes what the step tells; an answer takes the row out of the question at once.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portsec.access.acting import as_system
from portsec.access.models import Organisation
from portsec.delivery.audible import tell_more
from portsec.delivery.boards import tell_boards
from portsec.delivery.facts import Facts, facts_of
from portsec.delivery.models import OPEN, Delivery, Escalation, Step
from portsec.journal.actions import Word, record_for

MOST = 200


def escalate_due(now: datetime, *, by_watchdog: bool = False) -> int:
    """Takes every step that is due; returns how many. A step that is late by more than one is taken one after the other."""
    taken = 0
    while found := _escalate(now, by_watchdog):
        taken += found
    return taken


def _escalate(now: datetime, by_watchdog: bool) -> int:
    with as_system("steps of escalations that are due, for many organisations at once"):
        late = list(
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state__in=OPEN, escalate_at__lte=now, escalation_paused_at=None)
            .select_related("recipient", "sender", "coordinator")
            .order_by("escalate_at")[:MOST]
        )
        facts = facts_of({(one.kind, one.object_id) for one in late})
        ended = [one for one in late if not _goes_on(one, facts.get(one.object_id))]
        Delivery.objects.filter(pk__in=[one.pk for one in ended]).update(escalate_at=None)
        still = [one for one in late if one not in ended]
        for step, ones in _by_step(still).items():
            _take(step, ones, facts, now, by_watchdog)
    tell_boards({one.object_id for one in still})
    return len(late)


def _goes_on(one: Delivery, told: Facts | None) -> bool:
    """A row that says what no step is must not hold up all others."""
    steps = one.escalation_steps[one.escalation_step : one.escalation_step + 1]
    return told is not None and told.is_open and bool(steps) and steps[0].get("step") in Step.values


def _by_step(late: Sequence[Delivery]) -> dict[str, list[Delivery]]:
    found: dict[str, list[Delivery]] = defaultdict(list)
    for one in late:
        found[one.escalation_steps[one.escalation_step]["step"]].append(one)
    return found


def _take(step: str, late: Sequence[Delivery], facts: dict[UUID, Facts], now: datetime, by_watchdog: bool) -> None:
    told = tell_more(step, [(one.pk, facts[one.object_id].severity) for one in late], now)
    Escalation.objects.bulk_create(
        [
            Escalation(
                delivery=one,
                number=one.escalation_before + one.escalation_step + 1,
                step=step,
                due_at=one.escalate_at or now,
                taken_at=now,
                told=told.get(one.pk, 0),
                by_watchdog=by_watchdog,
            )
            for one in late
        ],
        ignore_conflicts=True,
    )
    record_for(_words(step, late, facts, now))
    for one in late:
        one.escalation_step += 1
        one.escalate_at = _next(one)
    Delivery.objects.bulk_update(late, ["escalation_step", "escalate_at"])


def _next(one: Delivery) -> datetime | None:
    """When the step after this is due: counted from the deadline, or from the last step where it began anew."""
    if one.escalation_step >= len(one.escalation_steps) or one.escalate_at is None:
        return None
    before, after = (one.escalation_steps[number]["after"] for number in (one.escalation_step - 1, one.escalation_step))
    return one.escalate_at + timedelta(seconds=after - before)


def _words(step: str, late: Sequence[Delivery], facts: dict[UUID, Facts], now: datetime) -> list[Word]:
    """For the dashboards of who is late, once: the steps that follow stand in the ledger. And for whoever watches over them
    (who coordinates, else who has sent it), once the step concerns them: one word about all that are silent."""
    if step != Step.COORDINATOR:
        return [_word_to_late(one, facts[one.object_id], now) for one in late if one.escalation_step == 0]
    watched: dict[tuple[UUID, UUID], list[Delivery]] = defaultdict(list)
    for one in late:
        watched[_watcher(one).pk, one.object_id].append(one)
    words = [_word_to_watcher(ones, facts[ones[0].object_id], now) for ones in watched.values()]
    return words + [_word_to_late(one, facts[one.object_id], now) for one in late if one.escalation_step == 0]


def _watcher(one: Delivery) -> Organisation:
    return one.coordinator if one.coordinator and one.coordinator_id != one.recipient_id else one.sender


def _word_to_late(one: Delivery, facts: Facts, now: datetime) -> Word:
    words = _("%(ref)s of %(sender)s waits for your acknowledgement: its time is over") % {"ref": facts.ref_id, "sender": facts.sender}
    return Word(one.recipient, "delivery.overdue", one.kind, one.object_id, words, _row(one, facts, now), one.persons)


def _word_to_watcher(late: Sequence[Delivery], facts: Facts, now: datetime) -> Word:
    one, others = late[0], len(late) - 1
    told = {"recipient": one.recipient.name, "others": others, "ref": facts.ref_id, "sender": facts.sender}
    words = ngettext(
        "%(recipient)s and %(others)d other have not acknowledged %(ref)s of %(sender)s",
        "%(recipient)s and %(others)d others have not acknowledged %(ref)s of %(sender)s",
        others,
    )
    words = words if others else _("%(recipient)s has not acknowledged %(ref)s of %(sender)s")
    return Word(_watcher(one), "delivery.escalated", one.kind, one.object_id, words % told, _row(one, facts, now), one.persons)


def _row(one: Delivery, facts: Facts, now: datetime) -> dict[str, Any]:
    late = int((now - one.acknowledge_by).total_seconds()) if one.acknowledge_by else 0
    return {"ref_id": facts.ref_id, "headline": facts.headline, "tlp": facts.tlp, "severity": facts.severity, "late_by": late}


def overdue(now: datetime) -> int:
    """How many steps should have been taken by `now` and were not (inside `as_system`). 1 query."""
    return int(Delivery.objects.filter(state__in=OPEN, escalate_at__lte=now, escalation_paused_at=None).count())
