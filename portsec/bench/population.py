"""A million records for hundreds of organisations, made inside PostgreSQL (population*.sql) as the system role."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connections

from portsec.access.acting import Acting, as_system
from portsec.access.models import Membership, Organisation
from portsec.access.roles import Role

REASON = "benchmarks fill a database of their own"
HERE = Path(__file__).parent
CHUNK = 20_000  # records in a transaction
TOLD = 5_000  # of the newest records the deliveries are there
SPARSE = 36  # records that the sparse organisation sees (access.md)
NAMED_AT_ONCE = 200
Progress = Callable[[str, float], None]

# The owner's own tables, which help to deal the records out and are dropped at the end.
HELPERS = """
CREATE TABLE bench_region (place int PRIMARY KEY, id uuid NOT NULL);
CREATE TABLE bench_organisation (place int PRIMARY KEY, id uuid NOT NULL, group_id int NOT NULL, region int NOT NULL, officer uuid);
CREATE TABLE bench_deck (place int PRIMARY KEY, audience uuid NOT NULL, region int, owner int);
"""
FORGET_HELPERS = "DROP TABLE IF EXISTS bench_region, bench_organisation, bench_deck"


@dataclass(frozen=True)
class Size:
    records: int
    organisations: int
    users: int

    @property
    def numbers(self) -> dict[str, int]:
        regions = max(2, self.organisations // 25)
        return {
            "records": self.records,
            "organisations": self.organisations,
            "users": max(self.users, self.organisations),
            "regions": regions,
            "named": max(self.organisations, self.records // 30),
            "sparse_every": max(1, self.records // SPARSE),
            "told": min(TOLD, self.records),
            "named_at_once": NAMED_AT_ONCE,
        }


def fill(size: Size, progress: Progress) -> None:
    """Fills an empty database; does nothing to one that holds as many records already."""
    if _as_system("SELECT count(*) FROM incidents_alert")[0][0] >= size.records:
        progress("The records are there already", 1.0)
        return
    _as_owner(FORGET_HELPERS, HELPERS)
    for title, step in _steps(size):
        progress(title, 0.0)
        _as_system(step)
    for first in range(1, size.records + 1, CHUNK):
        last = min(first + CHUNK - 1, size.records)
        _as_system(_script("population_records.sql", size, first=first, last=last))
        progress("Records", last / size.records)
        if first == 1:
            _as_owner("ANALYZE")  # so that the checks of foreign keys are planned for full tables
    progress("Deliveries", 0.0)
    _as_system(_script("population_deliveries.sql", size))
    progress("Statistics", 0.0)
    _as_owner(FORGET_HELPERS, f"UPDATE journal_position SET last = {size.records}", "VACUUM (ANALYZE)")  # noqa: S608 (a number)
    progress("The records are there", 1.0)


def _steps(size: Size) -> Iterator[tuple[str, str]]:
    _introduction, *steps = _script("population.sql", size).split("--: ")
    for step in steps:
        title, _newline, script = step.partition("\n")
        yield title, script


def _script(name: str, size: Size, **more: int) -> str:
    return (HERE / name).read_text(encoding="utf-8").format(**size.numbers, **more)


def _as_owner(*statements: str) -> None:
    for statement in statements:
        with connections["owner"].cursor() as cursor:
            cursor.execute(statement)


def _as_system(script: str, parameters: list[Any] | None = None) -> list[Any]:
    """Returns what the script answers, if it asks anything."""
    with as_system(REASON), connections["system"].cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(script, parameters)
        return list(cursor.fetchall()) if cursor.description else []


@dataclass(frozen=True)
class Extremes:
    """The organisation that sees most and the one that sees least, with how many records each."""

    dense: Acting
    sparse: Acting
    seen: dict[str, int]


def extremes(size: Size) -> Extremes:
    dense, sparse = _officer(0), _officer(size.organisations - 1)
    return Extremes(dense, sparse, {"dense": _seen_by(dense.organisation.pk), "sparse": _seen_by(sparse.organisation.pk)})


def _officer(place: int) -> Acting:
    organisation = Organisation.objects.get(name=f"Bench organisation {place}")
    membership = Membership.objects.select_related("user").filter(organisation=organisation, role=Role.SECURITY_OFFICER).get()
    return Acting(membership.user, organisation, Role.SECURITY_OFFICER)


def _seen_by(organisation: UUID) -> int:
    question = (
        "SELECT count(*) FROM incidents_alert WHERE owner_id = %s OR audience_id IN (SELECT g.content_object_id "
        "FROM access_audiencegrant g JOIN access_organisation o ON o.group_id = g.group_id WHERE o.id = %s)"
    )
    return int(_as_system(question, [str(organisation)] * 2)[0][0])
