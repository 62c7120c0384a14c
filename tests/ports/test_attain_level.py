"""The clocks of facilities: started by a rise, answered by their port, seen by who set the level and by nobody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import ProgrammingError
from django.utils import timezone

from ports.actions import acknowledge_level, attain_level, close_facility, set_security_level
from ports.models import LevelAttainment, PortFacility, SecurityLevelChange
from ports.queries.attainment import levels_to_attain
from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access.sql import changed, taken_back
from tests.cast import Cast

SetLevel = Callable[..., SecurityLevelChange]
AddFacility = Callable[..., PortFacility]
in_a_transaction = pytest.mark.django_db


@pytest.fixture
def facilities(cast: Cast, facility: AddFacility) -> list[PortFacility]:
    """Two of Gdańsk, one of Gdynia that must be quicker, and a closed one."""
    two = [facility(cast.as_("gdansk"), number) for number in ("PLGDN-0001", "PLGDN-0002")]
    closed = facility(cast.as_("gdansk"), "PLGDN-0003")
    with acting_for(cast.as_("gdansk")) as acting:
        close_facility(acting, closed)
    return [*two, facility(cast.as_("gdynia"), "PLGDY-0001", attain_hours=4)]


def clocks(acting: Acting, change: SecurityLevelChange) -> dict[str, LevelAttainment]:
    with acting_for(acting):
        found = LevelAttainment.objects.visible_to(acting).filter(change=change).select_related("facility")
        return {one.facility.imo_number: one for one in found}


def answer(acting: Acting, verb: Callable[..., Any], change: SecurityLevelChange, **said: Any) -> Any:
    with acting_for(acting):
        return verb(acting, change, **said)


# Which clocks start


@in_a_transaction
def test_a_rise_starts_a_clock_for_each_active_facility_of_the_port(
    cast: Cast, set_level: SetLevel, facilities: list[PortFacility]
) -> None:
    change = set_level(cast.as_("gdansk"), 2)
    found = clocks(cast.as_("gdansk"), change)
    assert set(found) == {"PLGDN-0001", "PLGDN-0002"}
    assert {one.due_at - change.effective_at for one in found.values()} == {timedelta(hours=12)}


@in_a_transaction
def test_a_regions_rise_starts_one_for_every_facility_of_its_ports(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    change = set_level(cast.as_("council"), 2)
    found = clocks(cast.as_("council"), change)
    hours = {number: (one.due_at - change.effective_at).total_seconds() / 3600 for number, one in found.items()}
    assert hours == {"PLGDN-0001": 12, "PLGDN-0002": 12, "PLGDY-0001": 4}


@in_a_transaction
def test_a_facilitys_or_operations_rise_concerns_that_facility(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    one = set_level(cast.as_("gdansk"), 2, scope="facility", facility=facilities[0].pk)
    other = set_level(cast.as_("gdansk"), 2, scope="operation", operation="Ferry check-in", facility=facilities[1].pk)
    assert [set(clocks(cast.as_("gdansk"), change)) for change in (one, other)] == [{"PLGDN-0001"}, {"PLGDN-0002"}]


@in_a_transaction
def test_neither_lowering_nor_prolonging_starts_a_clock(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    set_level(cast.as_("gdansk"), 2)
    assert [clocks(cast.as_("gdansk"), set_level(cast.as_("gdansk"), level)) for level in (2, 1)] == [{}, {}]


# Who sees them


@in_a_transaction
def test_a_clock_is_seen_by_its_port_the_setter_and_the_coordinator(
    cast: Cast, set_level: SetLevel, facilities: list[PortFacility]
) -> None:
    own, regional = set_level(cast.as_("gdansk"), 2), set_level(cast.as_("council"), 2)
    everyone = ("gdansk", "gdynia", "riga", "coastguard", "council", "trieste")
    assert {name: set(clocks(cast.as_(name), own)) for name in everyone} == {
        "gdansk": {"PLGDN-0001", "PLGDN-0002"}, "council": {"PLGDN-0001", "PLGDN-0002"},
        "gdynia": set(), "riga": set(), "coastguard": set(), "trieste": set(),
    }  # fmt: skip
    assert {name: set(clocks(cast.as_(name), regional)) for name in everyone} == {
        "gdansk": {"PLGDN-0001", "PLGDN-0002"}, "gdynia": {"PLGDY-0001"}, "council": {"PLGDN-0001", "PLGDN-0002", "PLGDY-0001"},
        "riga": set(), "coastguard": set(), "trieste": set(),
    }  # fmt: skip


# Answering


@in_a_transaction
def test_the_port_acknowledges_and_attains_a_level_that_its_region_set(
    cast: Cast, set_level: SetLevel, facilities: list[PortFacility]
) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        change = set_level(cast.as_("council"), 2)
    with time_machine.travel(start + timedelta(minutes=5), tick=False):
        answer(cast.as_("gdansk"), acknowledge_level, change, remark="Guards called")
    with time_machine.travel(start + timedelta(hours=3), tick=False):
        answer(cast.as_("gdansk", Role.STAFF), attain_level, change, facilities=[facilities[0].pk])
    found = clocks(cast.as_("council"), change)
    times = {number: (one.acknowledged_at, one.attained_at) for number, one in found.items()}
    noticed, done = start + timedelta(minutes=5), start + timedelta(hours=3)
    assert times == {"PLGDN-0001": (noticed, done), "PLGDN-0002": (noticed, None), "PLGDY-0001": (None, None)}
    first = found["PLGDN-0001"]
    assert (first.acknowledged_by, first.attained_by) == (cast.user("gdansk"), cast.user("gdansk", Role.STAFF))
    assert first.remark == "Guards called"


@in_a_transaction
def test_who_attains_has_acknowledged_as_well(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    change = set_level(cast.as_("gdansk"), 2)
    answered = answer(cast.as_("gdansk"), attain_level, change)
    assert [one.acknowledged_at is not None for one in answered] == [True, True]
    with pytest.raises(Conflict, match="acknowledged this level already"):
        answer(cast.as_("gdansk"), acknowledge_level, change)


@in_a_transaction
def test_an_answer_is_news_to_the_port_and_to_who_set_the_level_alone(
    cast: Cast, set_level: SetLevel, facilities: list[PortFacility]
) -> None:
    change = set_level(cast.as_("council"), 2)
    answer(cast.as_("gdansk"), attain_level, change)
    seen = {}
    for name in ("gdansk", "council", "gdynia", "coastguard", "trieste"):
        with acting_for(cast.as_(name)) as acting:
            seen[name] = Entry.objects.visible_to(acting).filter(verb="level.attained").exists()
    assert seen == {"gdansk": True, "council": True, "gdynia": False, "coastguard": False, "trieste": False}


@in_a_transaction
def test_a_clock_runs_on_when_the_level_is_prolonged(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    rise = set_level(cast.as_("gdansk"), 2)
    prolonged = set_level(cast.as_("gdansk"), 2, "Still unlit")
    answer(cast.as_("gdansk"), attain_level, prolonged)
    assert all(one.attained_at for one in clocks(cast.as_("gdansk"), rise).values())


@in_a_transaction
def test_a_second_answer_is_told_that_it_was_given(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    change = set_level(cast.as_("gdansk"), 2)
    answer(cast.as_("gdansk"), attain_level, change)
    with pytest.raises(Conflict, match="reported this level attained already"):
        answer(cast.as_("gdansk"), attain_level, change)


@in_a_transaction
def test_nothing_waits_once_the_level_has_been_lowered(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    change = set_level(cast.as_("gdansk"), 2)
    set_level(cast.as_("gdansk"), 1)
    with pytest.raises(Conflict, match="its clocks have stopped"):
        answer(cast.as_("gdansk"), attain_level, change)


@in_a_transaction
def test_a_neighbour_has_nothing_to_answer(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    change = set_level(cast.as_("gdansk"), 2)
    with pytest.raises(Conflict, match="No facility of yours"):
        answer(cast.as_("gdynia"), attain_level, change)
    with pytest.raises(Refused) as refused:
        answer(cast.as_("gdynia"), attain_level, change, facilities=[facilities[0].pk])
    assert refused.value.faults[0].field == "facilities/0"


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.ADMINISTRATOR, Role.LIAISON])
@in_a_transaction
def test_who_is_not_on_duty_may_not_answer(cast: Cast, set_level: SetLevel, facilities: list[PortFacility], role: Role) -> None:
    change = set_level(cast.as_("gdansk"), 2)
    for verb in (acknowledge_level, attain_level):
        with pytest.raises(NotAllowedError):
            answer(cast.as_("gdansk", role), verb, change)


def test_of_two_who_report_at_once_one_wins(committed: Cast, set_level: SetLevel, facility: AddFacility, in_threads: Any) -> None:
    facility(committed.as_("gdansk"), "PLGDN-0001")
    change = set_level(committed.as_("gdansk"), 2)

    def report(role: Role) -> str:
        try:
            answer(committed.as_("gdansk", role), attain_level, change)
        except Conflict as conflict:
            return str(conflict)
        return "reported"

    found = sorted(in_threads(report, [Role.SECURITY_OFFICER, Role.STAFF]))
    assert found == ["Your port has reported this level attained already.", "reported"]


# The second wall: what raw SQL may change of a clock


def raw(acting: Acting, sql: str) -> int:
    with acting_for(acting), taken_back():
        return changed(sql)


ANSWER = "UPDATE ports_levelattainment SET attained_at = now()"


@in_a_transaction
def test_who_set_the_level_cannot_answer_for_a_port(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    set_level(cast.as_("council"), 2)
    found = {name: raw(cast.as_(name), ANSWER) for name in ("council", "gdansk", "gdynia", "riga", "coastguard", "trieste")}
    assert found == {"council": 0, "gdansk": 2, "gdynia": 1, "riga": 0, "coastguard": 0, "trieste": 0}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ports_levelattainment SET due_at = now() + interval '1 day'",
        "UPDATE ports_levelattainment SET port_id = owner_id",
        "DELETE FROM ports_levelattainment",
        "DELETE FROM ports_portfacility",
    ],
)
@in_a_transaction
def test_a_port_moves_no_deadline_and_deletes_nothing(
    cast: Cast, set_level: SetLevel, facilities: list[PortFacility], statement: str
) -> None:
    set_level(cast.as_("gdansk"), 2)
    with pytest.raises(ProgrammingError, match="permission denied"):
        raw(cast.as_("gdansk"), statement)


# What waits


def waits(acting: Acting) -> list[tuple[str, str, str, str]]:
    with acting_for(acting):
        return [(one.title, one.meta, one.badge, one.badge_class) for one in levels_to_attain(acting)]


@in_a_transaction
def test_what_is_not_attained_waits_with_the_time_left_then_late(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        change = set_level(cast.as_("council"), 2)
        assert waits(cast.as_("gdynia")) == [("Report level 2 attained", "Terminal PLGDY-0001", "4 h 00 min left", "warn")]
        assert waits(cast.as_("gdansk"))[0][1] == "Terminal PLGDN-0001, Terminal PLGDN-0002"
        assert waits(cast.as_("gdansk", Role.OBSERVER)) == waits(cast.as_("riga")) == waits(cast.as_("council")) == []
    with time_machine.travel(start + timedelta(hours=4, minutes=30), tick=False):
        assert waits(cast.as_("gdynia"))[0][2:] == ("30:00 late", "bad")
        answer(cast.as_("gdynia"), attain_level, change)
        assert waits(cast.as_("gdynia")) == []
    set_level(cast.as_("council"), 1)
    assert waits(cast.as_("gdansk")) == []


@in_a_transaction
def test_a_refused_level_starts_no_clock(cast: Cast, set_level: SetLevel, facilities: list[PortFacility]) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        with pytest.raises(Refused):
            set_security_level(acting, level=2, reason="")
        assert not LevelAttainment.objects.visible_to(acting).exists()
