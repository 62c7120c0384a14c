"""The level over time as steps: rectangles computed here, drawn by templates/ports/_level_chart.html."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ports.models import LevelScope, SecurityLevel, SecurityLevelChange

LEFT, RIGHT, BASE, STEP = 28, 700, 96, 28  # of the drawing, in its own units: 700 wide, level 3 is 84 high
WINDOWS = (timedelta(days=1), timedelta(days=7), timedelta(days=30), timedelta(days=90), timedelta(days=365))
DAYS_FROM = timedelta(hours=48)


@dataclass(frozen=True)
class Step:
    """A level that held for the whole port from one instant to another."""

    level: int
    since: datetime
    until: datetime


def steps(changes: Iterable[SecurityLevelChange], since: datetime, now: datetime) -> list[Step]:
    """What held between two instants: at each the highest of the port's own level and its regions'."""
    held: dict[Any, int] = {}
    found: list[Step] = []
    at, level = since, int(SecurityLevel.NORMAL)
    for change in sorted(changes, key=lambda one: one.effective_at):
        held[change.region_id or change.owner_id] = change.level
        highest = max(held.values())
        moment = max(change.effective_at, since)
        if highest != level and moment > at:
            found.append(Step(level, at, moment))
            at = moment
        level = highest
    return [*found, Step(level, at, now)]


def chart(changes: Sequence[SecurityLevelChange], now: datetime) -> dict[str, Any] | None:
    """The drawing, or None where nothing has ever changed. `changes` may be of any scope; facilities' and operations' are left out."""
    whole = [one for one in changes if one.scope in (LevelScope.REGION, LevelScope.PORT) and one.effective_at <= now]
    if not whole:
        return None
    oldest = min(one.effective_at for one in whole)
    window = next((one for one in WINDOWS if now - one <= oldest), WINDOWS[-1])
    drawn = steps(whole, now - window, now)
    return {
        "title": finding(drawn, window),
        "since": now - window,
        "now": now,
        "middle": now - window / 2,
        "bars": [_bar(one, now - window, window) for one in drawn],
        "rules": [{"level": level, "y": BASE - STEP * level} for level in SecurityLevel.values],
    }


def _bar(step: Step, start: datetime, window: timedelta) -> dict[str, int]:
    left = LEFT + round((RIGHT - LEFT) * ((step.since - start) / window))
    right = LEFT + round((RIGHT - LEFT) * ((step.until - start) / window))
    width = max(right - left, 2)
    return {"level": step.level, "x": min(left, RIGHT - width), "y": BASE - STEP * step.level, "width": width, "height": STEP * step.level}


def finding(drawn: Sequence[Step], window: timedelta) -> str:
    """The chart's title: what it shows, in a sentence."""
    raised = sum((one.until - one.since for one in drawn if one.level > SecurityLevel.NORMAL), timedelta(0))
    told = {"span": spoken(raised), "window": spoken(window), "level": drawn[-1].level}
    if not raised:
        return _("At level 1 for the whole of the last %(window)s") % told
    return _("Above level 1 for %(span)s of the last %(window)s; now at level %(level)d") % told


def spoken(length: timedelta) -> str:
    """Days from two days on, else hours, or minutes below one: a chart's title needs no more."""
    if length >= DAYS_FROM:
        days = round(length / timedelta(days=1))
        return ngettext("%d day", "%d days", days) % days
    if length >= timedelta(hours=1):
        hours = round(length / timedelta(hours=1))
        return ngettext("%d hour", "%d hours", hours) % hours
    minutes = max(round(length / timedelta(minutes=1)), 1)
    return ngettext("%d minute", "%d minutes", minutes) % minutes
