"""Setting a level: who may, for what, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from ports.actions import LevelTaken, set_security_level
from ports.models import PortFacility, SecurityLevelChange
from ports.queries import port_levels
from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.actions import join_region
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from portsec.journal.models import Entry
from portsec.problems import Refused
from tests.cast import Cast

SetLevel = Callable[..., SecurityLevelChange]
AddFacility = Callable[..., PortFacility]
in_a_transaction = pytest.mark.django_db(databases=["default", "system"])


def confirmed(acting: Acting) -> Acting:
    """With a second factor of this moment."""
    return replace(acting, second_factor_at=timezone.now())


def levels(acting: Acting) -> dict[str, int]:
    with acting_for(acting):
        return {one.port.unlocode: int(one.level) for one in port_levels(acting)}


def faults(raised: Any) -> dict[str, str]:
    return {fault.field: fault.code for fault in raised.value.faults}


# What it writes


@in_a_transaction
def test_it_tells_the_whole_region_in_the_same_transaction(cast: Cast, set_level: SetLevel) -> None:
    change = set_level(cast.as_("gdansk"), 2, authority="Maritime office")
    with acting_for(cast.as_("gdansk")) as acting:
        entry = Entry.objects.visible_to(acting).get(object_id=change.pk)
        told = {one.recipient: one.acknowledge_by for one in Delivery.objects.filter(object_id=change.pk).select_related("recipient")}
    assert (entry.verb, entry.row["level"], entry.row["unlocode"], entry.row["scope"]) == ("level.changed", 2, "PLGDN", "port")
    assert told == dict.fromkeys([cast.gdynia, cast.riga, cast.coastguard, cast.council]), "told, and no answer asked"
    assert entry.after["authority"] == "Maritime office"


@in_a_transaction
def test_a_row_of_the_longest_texts_is_small(cast: Cast, set_level: SetLevel, facility: AddFacility) -> None:
    terminal = facility(cast.as_("gdansk"), "PLGDN-0001", name="Ż" * 120)
    change = set_level(cast.as_("gdansk"), 2, "ł" * 200, scope="operation", operation="ó" * 80, facility=terminal.pk, authority="ą" * 120)
    with acting_for(cast.as_("gdansk")) as acting:
        row = Entry.objects.visible_to(acting).get(object_id=change.pk).row
    assert set(row) == {"port", "scope", "level", "previous", "reason", "since", "until", "set_by", "subject"}
    assert len(str(row).encode()) < 1000


@in_a_transaction
def test_each_change_takes_the_place_of_the_one_before(cast: Cast, set_level: SetLevel) -> None:
    first = set_level(cast.as_("gdansk"), 2)
    second = set_level(confirmed(cast.as_("gdansk")), 3)
    third = set_level(cast.as_("gdansk"), 1)
    assert [one.replaces for one in (first, second, third)] == [None, first, second]
    assert [one.previous_level for one in (first, second, third)] == [1, 2, 3]
    assert [one.rise for one in (first, second, third)] == [None, None, None]


@in_a_transaction
def test_what_is_prolonged_names_the_rise_that_it_continues(cast: Cast, set_level: SetLevel) -> None:
    rise = set_level(cast.as_("gdansk"), 2)
    assert [set_level(cast.as_("gdansk"), 2).rise for _again in range(2)] == [rise, rise]
    assert levels(cast.as_("gdynia"))["PLGDN"] == 2


# Whose level it is


@in_a_transaction
def test_of_region_and_port_the_higher_level_holds(cast: Cast, set_level: SetLevel) -> None:
    set_level(cast.as_("council"), 2)
    assert levels(cast.as_("riga")) == {"PLGDN": 2, "PLGDY": 2, "LVRIX": 2, "DKAAR": 1}
    set_level(confirmed(cast.as_("gdansk")), 3)
    assert levels(cast.as_("riga")) == {"PLGDN": 3, "PLGDY": 2, "LVRIX": 2, "DKAAR": 1}
    set_level(cast.as_("council"), 1)
    assert levels(cast.as_("riga")) == {"PLGDN": 3, "PLGDY": 1, "LVRIX": 1, "DKAAR": 1}
    assert levels(cast.as_("aarhus"))["PLGDN"] == 1, "a linked region is not told"


def test_of_a_port_in_two_regions_the_higher_of_their_levels_holds(committed: Cast, set_level: SetLevel) -> None:
    join_region(committed.council, committed.regions["kattegat"])
    join_region(committed.riga, committed.regions["kattegat"])
    set_level(committed.as_("council"), 2, region=committed.regions["kattegat"].pk)
    assert levels(committed.as_("council")) == {"PLGDN": 1, "PLGDY": 1, "LVRIX": 2, "DKAAR": 2}


@in_a_transaction
def test_a_facility_or_an_operation_leaves_the_ports_level_as_it_is(cast: Cast, set_level: SetLevel, facility: AddFacility) -> None:
    terminal = facility(cast.as_("gdansk"), "PLGDN-0001")
    one = set_level(cast.as_("gdansk"), 2, scope="facility", facility=terminal.pk)
    other = set_level(cast.as_("gdansk"), 2, scope="operation", operation="Ferry check-in")
    assert (one.replaces, other.replaces) == (None, None), "each has a chain of its own"
    assert (one.subject_name, other.subject_name) == ("Terminal PLGDN-0001", "Ferry check-in")
    assert levels(cast.as_("gdansk"))["PLGDN"] == 1
    assert set_level(cast.as_("gdansk"), 1, scope="operation", operation="ferry CHECK-IN").replaces == other


@in_a_transaction
def test_port_levels_asks_twice_however_many_changes_there_are(cast: Cast, set_level: SetLevel, django_assert_num_queries: Any) -> None:
    for level in (1, 2):
        set_level(cast.as_("gdansk"), level)
        set_level(cast.as_("gdynia"), level)
    with acting_for(cast.as_("riga")) as acting, django_assert_num_queries(2):
        port_levels(acting)


@in_a_transaction
def test_a_level_of_a_region_costs_one_question_more_whose_ports_are_in_it(
    cast: Cast, set_level: SetLevel, django_assert_num_queries: Any
) -> None:
    for level in (1, 2):
        set_level(cast.as_("council"), level)
        set_level(cast.as_("gdansk"), level)
    with acting_for(cast.as_("riga")) as acting, django_assert_num_queries(3):
        port_levels(acting)


# Who may


@pytest.mark.parametrize("role", [Role.STAFF, Role.OBSERVER, Role.ADMINISTRATOR, Role.LIAISON])
@in_a_transaction
def test_a_level_is_not_lowered_without_the_authority(cast: Cast, set_level: SetLevel, role: Role) -> None:
    set_level(cast.as_("gdansk"), 2)
    with pytest.raises(NotAllowedError, match="you may not change the security level"):
        set_level(cast.as_("gdansk", role), 1)
    assert levels(cast.as_("gdansk"))["PLGDN"] == 2


@in_a_transaction
def test_a_port_does_not_set_its_regions_level_nor_a_region_a_ports(cast: Cast, set_level: SetLevel) -> None:
    with pytest.raises(NotAllowedError, match="set the security level of a region"):
        set_level(cast.as_("gdansk"), 2, scope="region")
    with pytest.raises(NotAllowedError, match="Only a region's coordination body"):
        set_level(cast.as_("gdansk", Role.COORDINATOR), 2, scope="region")
    with pytest.raises(NotAllowedError, match="is no port"):
        set_level(cast.as_("council"), 2, scope="port")


@in_a_transaction
def test_an_agency_has_no_level(cast: Cast, set_level: SetLevel) -> None:
    with pytest.raises(NotAllowedError, match="Baltic Coast Guard is no port") as refused:
        set_level(cast.as_("coastguard", Role.SECURITY_OFFICER), 2)
    assert refused.value.code == "no_authority"


@in_a_transaction
def test_level_3_asks_for_a_second_factor_and_lowering_never_does(cast: Cast, set_level: SetLevel) -> None:
    with pytest.raises(NotAllowedError) as refused:
        set_level(cast.as_("gdansk"), 3)
    assert refused.value.code == "second_factor_required"
    set_level(confirmed(cast.as_("gdansk")), 3)
    old = replace(cast.as_("gdansk"), second_factor_at=timezone.now() - timedelta(hours=13))
    with pytest.raises(NotAllowedError):
        set_level(old, 3)
    set_level(old, 2)
    set_level(cast.as_("gdansk"), 1)
    assert levels(cast.as_("gdansk"))["PLGDN"] == 1


@in_a_transaction
def test_a_token_needs_the_scope_and_no_second_factor(cast: Cast, set_level: SetLevel) -> None:
    with pytest.raises(NotAllowedError, match="levels:write"):
        set_level(cast.as_("gdansk", Role.SERVICE, scopes=frozenset({"read"})), 2)
    set_level(cast.as_("gdansk", Role.SERVICE, scopes=frozenset({"levels:write"})), 3)
    assert levels(cast.as_("gdansk"))["PLGDN"] == 3


# Never below what holds above


@in_a_transaction
def test_a_port_is_never_below_its_region_and_is_told_whom_to_ask(cast: Cast, set_level: SetLevel) -> None:
    set_level(cast.as_("council"), 2)
    with pytest.raises(Refused) as refused:
        set_level(cast.as_("gdansk"), 1)
    assert faults(refused) == {"level": "below_level_in_force"}
    for said in ("Baltic Port Security Council holds Baltic region at level 2", "Choose level 2 or higher", "R. coordinator Council"):
        assert said in str(refused.value)
    assert set_level(cast.as_("gdansk"), 2).level == 2
    assert set_level(confirmed(cast.as_("gdansk")), 3).level == 3


@in_a_transaction
def test_a_facility_is_never_below_its_port(cast: Cast, set_level: SetLevel, facility: AddFacility) -> None:
    terminal = facility(cast.as_("gdansk"), "PLGDN-0001")
    set_level(cast.as_("gdansk"), 2)
    with pytest.raises(Refused, match=r"Port of Gdańsk holds level 2 since .* or lower the port first"):
        set_level(cast.as_("gdansk"), 1, scope="facility", facility=terminal.pk)


@in_a_transaction
def test_the_region_may_be_lowered_while_ports_stay_higher(cast: Cast, set_level: SetLevel) -> None:
    set_level(cast.as_("council"), 2)
    set_level(cast.as_("gdansk"), 2)
    assert set_level(cast.as_("council"), 1).level == 1


# Bad input

BAD: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"level": 4}, {"level": "invalid_choice"}),
    ({"level": 0}, {"level": "invalid_choice"}),
    ({"reason": ""}, {"reason": "blank"}),
    ({"reason": "two\nlines"}, {"reason": "line_break"}),
    ({"reason": "x" * 201}, {"reason": "max_length"}),
    ({"authority": "a\x07b"}, {"authority": "control_character"}),
    ({"scope": "operation"}, {"operation": "required"}),
    ({"scope": "operation", "operation": "  "}, {"operation": "required"}),
    ({"scope": "facility"}, {"facility": "required"}),
    ({"operation": "Ferry check-in"}, {"operation": "unexpected"}),
    ({"scope": "everything"}, {"scope": "invalid_choice"}),
    ({"until": timedelta(hours=-1)}, {"expected_until": "past"}),
    ({"level": 1, "until": timedelta(hours=1)}, {"expected_until": "unexpected"}),
]


@pytest.mark.parametrize(("changes", "expected"), BAD, ids=[f"{changes}" for changes, _expected in BAD])
@in_a_transaction
def test_it_refuses_bad_input_by_field_and_writes_nothing(cast: Cast, changes: dict[str, Any], expected: dict[str, str]) -> None:
    given: dict[str, Any] = {"level": 2, "reason": "Unlit craft", **changes}
    if "until" in given:
        given["until"] = timezone.now() + given["until"]
    with acting_for(cast.as_("gdansk")) as acting:
        with pytest.raises(Refused) as refused:
            set_security_level(acting, **given)
        assert faults(refused) == expected
        assert not SecurityLevelChange.objects.visible_to(acting).exists()
        assert not Entry.objects.visible_to(acting).filter(verb="level.changed").exists()


@time_machine.travel("2026-11-24T01:14:00Z", tick=False)
@in_a_transaction
def test_an_end_in_the_past_is_named_with_what_to_choose(cast: Cast, set_level: SetLevel) -> None:
    with pytest.raises(Refused, match=r"00:14 is in the past\. Choose a time after 01:14, or leave it open"):
        set_level(cast.as_("gdansk"), 2, until=timezone.now() - timedelta(hours=1))


@in_a_transaction
def test_a_facility_of_another_port_is_as_unknown_as_none(cast: Cast, set_level: SetLevel, facility: AddFacility) -> None:
    foreign = facility(cast.as_("gdynia"), "PLGDY-0001")
    for pk in (foreign.pk, cast.gdansk.pk):
        with pytest.raises(Refused) as refused:
            set_level(cast.as_("gdansk"), 2, scope="facility", facility=pk)
        assert faults(refused) == {"facility": "unknown"}


def test_who_is_in_several_regions_says_which_one_is_told(committed: Cast, set_level: SetLevel) -> None:
    join_region(committed.gdansk, committed.regions["kattegat"])
    with pytest.raises(Refused) as refused:
        set_level(committed.as_("gdansk"), 2)
    assert faults(refused) == {"region": "required"}
    with pytest.raises(Refused) as refused:
        set_level(committed.as_("gdansk"), 2, region=committed.regions["adriatic"].pk)
    assert faults(refused) == {"region": "unknown"}
    assert set_level(committed.as_("gdansk"), 2, region=committed.regions["kattegat"].pk).audience.region == committed.regions["kattegat"]


# Two officers at once


@in_a_transaction
def test_the_second_officer_is_shown_the_firsts_change(cast: Cast, set_level: SetLevel) -> None:
    seen = set_level(cast.as_("gdansk"), 2)
    first = set_level(confirmed(cast.as_("gdansk", Role.DEPUTY)), 3, "Armed intruder", replaces=[seen.pk])
    with pytest.raises(LevelTaken) as taken:
        set_level(cast.as_("gdansk"), 1, replaces=[seen.pk])
    assert taken.value.change == first
    for said in ("D. Gdansk", "level 3, exceptional", "Armed intruder"):
        assert said in str(taken.value)
    assert set_level(cast.as_("gdansk"), 1, replaces=[first.pk]).replaces == first


@in_a_transaction
def test_who_saw_nothing_in_force_is_shown_what_came_meanwhile(cast: Cast, set_level: SetLevel) -> None:
    set_level(cast.as_("gdansk"), 2)
    with pytest.raises(LevelTaken):
        set_level(cast.as_("gdansk"), 2, replaces=[])


def at_once(acting: Acting, barrier: Barrier, level: int, **options: Any) -> SecurityLevelChange | LevelTaken:
    """Sets the level in a transaction of its own, when every writer stands ready in hers."""
    with acting_for(acting):
        barrier.wait()
        try:
            return set_security_level(acting, level=level, reason=f"By {acting.role}", **options)
        except LevelTaken as taken:
            return taken


def test_of_two_writers_at_once_one_wins_and_the_other_sees_it(committed: Cast, set_level: SetLevel, in_threads: Any) -> None:
    seen, barrier = set_level(committed.as_("gdansk"), 2), Barrier(2)
    officers = [confirmed(committed.as_("gdansk", role)) for role in (Role.SECURITY_OFFICER, Role.DEPUTY)]
    found = in_threads(lambda acting: at_once(acting, barrier, 3, replaces=[seen.pk]), officers)
    won = [one for one in found if isinstance(one, SecurityLevelChange)]
    lost = [one for one in found if isinstance(one, LevelTaken)]
    assert (len(won), len(lost)) == (1, 1)
    assert lost[0].change == won[0]
    assert won[0].reason in str(lost[0])


def test_of_the_first_writers_at_once_one_wins(committed: Cast, facility: AddFacility, in_threads: Any) -> None:
    """Nothing is in force yet, so there is no row at which they could meet: they take turns all the same."""
    facility(committed.as_("gdansk"), "PLGDN-0001")  # makes the region's audience, at which the first three would meet by chance
    barrier = Barrier(3)
    officers = [committed.as_("gdansk", role) for role in (Role.SECURITY_OFFICER, Role.DEPUTY, Role.COORDINATOR)]
    found = in_threads(lambda acting: at_once(acting, barrier, 2, replaces=[]), officers)
    assert sum(isinstance(one, SecurityLevelChange) for one in found) == 1
    with acting_for(committed.as_("gdansk")) as acting:
        assert SecurityLevelChange.objects.visible_to(acting).count() == 1
