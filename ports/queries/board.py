"""The regional board: a row for each port of a region, for the table, the map and the wall alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ports.columns import columns, layers
from ports.queries.levels import PortLevel, port_levels
from portsec.access.acting import Acting
from portsec.access.models import Region, RegionMembership


@dataclass(frozen=True)
class BoardRow:
    """A port, its level, and the number of each registered column."""

    level: PortLevel
    counts: Mapping[str, int]
    is_waiting: bool

    @property
    def name(self) -> str:
        return self.level.port.organisation.name


@dataclass(frozen=True)
class Board:
    """Rows in the coast's order; `areas` are what the map draws."""

    rows: Sequence[BoardRow]
    areas: Sequence[dict[str, Any]]


def board(acting: Acting, region: UUID, *, on_wall: bool = False) -> Board:
    """As the acting organisation, or with `on_wall` a room, may know it; empty for a region that it does not see.

    2 queries, and those of each layer.
    """
    seen = Region.objects.visible_to(acting).filter(pk=region)
    levels = port_levels(acting, seen)
    found = layers(acting, on_wall=on_wall)
    counts = {name: numbers for layer in found for name, numbers in layer.counts.items()}
    return Board([_row(one, counts) for one in levels], [area for layer in found for area in layer.areas])


def _row(one: PortLevel, counts: Mapping[str, Mapping[UUID, int]]) -> BoardRow:
    numbers = {column.name: counts.get(column.name, {}).get(one.port.pk, 0) for column in columns()}
    return BoardRow(one, numbers, any(numbers[column.name] for column in columns() if column.waits))


def board_regions(acting: Acting) -> list[Region]:
    """The regions that have a board for the organisation: its own in the order it joined them, then those linked. 2 queries."""
    joined = dict(RegionMembership.objects.filter(organisation=acting.organisation).values_list("region", "joined_at"))
    seen = Region.objects.visible_to(acting)
    return sorted(seen, key=lambda one: (one.pk not in joined, joined.get(one.pk, one.created_at), one.name))


ORDERS = ("coast", "port", "level", "waiting")


def sorted_rows(rows: Sequence[BoardRow], order: str) -> list[BoardRow]:
    """In the coast's order unless the reader asks for another; among equals the coast decides."""
    keys: dict[str, Any] = {
        "port": lambda one: one.name.casefold(),
        "level": lambda one: -one.level.level,
        "waiting": lambda one: -sum(one.counts.values()) if one.is_waiting else 0,
    }
    return sorted(rows, key=keys[order]) if order in keys else list(rows)


def chosen_rows(rows: Sequence[BoardRow], *, level: int | None = None, waiting: bool = False, search: str = "") -> list[BoardRow]:
    words = search.casefold()
    return [
        one
        for one in rows
        if (level is None or one.level.level == level)
        and (not waiting or one.is_waiting)
        and (words in one.name.casefold() or words == one.level.port.unlocode.casefold())
    ]
