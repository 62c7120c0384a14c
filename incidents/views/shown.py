"""How alerts, boards and chains stand on pages: one shape for templates, made in one place."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models import Alert, AlertMessage
from incidents.queries import Board, BoardRow, Reach, Waiting
from portsec.access.models import User
from portsec.delivery.models import OPEN, Channel, Delivery, State
from portsec.delivery.progress import OnChannel, step_label


def row(alert: Alert, delivery: Delivery | None = None) -> dict[str, Any]:
    """An alert as a row of the dashboard or the list; with the reader's delivery also the time that is left to answer."""
    return {
        "id": alert.pk,
        "url": alert.get_absolute_url(),
        "acknowledge_url": reverse("alert_acknowledge", args=[alert.pk]),
        "ref_id": alert.ref_id,
        "state": alert.state,
        "severity": alert.severity,
        "tlp": alert.tlp,
        "headline": alert.headline,
        "instruction": alert.instruction,
        "is_exercise": alert.is_exercise,
        "sender_name": alert.owner.name,
        "published_at": alert.published_at or alert.created_at,
        "acknowledge_within": alert.seconds_to_answer,
        "acknowledge_by": delivery.acknowledge_by if delivery else None,
        "left": Waiting(alert, delivery).left if delivery else None,
    }


def answer_of(alert: Alert, delivery: Delivery | None, *, is_own: bool) -> str:
    """What became of the alert for the reader, in a word that the list knows."""
    if is_own:
        return "draft" if alert.state == Alert.State.DRAFT else "sent"
    if delivery is None:
        return "nothing"
    if delivery.state == State.ACKNOWLEDGED:
        return "acknowledged"
    return "late" if BoardRow(delivery, timezone.now()).is_late else "waiting"


def chain(messages: Iterable[AlertMessage]) -> list[dict[str, Any]]:
    """The alert's messages, newest first."""
    newest_first = sorted(messages, key=lambda message: -message.version)
    return [
        {
            "label": message.label,
            "at": message.sent_at,
            "text": message.note or message.instruction or message.description,
            "headline": message.headline,
            "by": person_name(message.sent_by),
            "is_current": place == 0,
        }
        for place, message in enumerate(newest_first)
    ]


def board_shown(board: Board) -> dict[str, Any]:
    states = (State.ACKNOWLEDGED, State.SEEN, State.DELIVERED, State.QUEUED, State.FAILED)
    return {
        "total": len(board.rows),
        **{state.value: board.count(state) for state in states},
        "late": board.late,
        "rows": [board_row(one) for one in board.rows],
        "median": board.median,
        "p90": board.p90,
        "n": len(board.answer_seconds),
    }


def board_row(of: BoardRow) -> dict[str, Any]:
    delivery = of.delivery
    return {
        "organisation_name": delivery.recipient.name,
        "state": delivery.state,
        "state_label": delivery.get_state_display(),
        "person": person_name(delivery.acknowledged_by or delivery.seen_by),
        "remark": delivery.remark,
        "reason": _("Answered an earlier message.") if delivery.carried_over else delivery.reason,
        "channel": delivery.channel,
        "channel_label": delivery.get_channel_display(),
        "delivered_at": delivery.delivered_at,
        "seen_at": delivery.seen_at,
        "acknowledged_at": delivery.acknowledged_at,
        "is_late": of.is_late,
        "late_by": of.late_by,
        "answered": answered_by(delivery),
        "channels": [channel_shown(one) for one in of.progress.channels],
        "ledger_url": reverse("delivery_detail", args=[delivery.pk]),
        "escalation": escalation_shown(of) if delivery.acknowledge_by else None,
    }


def answered_by(delivery: Delivery) -> str:
    """“E-mail, Duty officer” where the answer came by a link in a message."""
    if not delivery.answered_through or delivery.answered_through == Channel.DASHBOARD:
        return ""
    through = str(delivery.get_answered_through_display())
    return f"{through}, {delivery.answered_for}" if delivery.answered_for else through


def channel_shown(one: OnChannel) -> dict[str, Any]:
    return {
        "channel": one.channel,
        "label": one.channel.label,
        "state": one.state,
        "state_label": one.state.label.lower(),
        "at": one.at,
        "count": one.count,
        "reason": one.reason if one.state != State.ACCEPTED else "",
    }


def escalation_shown(of: BoardRow) -> dict[str, Any]:
    """What comes next and when, what was done, and which buttons there are."""
    progress = of.progress
    is_open = of.delivery.state in OPEN
    return {
        "id": of.delivery.pk,
        "next": step_label(progress.next_step),
        "next_at": progress.next_at,
        "paused_at": progress.paused_at,
        "taken": [{"label": step_label(one.step), "at": one.taken_at, "told": one.told} for one in progress.taken],
        "steer_url": reverse("escalation_steer", args=[of.delivery.pk]) if of.may_steer and is_open else "",
        "may_restart": of.delivery.escalation_step > 0 or progress.paused_at is not None,
    }


def reach_shown(reach: Reach, refusal: str = "") -> dict[str, Any]:
    return {
        "count": reach.count,
        "organisations": reach.organisations,
        "not_told": not_told(reach.not_told),
        "too_wide_reason": refusal,
        "channels": {"dashboard": reach.count},
    }


def not_told(kinds: dict[str, int]) -> str:
    """“6 agencies, 4 ports”: whom the sender sees and this will not reach."""
    words = {
        "port": lambda n: ngettext("%d port", "%d ports", n) % n,
        "agency": lambda n: ngettext("%d agency", "%d agencies", n) % n,
        "coordination_body": lambda n: ngettext("%d coordination body", "%d coordination bodies", n) % n,
    }
    return ", ".join(words[kind](number) for kind, number in kinds.items())


def person_name(user: User | None) -> str:
    if user is None:
        return ""
    return _("Port system, service token") if user.is_service else user.short_name
