"""The wall screen: what a room may read, what it may not, and that it lasts a night."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django.urls import get_resolver
from pytest_django import DjangoAssertNumQueries

from incidents.actions import acknowledge_alert, update_alert
from incidents.models import Alert
from ports.actions import set_security_level
from portsec.access.acting import Acting, acting_for
from portsec.access.middleware import ON_WALL
from portsec.access.roles import Role
from portsec.delivery.models import Delivery, State
from tests.cast import Cast
from tests.house.test_context import views

in_a_transaction = pytest.mark.django_db
Publish = Callable[..., Alert]
Browse = Callable[..., Client]

SECRET = "Zebra craft at the breakwater"
CIRCLE = [{"description": "Outer anchorage", "circle": {"lat": 54.4, "lon": 18.8, "km": 3}}]
NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LATER = NIGHT + timedelta(hours=3)


def set_level(acting: Acting, level: int, reason: str = "Unlit craft") -> None:
    with acting_for(acting):
        set_security_level(acting, level=level, reason=reason)


def sign_in(cast: Cast, name: str) -> Client:
    """As `browse`, for tests that commit: what changed is numbered after the commit, and told from there on."""
    client = Client()
    client.force_login(cast.user(name))
    return client


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def restricted(cast: Cast, publish: Publish, label: str) -> Alert:
    """An alert of Gdańsk to Rīga that no room may read, in each of its texts."""
    persons = {"persons": [cast.user("riga").pk]} if label == "RED" else {}
    written = {"headline": SECRET, "instruction": SECRET, "event": "Zebra", "tlp": label, "areas": CIRCLE, **persons}
    return publish(cast.as_("gdansk"), "named", named=[cast.riga], **written)


# What a room may read


def test_it_shows_levels_alerts_with_their_time_and_what_changed(committed: Cast, publish: Publish) -> None:
    set_level(committed.as_("gdynia"), 2, "Forged passes")
    alert = publish(committed.as_("gdansk"), tlp="AMBER")
    page = sign_in(committed, "riga").get("/wall/")
    assert [one["name"] for one in page.context["levels"]] == ["Gdańsk", "Gdynia", "Rīga"]
    assert page.context["tally"]["raised"] == 1
    assert [one["verb"] for one in page.context["feed"]] == ["alert.published", "level.changed"]
    for said in (alert.headline, alert.instruction, "TLP:AMBER", 'role="timer"', "Forged passes", "Port of Gdynia set security level 2"):
        assert said in text(page), said


@pytest.mark.parametrize("label", ["RED", "AMBER+STRICT"])
def test_of_what_a_room_may_not_read_it_says_that_it_waits_and_no_more(committed: Cast, publish: Publish, label: str) -> None:
    alert = restricted(committed, publish, label)
    page = sign_in(committed, "riga").get("/wall/")
    assert "A restricted alert waits. Open it at a desk." in text(page)
    assert 'role="timer"' in text(page)
    for hidden in (SECRET, alert.ref_id, "Zebra", "Severe", f"TLP:{label} ", "Port of Gdańsk published", "Port of Gdańsk alert"):
        assert hidden not in text(page).replace("what is TLP:RED or AMBER+STRICT", ""), hidden
    assert page.context["feed"] == []


@pytest.mark.parametrize("label", ["RED", "AMBER+STRICT"])
@in_a_transaction
def test_neither_map_nor_counts_tell_of_it(cast: Cast, browse: Browse, publish: Publish, label: str) -> None:
    with time_machine.travel(NIGHT, tick=False):
        restricted(cast, publish, label)
    with time_machine.travel(LATER, tick=False):
        client = browse("riga")
        shown = client.get(client.get("/wall/").context["map_url"]).json()
        at_a_desk = client.get(client.get("/region/").context["map_url"]).json()
        assert client.get("/wall/").context["tally"]["waiting"] == 0
    assert shown["areas"] == []
    assert [one["open_alerts"] + one["late_answers"] for one in shown["ports"]] == [0, 0, 0]
    assert len(at_a_desk["areas"]) == 1
    assert [one["open_alerts"] + one["late_answers"] for one in at_a_desk["ports"]] == [1, 0, 1]


def test_an_update_of_a_restricted_alert_is_not_in_the_feed_either(committed: Cast, publish: Publish) -> None:
    alert = restricted(committed, publish, "AMBER+STRICT")
    with acting_for(committed.as_("gdansk")) as acting:
        update_alert(acting, Alert.objects.get(pk=alert.pk), note=SECRET)
    with acting_for(committed.as_("riga")) as acting:
        acknowledge_alert(acting, Alert.objects.get(pk=alert.pk))
    for name in ("riga", "gdansk"):
        page = sign_in(committed, name).get("/wall/")
        assert page.context["feed"] == []
        assert SECRET not in text(page)


def test_it_names_no_person(committed: Cast, publish: Publish) -> None:
    set_level(committed.as_("gdansk"), 2)
    alert = publish(committed.as_("gdansk"))
    with acting_for(committed.as_("gdynia")) as acting:
        acknowledge_alert(acting, Alert.objects.get(pk=alert.pk), remark="Seen by Security officer Gdynia")
    for name in ("gdansk", "gdynia", "riga"):
        page = text(sign_in(committed, name).get("/wall/"))
        for person in ("officer", "S. officer", "Officer Gdansk", "set by"):
            assert person not in page, (name, person)
    assert "S. officer Gdansk" in text(sign_in(committed, "riga").get("/")), "the dashboard does"


def test_nobody_sees_on_a_wall_what_the_dashboard_would_not_show(committed: Cast, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk"), headline=SECRET, areas=CIRCLE)
    for name in ("coastguard", "aarhus", "trieste"):
        client = sign_in(committed, name)
        page = client.get("/wall/")
        assert SECRET not in text(page)
        assert alert.ref_id not in text(page)
        assert (page.context["unanswered"], page.context["feed"]) == ([], [])
        assert client.get(page.context["map_url"]).json()["areas"] == []


@in_a_transaction
def test_a_region_is_chosen_among_those_that_one_sees(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    assert client.get(f"/wall/?region={cast.regions['kattegat'].pk}").context["region"].name == "Kattegat region"
    for foreign in (cast.regions["adriatic"].pk, "nonsense"):
        assert client.get(f"/wall/?region={foreign}").status_code == 404


# Nothing to press, and nothing that acts


@in_a_transaction
def test_it_has_nothing_that_changes_anything(cast: Cast, browse: Browse, publish: Publish) -> None:
    publish(cast.as_("gdansk"))
    page = browse("riga").get("/wall/").content.decode()
    for name in ("<form", "data-acknowledge", "acknowledge.js", "app.js", "seen.js", "csrfmiddlewaretoken"):
        assert name not in page, name
    assert browse("riga").post("/wall/").status_code == 405


@in_a_transaction
def test_an_alert_on_a_wall_has_not_been_seen_by_anybody(cast: Cast, browse: Browse, publish: Publish) -> None:
    alert = publish(cast.as_("gdansk"))
    browse("riga").get("/wall/")
    with acting_for(cast.as_("gdansk")):
        assert set(Delivery.objects.filter(object_id=alert.pk).values_list("state", flat=True)) == {State.QUEUED}


@in_a_transaction
def test_the_wall_of_an_observer_is_like_any_other(cast: Cast, browse: Browse, publish: Publish) -> None:
    publish(cast.as_("gdansk"), headline=SECRET)
    assert SECRET in text(browse("riga", Role.OBSERVER).get("/wall/"))


@in_a_transaction
def test_it_is_dark_unless_light_is_asked_for(cast: Cast, browse: Browse) -> None:
    client = browse("riga")
    for address, theme in (("/wall/", "dark"), ("/wall/?theme=light", "light"), ("/wall/?theme=pink", "dark")):
        assert f'data-theme="{theme}"' in client.get(address).content.decode()


# A browser that is locked to it


@in_a_transaction
def test_a_locked_browser_opens_nothing_but_the_wall(cast: Cast, browse: Browse, publish: Publish) -> None:
    alert = publish(cast.as_("gdansk"))
    client = browse("riga")
    assert client.post("/wall/lock/", {"region": cast.regions["baltic"].pk}).url == f"/wall/?region={cast.regions['baltic'].pk}"
    for address in ("/", alert.get_absolute_url(), "/region/", "/account/you/", "/account/2fa/", "/account/password/change/"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/wall/"), address
    assert client.get("/wall/").status_code == 200
    assert client.get(client.get("/wall/").context["map_url"]).status_code == 200
    assert client.get("/live/ticket/").status_code == 200


@in_a_transaction
def test_a_locked_browser_can_do_nothing_and_read_nothing_over_the_api(cast: Cast, browse: Browse, publish: Publish) -> None:
    alert = publish(cast.as_("gdansk"))
    client = browse("riga")
    client.post("/wall/lock/")
    for method, address in (
        ("post", f"/alerts/{alert.pk}/acknowledge/"), ("post", "/switch/"), ("post", "/theme/"), ("post", "/account/2fa/totp/activate/"),
        ("get", "/api/v1/alerts/"), ("get", "/api/v1/alerts/?format=csv"), ("post", f"/api/v1/alerts/{alert.pk}/acknowledge/"),
    ):  # fmt: skip
        assert getattr(client, method)(address).status_code == 403, address
    with acting_for(cast.as_("riga")) as acting:
        assert Delivery.objects.received_by(acting).get().state == State.QUEUED


@in_a_transaction
def test_signing_out_unlocks_it(cast: Cast, browse: Browse) -> None:
    client = browse("riga")
    client.post("/wall/lock/")
    assert client.get("/account/logout/").status_code == 200
    client.post("/account/logout/")
    assert client.get("/wall/").status_code == 302
    client.force_login(cast.user("riga"))
    assert client.get("/").status_code == 200


@in_a_transaction
def test_locking_one_browser_leaves_the_others_of_that_person_alone(cast: Cast, browse: Browse) -> None:
    browse("riga").post("/wall/lock/")
    assert browse("riga").get("/").status_code == 200


@in_a_transaction
def test_what_stands_on_a_wall_changes_nothing() -> None:
    """Whoever marks a view for it thinks of the keyboard in an empty room."""
    open_views = {pattern.name for pattern in views(get_resolver()) if getattr(pattern.callback, ON_WALL, False)}
    assert open_views == {"wall", "wall_lock", "region_map", "live_ticket"}


# It lasts a night, and makes few queries


@in_a_transaction
def test_its_session_goes_on_as_long_as_it_asks_and_is_written_once_an_hour(cast: Cast, browse: Browse) -> None:
    client = browse("riga")
    start, cookie = datetime(2026, 11, 1, tzinfo=UTC), django_settings.SESSION_COOKIE_NAME
    with time_machine.travel(start, tick=False) as clock:
        assert cookie in client.get("/wall/").cookies
        assert cookie not in client.get("/wall/").cookies, "not written again within the hour"
        for day in range(1, 30):
            clock.move_to(start + timedelta(days=day))
            assert client.get("/wall/").status_code == 200, f"signed in on day {day}"
        clock.move_to(start + timedelta(days=60))
        assert client.get("/wall/").status_code == 302, "nobody asked for a month"


def test_the_page_makes_the_same_queries_for_few_and_many(
    committed: Cast, publish: Publish, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    set_level(committed.as_("gdynia"), 2)
    for number in range(4):
        publish(committed.as_("gdansk"), headline=f"Alert {number}")
    client = sign_in(committed, "riga")
    client.get("/wall/")
    # as every page, with commit in the place of two ends of a savepoint: 8; regions, which of them are ours; changes of level, ports;
    # active alerts, late answers; what waits, its alerts; what changed, which of it a room may read
    with django_assert_num_queries(8 + 10):
        client.get("/wall/")
