"""Pages of levels: the form, the change's own page, the strip, what waits, and the history as a picture."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from ports.models import PortFacility, SecurityLevelChange
from ports.views import ports
from portsec.access.acting import acting_for
from portsec.access.actions import join_region
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from tests.cast import Cast
from tests.incidents.test_alert_pages import SHELL
from tests.ports.conftest import but_for_ways

SetLevel = Callable[..., SecurityLevelChange]
AddFacility = Callable[..., PortFacility]
Browse = Callable[..., Client]
in_a_transaction = pytest.mark.django_db
WRITTEN = {"scope": "port", "level": "2", "reason": "Unlit craft near the breakwater"}


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


# The form


@in_a_transaction
def test_the_form_sets_a_level_and_leads_to_its_page(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    until = timezone.now() + timedelta(hours=5)
    written = {**WRITTEN, "until": until.strftime("%d.%m.%Y %H:%M"), "authority": "Maritime office"}
    page = client.post("/levels/new/", written, follow=True)
    change = page.context["change"]
    assert page.redirect_chain == [(f"/levels/{change.pk}/", 302)]
    assert (change.level, change.authority, change.reason) == (2, "Maritime office", WRITTEN["reason"])
    for said in ("Level 2, heightened: Port of Gdańsk", "Maritime office", "2, from 1", "S. officer Gdansk"):
        assert said in text(page)


@pytest.mark.parametrize(("name", "role", "url"), [
    ("gdansk", None, "/levels/new/"), ("gdansk", Role.STAFF, ""), ("council", None, "/levels/new/"), ("coastguard", None, ""),
])  # fmt: skip
@in_a_transaction
def test_the_button_stands_where_the_person_may(cast: Cast, browse: Browse, name: str, role: Role | None, url: str) -> None:
    page = browse(name, role).get("/")
    assert page.context["level_url"] == url
    assert ("Change security level" in text(page)) is bool(url)


@in_a_transaction
def test_the_button_stands_on_ones_own_port_alone(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    assert [client.get(f"/ports/{code}/").context["level_url"] for code in ("PLGDN", "PLGDY")] == ["/levels/new/", ""]


@in_a_transaction
def test_who_may_not_is_told_who_may(cast: Cast, browse: Browse) -> None:
    assert "As staff you may not change the security level" in text(browse("gdansk", Role.STAFF).get("/levels/new/"))


@in_a_transaction
def test_a_refusal_stands_beside_its_field_and_keeps_the_input(cast: Cast, browse: Browse) -> None:
    page = browse("gdansk").post("/levels/new/", {**WRITTEN, "scope": "operation", "until": "01.01.2020 00:00"})
    assert page.status_code == 422
    assert page.context["form"].errors["operation"] == ["Name the operation, for example Ferry check-in."]
    assert WRITTEN["reason"] in page.content.decode()
    page = browse("gdansk").post("/levels/new/", {**WRITTEN, "until": "01.01.2020 00:00"})
    assert "is in the past" in page.context["form"].errors["until"][0]
    assert "01.01.2020 00:00" in page.content.decode()


@in_a_transaction
def test_below_the_region_the_form_says_who_holds_it_and_whom_to_ask(cast: Cast, browse: Browse, set_level: SetLevel) -> None:
    set_level(cast.as_("council"), 2)
    page = browse("gdansk").post("/levels/new/", {**WRITTEN, "level": "1"})
    assert "or ask R. coordinator Council, Baltic Port Security Council" in page.context["form"].errors["level"][0]


@in_a_transaction
def test_level_3_without_a_second_factor_keeps_the_input_and_says_how_to_go_on(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    assert client.get("/levels/new/").context["needs_second_factor"]
    page = client.post("/levels/new/", {**WRITTEN, "level": "3"})
    assert page.status_code == 422
    assert "Confirm yours, then set the level" in page.context["form"].errors["level"][0]
    assert WRITTEN["reason"] in page.content.decode()
    assert client.post("/levels/new/", {**WRITTEN, "level": "2"}).status_code == 302


@in_a_transaction
def test_the_second_of_two_officers_sees_the_firsts_change_and_may_then_decide(cast: Cast, browse: Browse, set_level: SetLevel) -> None:
    client = browse("gdansk")
    opened = client.get("/levels/new/").context["replaces"]
    first = set_level(cast.as_("gdansk", Role.DEPUTY), 2, "Drone over quay 3")
    page = client.post("/levels/new/", {**WRITTEN, "replaces": opened})
    assert page.status_code == 422
    for said in ("D. Gdansk set level 2, heightened", "Drone over quay 3", WRITTEN["reason"]):
        assert said in text(page)
    assert page.context["replaces"] == str(first.pk)
    assert client.post("/levels/new/", {**WRITTEN, "replaces": page.context["replaces"]}).status_code == 302


@in_a_transaction
def test_prolonging_opens_the_form_with_what_holds(cast: Cast, browse: Browse, set_level: SetLevel, facility: AddFacility) -> None:
    terminal = facility(cast.as_("gdansk"), "PLGDN-0001")
    change = set_level(cast.as_("gdansk"), 2, "Forged passes", scope="facility", facility=terminal.pk)
    form = browse("gdansk").get(f"/levels/new/?of={change.pk}").context["form"]
    assert {name: form[name].value() for name in ("scope", "facility", "level", "reason")} == {
        "scope": "facility", "facility": str(terminal.pk), "level": 2, "reason": "Forged passes",
    }  # fmt: skip


@in_a_transaction
def test_a_coordination_body_sets_its_region_and_chooses_no_scope(cast: Cast, browse: Browse) -> None:
    client = browse("council")
    assert set(client.get("/levels/new/").context["form"].fields) == {"level", "reason", "authority", "at", "until"}
    page = client.post("/levels/new/", {"level": "2", "reason": "Summit"}, follow=True)
    assert "Level 2, heightened: Baltic region" in text(page)


def test_who_is_in_several_regions_is_asked_which(committed: Cast) -> None:
    join_region(committed.council, committed.regions["kattegat"])
    client = Client()
    client.force_login(committed.user("council"))
    page = client.post("/levels/new/", {"level": "2", "reason": "Summit"})
    assert page.context["form"].errors["region"]
    kattegat = str(committed.regions["kattegat"].pk)
    assert client.post("/levels/new/", {"level": "2", "reason": "Summit", "region": kattegat}).status_code == 302


# The page of a change


@in_a_transaction
def test_the_page_of_a_change_makes_the_same_queries_for_few_and_many(
    cast: Cast, browse: Browse, set_level: SetLevel, facility: AddFacility, django_assert_num_queries: Any
) -> None:
    for number in range(4):
        facility(cast.as_("gdansk"), f"PLGDN-000{number}")
    change = set_level(cast.as_("gdansk"), 2)
    client = browse("gdansk")
    client.get(f"/levels/{change.pk}/")
    with django_assert_num_queries(SHELL + 7):  # change, deliveries, does it run, clocks, what took its place; changes, ports
        client.get(f"/levels/{change.pk}/")


@in_a_transaction
def test_the_port_page_makes_the_same_queries_for_few_and_many(
    cast: Cast, browse: Browse, set_level: SetLevel, facility: AddFacility, django_assert_num_queries: Any
) -> None:
    facility(cast.as_("gdansk"), "PLGDN-0001")
    for level in (2, 1, 2, 1):
        set_level(cast.as_("gdansk"), level)
    client = browse("riga")
    client.get("/ports/PLGDN/")
    # port, history, facilities, contacts, declarations, profile, documents, plans
    with django_assert_num_queries(SHELL + 8):
        client.get("/ports/PLGDN/")


def test_the_port_page_knows_the_level_that_a_long_history_hides(
    cast: Cast, browse: Browse, set_level: SetLevel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes of its parts fill what the page shows of the history; the level of the port is asked for then."""
    monkeypatch.setattr(ports, "MOST_CHANGES", 2)
    set_level(cast.as_("gdansk"), 2)
    for operation in ("Ferry check-in", "Bunkering"):
        set_level(cast.as_("gdansk"), 2, scope="operation", operation=operation)
    page = browse("riga").get("/ports/PLGDN/")
    assert [change.scope for change in page.context["level_changes"]] == ["operation", "operation"]
    assert page.context["level"].level == 2


@in_a_transaction
def test_the_setter_sees_everyone_who_was_told_and_a_neighbour_itself(cast: Cast, browse: Browse, set_level: SetLevel) -> None:
    address = set_level(cast.as_("gdansk"), 2).get_absolute_url()
    told = [one.recipient.name for one in browse("gdansk").get(address).context["deliveries"]]
    assert told == ["Baltic Coast Guard", "Baltic Port Security Council", "Port of Gdynia", "Port of Rīga"]
    page = browse("riga").get(address)
    assert [one.recipient.name for one in page.context["deliveries"]] == ["Port of Rīga"]
    assert "Port of Gdynia" not in page.content.decode()
    with acting_for(cast.as_("gdansk")):
        assert Delivery.objects.get(recipient=cast.riga).state == "seen"


@in_a_transaction
def test_a_port_reports_from_the_page_and_the_setter_sees_it(
    cast: Cast, browse: Browse, set_level: SetLevel, facility: AddFacility
) -> None:
    one, two = (facility(cast.as_("gdansk"), number) for number in ("PLGDN-0001", "PLGDN-0002"))
    address = set_level(cast.as_("council"), 2).get_absolute_url()
    client = browse("gdansk")
    assert client.get(address).context["answer_form"]["facilities"].value() == [str(one.pk), str(two.pk)]
    client.post(f"{address}acknowledge/", {"facilities": [one.pk, two.pk]})
    page = client.post(f"{address}attain/", {"facilities": [one.pk], "remark": "Patrol doubled"}, follow=True)
    assert page.context["answer_form"]["facilities"].value() == [str(two.pk)]
    seen = browse("council").get(address)
    assert "1 of 2 attained" in text(seen)
    assert "Patrol doubled" in text(seen)
    assert seen.context["answer_form"] is None
    neighbour = browse("riga").get(address)
    assert neighbour.context["clocks"] == []
    assert "Terminal PLGDN" not in neighbour.content.decode()


@in_a_transaction
def test_an_answer_for_no_facility_is_refused_and_one_given_twice_is_told(
    cast: Cast, browse: Browse, set_level: SetLevel, facility: AddFacility
) -> None:
    there = facility(cast.as_("gdansk"), "PLGDN-0001")
    address = set_level(cast.as_("gdansk"), 2).get_absolute_url()
    client = browse("gdansk")
    page = client.post(f"{address}attain/", {"remark": "Done"})
    assert (page.status_code, page.context["answer_form"].errors["facilities"]) == (422, ["Choose at least one facility."])
    client.post(f"{address}attain/", {"facilities": [there.pk]})
    again = client.post(f"{address}attain/", {"facilities": [there.pk]}, follow=True)
    assert "reported this level attained already" in text(again)


@in_a_transaction
def test_a_level_that_was_lowered_says_so_and_shows_no_button(cast: Cast, browse: Browse, set_level: SetLevel) -> None:
    address = set_level(cast.as_("gdansk"), 2).get_absolute_url()
    assert "Prolong or lower" in text(browse("gdansk").get(address))
    set_level(cast.as_("gdansk"), 1, "Over")
    page = text(browse("gdansk").get(address))
    assert "No longer in force" in page
    assert "Prolong or lower" not in page


# About to end, and overdue


@in_a_transaction
def test_an_end_that_comes_near_or_has_passed_is_told_where_the_level_stands(cast: Cast, browse: Browse, set_level: SetLevel) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        set_level(cast.as_("gdansk"), 2, until=start + timedelta(hours=4))
        calm = browse("gdansk").get("/")
        assert calm.context["levels_move_at"] == start + timedelta(hours=2)
        assert [one["due"] for one in calm.context["raised"]] == [""]
        assert but_for_ways(calm.context["waits"]) == []
    with time_machine.travel(start + timedelta(hours=3), tick=False):
        soon = browse("gdansk").get("/")
        assert "ends in 1 h 00 min" in text(soon)
        assert [one.badge for one in but_for_ways(soon.context["waits"])] == ["ends in 1 h 00 min"]
        assert but_for_ways(browse("riga").get("/").context["waits"]) == [], "its port decides"
        assert but_for_ways(browse("gdansk", Role.STAFF).get("/").context["waits"]) == [], "and there who may"
    with time_machine.travel(start + timedelta(hours=4, minutes=10), tick=False):
        late = browse("gdansk").get("/")
        assert "overdue since" in text(late)
        [line] = but_for_ways(late.context["waits"])
        assert (line.title, line.badge, line.badge_class) == ("Prolong or lower level 2 of Port of Gdańsk", "overdue 10:00", "bad")
        assert "overdue since" in text(browse("riga").get("/ports/PLGDN/"))
        assert late.context["levels_move_at"] is None
        set_level(cast.as_("gdansk"), 1)
        assert but_for_ways(browse("gdansk").get("/").context["waits"]) == []


@in_a_transaction
def test_what_a_region_holds_is_said_once_and_not_for_each_port(cast: Cast, browse: Browse, set_level: SetLevel) -> None:
    set_level(cast.as_("gdynia"), 2, "Forged passes")
    set_level(cast.as_("council"), 2, "Summit")
    page = browse("riga").get("/")
    assert [(one["port_name"], one["reason"]) for one in page.context["raised"]] == [
        ("Baltic region", "Summit"), ("Gdynia", "Forged passes"),
    ]  # fmt: skip
    assert [one["level"] for one in page.context["levels"]] == [2, 2, 2], "the strip shows every port"


# The history as a picture


@in_a_transaction
def test_the_chart_shows_the_level_that_held_and_says_what_it_finds(cast: Cast, browse: Browse, set_level: SetLevel) -> None:
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    council, gdansk = cast.as_("council"), cast.as_("gdansk")
    told = [(0, council, 2), (24, gdansk, 3), (36, gdansk, 2), (48, council, 1), (60, gdansk, 1)]
    for hours, acting, level in told:
        with time_machine.travel(start + timedelta(hours=hours), tick=False):
            set_level(replace(acting, second_factor_at=timezone.now()), level)
    with time_machine.travel(start + timedelta(hours=84), tick=False):
        page = browse("riga").get("/ports/PLGDN/")
    chart = page.context["level_chart"]
    assert chart["title"] == "Above level 1 for 2 days of the last 7 days; now at level 1"
    assert [bar["level"] for bar in chart["bars"]] == [1, 2, 3, 2, 1]
    assert [bar["width"] for bar in chart["bars"]] == [336, 96, 48, 96, 96]
    assert all(bar["x"] + bar["width"] == after["x"] for bar, after in zip(chart["bars"], chart["bars"][1:], strict=False))
    assert 'role="img"' in page.content.decode()
    assert len(page.context["level_changes"]) == 5, "the list below has the same facts"


@in_a_transaction
def test_without_a_change_there_is_no_picture(cast: Cast, browse: Browse) -> None:
    page = browse("riga").get("/ports/PLGDN/")
    assert page.context["level_chart"] is None
    assert "The level has never been changed." in text(page)


@in_a_transaction
def test_facilities_and_operations_stand_beside_the_ports_level(cast: Cast, browse: Browse, set_level: SetLevel) -> None:
    set_level(cast.as_("gdansk"), 2, "Forged passes", scope="operation", operation="Ferry check-in")
    page = browse("riga").get("/ports/PLGDN/")
    assert [one.operation for one in page.context["parts"]] == ["Ferry check-in"]
    assert int(page.context["level"].level) == 1
    set_level(cast.as_("gdansk"), 1, "Over", scope="operation", operation="Ferry check-in")
    assert browse("riga").get("/ports/PLGDN/").context["parts"] == []


@in_a_transaction
def test_an_outsider_finds_nothing_under_any_address(cast: Cast, browse: Browse, set_level: SetLevel, facility: AddFacility) -> None:
    there = facility(cast.as_("gdansk"), "PLGDN-0001")
    address = set_level(cast.as_("gdansk"), 2).get_absolute_url()
    client = browse("trieste")
    assert client.get(address).status_code == client.get(f"/facilities/{there.pk}/").status_code == 404
    assert [client.post(f"{address}{verb}/").status_code for verb in ("acknowledge", "attain")] == [404, 404]
