"""The regional board: what it shows to whom, in which order, with how many queries, and that the map says the same."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from incidents.actions import acknowledge_alert, cancel_alert
from incidents.models import Alert
from incidents.on_board import alerts_on_board
from ports import columns
from ports.columns import Column, Layer, register_layer
from ports.models import PortProfile, SecurityLevelChange
from portsec.access.acting import acting_for, as_system
from portsec.access.actions import create_organisation, join_region
from portsec.access.models import Organisation, Region
from tests.cast import Cast
from tests.incidents.test_alert_pages import SHELL

in_a_transaction = pytest.mark.django_db
Publish = Callable[..., Alert]
Browse = Callable[..., Client]
SetLevel = Callable[..., SecurityLevelChange]

NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LATER = NIGHT + timedelta(hours=3)  # past every deadline, before any alert expires
PORTS = ["Port of Gdańsk", "Port of Gdynia", "Port of Rīga"]


def at_map(cast: Cast, region: str = "baltic") -> str:
    return f"/map/{cast.regions[region].pk}/"


def sign_in(cast: Cast, name: str) -> Client:
    """As `browse`, for tests that commit."""
    client = Client()
    client.force_login(cast.user(name))
    return client


def names(page: Any) -> list[str]:
    return [one["name"] for one in page.context["rows"]]


def figures(page: Any, name: str) -> dict[str, int]:
    """Port → number of that column, where there is one."""
    return {
        one["name"]: figure["count"]
        for one in page.context["rows"]
        for figure in one["figures"]
        if figure["name"] == name and figure["count"]
    }


def on_map(answer: Any, name: str) -> dict[str, int]:
    return {f"Port of {one['name']}": one[name] for one in answer.json()["ports"] if one[name]}


# The table


@in_a_transaction
def test_it_shows_every_port_of_the_region_in_the_coasts_order(cast: Cast, browse: Browse, set_level: SetLevel) -> None:
    set_level(replace(cast.as_("riga"), second_factor_at=timezone.now()), 3)
    page = browse("coastguard").get("/region/")
    assert names(page) == PORTS
    assert [one["level"] for one in page.context["rows"]] == [1, 1, 3]
    assert page.context["tally"] == {"ports": 3, "raised": 1, "waiting": 0}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("order=level", ["Port of Rīga", "Port of Gdynia", "Port of Gdańsk"]),
        ("order=port", PORTS),
        ("order=sideways", PORTS),
        ("level=2", ["Port of Gdynia"]),
        ("level=1&search=gda", ["Port of Gdańsk"]),
        ("search=lvrix", ["Port of Rīga"]),
        ("level=9", PORTS),
        ("waiting=on", []),
    ],
)
@in_a_transaction
def test_it_sorts_and_filters_and_leaves_out_what_it_does_not_know(
    cast: Cast, browse: Browse, set_level: SetLevel, query: str, found: list[str]
) -> None:
    set_level(cast.as_("gdynia"), 2)
    set_level(replace(cast.as_("riga"), second_factor_at=timezone.now()), 3)
    assert names(browse("gdansk").get(f"/region/?{query}")) == found


@in_a_transaction
def test_a_heading_sorts_and_pressed_again_returns_to_the_coast_and_keeps_the_filters(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    first = client.get("/region/?level=1").context["sorts"]["level"]
    assert first == {"url": "?level=1&order=level", "direction": "none"}
    again = client.get(f"/region/{first['url']}").context["sorts"]["level"]
    assert again == {"url": "?level=1", "direction": "descending"}
    assert 'aria-sort="descending"' in client.get("/region/?order=level").content.decode()


@in_a_transaction
def test_what_waits_first_when_asked(cast: Cast, browse: Browse, publish: Publish) -> None:
    with time_machine.travel(NIGHT, tick=False):
        publish(cast.as_("gdansk"), "named", named=[cast.riga])
    with time_machine.travel(LATER, tick=False):
        client = browse("gdansk")
        assert names(client.get("/region/?order=waiting"))[0] == "Port of Rīga"
        assert names(client.get("/region/?waiting=on")) == ["Port of Rīga"]


def test_nobody_in_a_region_is_told_why_the_board_is_empty(committed: Cast) -> None:
    with as_system("test"):
        committed.customs.region_memberships.all().delete()
    page = sign_in(committed, "customs").get("/region/")
    assert page.context["region"] is None
    assert "in no region yet" in page.content.decode()


@in_a_transaction
def test_an_empty_result_of_a_filter_leads_back(cast: Cast, browse: Browse) -> None:
    text = browse("gdansk").get("/region/?search=nowhere").content.decode()
    assert "No port matches." in text
    assert "Show every port" in text


# Whose board


@in_a_transaction
def test_a_linked_region_has_a_board_and_a_region_apart_is_absent(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    assert [one.name for one in client.get("/region/").context["regions"]] == ["Baltic region", "Kattegat region"]
    assert names(client.get(f"/region/{cast.regions['kattegat'].pk}/")) == ["Port of Aarhus"]
    assert client.get(f"/region/{cast.regions['adriatic'].pk}/").status_code == 404
    assert client.get(at_map(cast, "adriatic")).json()["ports"] == []


def test_it_begins_with_the_region_that_was_joined_first(committed: Cast) -> None:
    join_region(committed.aarhus, committed.regions["adriatic"])
    client = sign_in(committed, "aarhus")
    page = client.get("/region/")
    assert [one.name for one in page.context["regions"]] == ["Kattegat region", "Adriatic region", "Baltic region"]
    assert names(client.get(f"/region/{committed.regions['adriatic'].pk}/")) == ["Port of Aarhus", "Port of Trieste"]


def test_that_a_neighbour_is_in_a_foreign_region_too_shows_nowhere(committed: Cast) -> None:
    """Rīga joins the Adriatic: Gdańsk sees Rīga, and must not learn where else it is."""
    join_region(committed.riga, committed.regions["adriatic"])
    client = sign_in(committed, "gdansk")
    assert client.get(f"/region/{committed.regions['adriatic'].pk}/").status_code == 404
    assert client.get(at_map(committed, "adriatic")).json()["ports"] == []


# Counts: nobody learns by a number what the list would not show


@in_a_transaction
def test_open_alerts_are_counted_for_those_whom_they_reach_and_their_sender(cast: Cast, browse: Browse, publish: Publish) -> None:
    publish(cast.as_("gdansk"), "named", named=[cast.gdynia])
    publish(cast.as_("gdansk"), is_exercise=True)
    found = {name: figures(browse(name).get("/region/"), "open_alerts") for name in ("gdansk", "gdynia", "riga", "coastguard", "council")}
    seen = {"Port of Gdańsk": 1}
    assert found == {"gdansk": seen, "gdynia": seen, "riga": {}, "coastguard": {}, "council": {}}


@in_a_transaction
def test_late_answers_are_told_to_sender_debtor_and_the_coordinator_that_sees_deliveries(
    cast: Cast, browse: Browse, publish: Publish
) -> None:
    with time_machine.travel(NIGHT, tick=False):
        alert = publish(cast.as_("gdansk"), "region")
        with acting_for(cast.as_("gdynia")) as acting:
            acknowledge_alert(acting, Alert.objects.get(pk=alert.pk))
    with time_machine.travel(NIGHT, tick=False):
        assert figures(browse("gdansk").get("/region/"), "late_answers") == {}, "nothing is late yet"
    with time_machine.travel(LATER, tick=False):
        found = {
            name: figures(browse(name).get("/region/"), "late_answers") for name in ("gdansk", "gdynia", "riga", "coastguard", "council")
        }
    rigas = {"Port of Rīga": 1}
    assert found == {"gdansk": rigas, "council": rigas, "riga": rigas, "gdynia": {}, "coastguard": {}}


def test_a_coordinator_sees_no_debts_where_the_region_does_not_say_so(committed: Cast, publish: Publish) -> None:
    with as_system("test"):
        Region.objects.filter(pk=committed.regions["baltic"].pk).update(coordinator_sees_deliveries=False)
    with time_machine.travel(NIGHT, tick=False):
        publish(committed.as_("gdansk"), "region")
    with time_machine.travel(LATER, tick=False):
        page = sign_in(committed, "council").get("/region/")
    assert figures(page, "late_answers") == {}
    assert figures(page, "open_alerts") == {"Port of Gdańsk": 1}


@in_a_transaction
def test_a_coordinator_learns_nothing_of_an_alert_between_two_ports(cast: Cast, browse: Browse, publish: Publish) -> None:
    client = browse("council")
    with time_machine.travel(LATER, tick=False):
        before = client.get(at_map(cast))
    with time_machine.travel(NIGHT, tick=False):
        publish(cast.as_("gdansk"), "named", named=[cast.riga], areas=[{"description": "x", "circle": {"lat": 54.4, "lon": 18.8, "km": 3}}])
    with time_machine.travel(LATER, tick=False):
        after = client.get(at_map(cast))
        assert (after.content, after["ETag"]) == (before.content, before["ETag"]), "not even the tag moves"
        assert on_map(browse("gdansk").get(at_map(cast)), "late_answers") == {"Port of Rīga": 1}


@in_a_transaction
def test_a_red_alert_counts_for_the_persons_whom_it_names_alone(cast: Cast, browse: Browse, publish: Publish) -> None:
    publish(cast.as_("gdansk"), "named", named=[cast.riga], tlp="RED", persons=[cast.user("riga").pk])
    officer, other = browse("riga"), browse("riga", "deputy")
    assert figures(officer.get("/region/"), "open_alerts") == {"Port of Gdańsk": 1}
    assert figures(other.get("/region/"), "open_alerts") == {}
    assert on_map(other.get(at_map(cast)), "open_alerts") == {}


@in_a_transaction
def test_what_is_withdrawn_counts_no_more(cast: Cast, browse: Browse, publish: Publish) -> None:
    with time_machine.travel(NIGHT, tick=False):
        alert = publish(cast.as_("gdansk"))
        with acting_for(cast.as_("gdansk")) as acting:
            cancel_alert(acting, Alert.objects.get(pk=alert.pk), reason="Over")
    with time_machine.travel(LATER, tick=False):
        page = browse("gdansk").get("/region/")
        assert (figures(page, "open_alerts"), figures(page, "late_answers")) == ({}, {})


# The map


@in_a_transaction
def test_the_map_says_what_the_table_says(cast: Cast, browse: Browse, publish: Publish, set_level: SetLevel) -> None:
    with time_machine.travel(NIGHT, tick=False):
        publish(cast.as_("gdansk"))
        set_level(cast.as_("gdynia"), 2)
    with time_machine.travel(LATER, tick=False):
        client = browse("gdansk")
        table, answer = client.get("/region/"), client.get(at_map(cast))
    assert [one["unlocode"] for one in answer.json()["ports"]] == [one["unlocode"] for one in table.context["rows"]]
    assert [one["level"] for one in answer.json()["ports"]] == [one["level"] for one in table.context["rows"]]
    for name in ("open_alerts", "late_answers"):
        assert on_map(answer, name) == figures(table, name) != {}, name


@in_a_transaction
def test_it_answers_304_until_something_changes(cast: Cast, browse: Browse, set_level: SetLevel) -> None:
    client = browse("riga")
    tag = client.get(at_map(cast))["ETag"]
    unchanged = client.get(at_map(cast), headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert client.get(at_map(cast), headers={"If-None-Match": tag, "Accept-Encoding": "gzip"}).status_code == 304
    set_level(cast.as_("gdansk"), 2)
    fresh = client.get(at_map(cast), headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert fresh["ETag"] != tag


@pytest.fixture
def two_hundred(committed: Cast) -> Cast:
    for number in range(197):
        name = f"Port of Świętojańska Wyspa {number:03d}"
        port = create_organisation(name, Organisation.Kind.PORT, time_zone="Europe/Warsaw")
        with as_system("test"):
            code = f"PL{chr(65 + number // 26)}{chr(65 + number % 26)}{'XYZ'[number % 3]}"
            PortProfile.objects.create(
                organisation=port, unlocode=code, latitude=54 + number / 17, longitude=12 + number / 13, coast_order=10 + number
            )
        join_region(port, committed.regions["baltic"])
    return committed


def test_a_map_of_200_ports_is_small_and_asks_no_more_than_one_of_three(
    two_hundred: Cast, publish: Publish, set_level: SetLevel, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cast = two_hundred
    set_level(cast.as_("gdansk"), 2, "Unlit craft near the breakwater " * 5)
    for number in range(8):
        publish(cast.as_("gdansk"), areas=[{"description": "x", "circle": {"lat": 54.4, "lon": 18 + number / 7, "km": 3}}])
    client = sign_in(cast, "gdynia")
    client.get(at_map(cast))
    # session, user, memberships; begin, who acts, the journal's position; changes of level, ports; active alerts, late answers; commit
    with django_assert_num_queries(11):
        answer = client.get(at_map(cast), headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) <= 60_000
    assert len(json.loads(gzip.decompress(answer.content))["ports"]) == 200


@in_a_transaction
def test_the_page_makes_the_same_queries_for_few_and_many(
    cast: Cast, browse: Browse, publish: Publish, set_level: SetLevel, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    set_level(cast.as_("gdansk"), 2)
    for _number in range(3):
        publish(cast.as_("gdansk"))
    client = browse("gdynia")
    client.get("/region/")
    # regions, which of them are ours; changes of level, ports; active alerts, late answers
    with django_assert_num_queries(SHELL + 6):
        client.get("/region/")


# Columns of apps above


@in_a_transaction
def test_an_app_adds_a_column_that_table_map_and_filter_know(cast: Cast, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_sources", {})
    told = Column("open_incidents", "Open incidents", lambda is_own: "/incidents/", waits=True)
    register_layer([told], lambda acting, on_wall: Layer({"open_incidents": {cast.riga.pk: 2}}))
    client = browse("gdansk")
    page = client.get("/region/?waiting=on")
    assert figures(page, "open_incidents") == {"Port of Rīga": 2}
    assert names(page) == ["Port of Rīga"]
    assert "Open incidents" in page.content.decode()
    assert on_map(client.get(at_map(cast)), "open_incidents") == {"Port of Rīga": 2}


@in_a_transaction
def test_the_alerts_layer_is_registered_once(cast: Cast) -> None:
    assert [one.name for one in columns.columns()].count("open_alerts") == 1
    assert alerts_on_board in columns._sources
