"""What a dashboard row shows of an alert: travels in the journal entry, so that no page need ask (≤ 1 KB with its frame)."""

from datetime import datetime
from typing import Any

from incidents.models import Alert, AlertMessage
from portsec.delivery.models import Delivery

LONGEST = 180


def alert_row(alert: Alert, *, note: str = "", acknowledge_by: datetime | None = None, asks_again: bool = False) -> dict[str, Any]:
    return {
        "ref_id": alert.ref_id,
        "headline": alert.headline,
        "instruction": shortened(alert.instruction),
        "severity": alert.severity,
        "tlp": alert.tlp,
        "is_exercise": alert.is_exercise,
        "state": alert.state,
        "version": alert.version,
        "published_at": alert.published_at,
        "expires_at": alert.expires_at,
        "acknowledge_by": acknowledge_by,
        "acknowledge_within": alert.seconds_to_answer,
        "note": shortened(note, 80),
        "asks_again": asks_again,
    }


def ended_row(alert: Alert, message: AlertMessage) -> dict[str, Any]:
    return alert_row(alert, note=message.note)


def answer_row(alert: Alert, answered: Delivery) -> dict[str, Any]:
    """Of `alert.acknowledged`: who answered what, `seconds` after it was told."""
    told_at = answered.created_at
    return {
        "alert": alert.pk,
        "ref_id": alert.ref_id,
        "headline": alert.headline,
        "is_exercise": alert.is_exercise,
        "answered_by": answered.recipient.name,
        "remark": shortened(answered.remark, 120),
        "seconds": int((answered.acknowledged_at - told_at).total_seconds()) if answered.acknowledged_at else None,
    }


def shortened(text: str, longest: int = LONGEST) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
