"""What the regional board says of each port besides its level. Each app above tells its part in its `AppConfig.ready()`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from portsec.access.acting import Acting


@dataclass(frozen=True)
class Column:
    """A number for each port. `name` is its key in the map's JSON, `title` heads it and stands before the number in words.

    A port with a number in a column that `waits` counts as waiting. `records(is_own)` is the address of what was counted.
    """

    name: str
    title: Any
    records: Callable[[bool], str]
    waits: bool = False


@dataclass(frozen=True)
class Layer:
    """What one app knows now: for each of its columns port → number (no entry is nought), and areas to draw on the map."""

    counts: Mapping[str, Mapping[UUID, int]]
    areas: Sequence[dict[str, Any]] = field(default=())


Source = Callable[[Acting, bool], Layer]
_sources: dict[Source, Sequence[Column]] = {}


def register_layer(columns: Sequence[Column], source: Source) -> None:
    """`source(acting, on_wall)` counts what the acting organisation may know, and nothing else, in as few queries as it can.

    `on_wall` leaves out what a room may not read (`portsec.access.tlp.READ_AT_A_DESK`): there a number would tell of it too.
    """
    _sources[source] = columns


def columns() -> list[Column]:
    return [column for told in _sources.values() for column in told]


def layers(acting: Acting, *, on_wall: bool = False) -> list[Layer]:
    return [source(acting, on_wall) for source in _sources]
