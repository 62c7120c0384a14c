"""What waits for a person besides alerts: the dashboard's list. Each app tells its part in its `AppConfig.ready()`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from portsec.access.acting import Acting


@dataclass(frozen=True)
class Wait:
    """One line: what to do (a verb first), where, why, and how urgent: `badge_class` is "", "warn" or "bad"."""

    title: str
    url: str
    meta: str
    icon: str
    badge: str = ""
    badge_class: str = ""


Source = Callable[[Acting], Iterable[Wait]]
_sources: list[Source] = []
URGENCY = ("bad", "warn", "")


def register_waits(source: Source) -> None:
    """`source` lists what waits for the organisation, in one query where it can; the dashboard asks every source."""
    if source not in _sources:
        _sources.append(source)


def waits(acting: Acting) -> list[Wait]:
    """Of every app: what is late first, then what is soon due, then the rest."""
    found = [wait for source in _sources for wait in source(acting)]
    return sorted(found, key=lambda wait: URGENCY.index(wait.badge_class))
