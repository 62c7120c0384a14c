"""Two changes of who sees what, and the rows that they cannot do without: sharing with two hundred, and joining a region."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from secrets import randbelow
from typing import Any
from uuid import UUID

from django.db import connections

from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.actions import join_region, leave_region
from portsec.access.audiences import AudienceWish, resolve_audience
from portsec.access.ids import new_id
from portsec.access.models import Organisation, Region
from portsec.bench.population import NAMED_AT_ONCE, REASON

GRANTS = """
INSERT INTO access_audiencegrant (group_id, permission_id, content_object_id)
SELECT group_id, app_view_permission(), %s::uuid FROM access_organisation WHERE id = ANY(%s::uuid[])
"""
AUDIENCE = "INSERT INTO access_audience (id, key, kind, owner_id) VALUES (%s, %s, 'named', %s)"
JOIN = "INSERT INTO access_regionmembership (region_id, organisation_id, joined_at) VALUES (%s, %s, now())"
JOIN_GRANTS = """
INSERT INTO access_audiencegrant (group_id, permission_id, content_object_id)
SELECT %s, app_view_permission(), id FROM access_audience WHERE region_id = %s ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Change:
    name: str
    act: Callable[[], None]
    baseline: Callable[[], None]
    prepare: Callable[[], None] = lambda: None  # before each of both; not measured


def changes(acting: Acting) -> Iterator[Change]:
    """`acting` is in the wide region of the population."""
    named = list(Organisation.objects.filter(region_memberships__region__name__endswith=f" {_wide()}").order_by("created_at", "name"))
    others = [one.pk for one in named if one.pk != acting.organisation.pk]
    numbers = count(randbelow(len(others) ** 2))  # a set that a kept home does not know yet
    yield Change("share with 200, a new set", lambda: _share(acting, _rotated(others, next(numbers))), lambda: _bare_share(acting, others))
    yield Change("share with 200, a known set", lambda: _share(acting, others[:NAMED_AT_ONCE]), lambda: _bare_lookup(acting))
    port, region = Organisation.objects.get(name="Bench organisation 1"), Region.objects.get(name="Bench region 0")
    yield Change(
        "a port joins a region", lambda: join_region(port, region), lambda: _bare_join(port, region), lambda: leave_region(port, region)
    )


def _wide() -> int:
    return max(int(name.split()[-1]) for name in Region.objects.filter(name__startswith="Bench region").values_list("name", flat=True))


def _rotated(others: list[UUID], number: int) -> list[UUID]:
    """Another set each time: all but one, and a few in front left out."""
    left_out = {others[number % len(others)], others[number // len(others) % len(others)]} if number else set()
    return [one for one in others if one not in left_out][:NAMED_AT_ONCE]


def _share(acting: Acting, organisations: list[UUID]) -> None:
    with acting_for(acting):
        resolve_audience(acting, AudienceWish("named", organisations=tuple(organisations)))


def _bare_share(acting: Acting, organisations: list[UUID]) -> None:
    """The audience's row and its grants."""
    made, members = str(new_id()), [str(one) for one in [*organisations[:NAMED_AT_ONCE], acting.organisation.pk]]
    _write((AUDIENCE, [made, f"bare:{made}", str(acting.organisation.pk)]), (GRANTS, [made, members]))


def _bare_lookup(acting: Acting) -> None:
    with acting_for(acting), connections["default"].cursor() as cursor:
        cursor.execute("SELECT * FROM access_audience WHERE key = %s", [f"own:{acting.organisation.pk}"])
        cursor.fetchall()


def _bare_join(port: Organisation, region: Region) -> None:
    """The membership's row and its grants; the product also journals it."""
    _write((JOIN, [str(region.pk), str(port.pk)]), (JOIN_GRANTS, [port.group_id, str(region.pk)]))


def _write(*statements: tuple[str, list[Any]]) -> None:
    with as_system(REASON), connections["system"].cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)
