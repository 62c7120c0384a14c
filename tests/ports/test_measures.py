"""The duties of the model form (ISPS Code B, appendix 1), and how they are shared out."""

import pytest

from ports.measures import CODES, DUTIES, MOST_ADDED, By, faults_of, missing, shares, usual
from ports.ship_numbers import check_ship_number
from portsec.demo.declarations import HERON, PELICAN


def test_every_duty_has_a_name_of_its_own_and_a_usual_share() -> None:
    assert len(set(CODES)) == len({str(duty.label) for duty in DUTIES}) == len(DUTIES) == 11
    assert faults_of(usual(), []) == missing(usual()) == []


def test_what_is_usual_can_be_changed_without_changing_it_for_others() -> None:
    usual()["cargo"]["by"] = "none"
    assert usual()["cargo"]["by"] == "both"


def test_shares_come_in_the_order_of_the_form_then_ones_own() -> None:
    added = [{"text": "Guard boat", "by": "other"}]
    listed = shares({"stores": {"by": "facility", "note": "By day"}}, added)
    assert [one.code for one in listed] == [*CODES, ""]
    assert [(one.label, one.note) for one in listed if one.by] == [(str(DUTIES[CODES.index("stores")].label), "By day"), ("Guard boat", "")]


@pytest.mark.parametrize(("by", "facility", "other", "nobody"), [
    (By.FACILITY, True, False, False), (By.OTHER, False, True, False), (By.BOTH, True, True, False), (By.NOBODY, False, False, True),
])  # fmt: skip
def test_a_share_says_which_column_it_marks(by: By, facility: bool, other: bool, nobody: bool) -> None:
    one = shares({"cargo": {"by": str(by)}}, [])[CODES.index("cargo")]
    assert (one.facility, one.other, one.nobody) == (facility, other, nobody)


def test_a_request_names_each_duty_that_nobody_was_given() -> None:
    left = {code: share for code, share in usual().items() if code not in ("cargo", "persons")}
    assert [(fault.field, fault.code) for fault in missing(left)] == [("measures/cargo", "required"), ("measures/persons", "required")]


@pytest.mark.parametrize(("additional", "field"), [
    ("Boat", "additional"), ([{"by": "both"}] * (MOST_ADDED + 1), "additional"), (["Boat"], "additional/0"),
    ([{"text": "Boat", "by": "us"}], "additional/0"), ([{"text": 7, "by": "both"}], "additional/0"),
])  # fmt: skip
def test_what_is_added_is_a_short_list_of_texts_with_who(additional: object, field: str) -> None:
    assert {fault.field for fault in faults_of(usual(), additional)} == {field}


@pytest.mark.parametrize("ship", [HERON, PELICAN], ids=lambda ship: ship["ship_name"])
def test_the_ships_of_the_demo_have_numbers_that_pass_and_that_no_ship_has(ship: dict[str, str]) -> None:
    check_ship_number(ship["ship_imo"])
    assert ship["ship_imo"].startswith("0")
