"""How a person is told: own e-mail and browsers, quiet hours, push messages that only that browser can read."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import http_ece
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from incidents.models import Alert
from portsec.access.acting import Acting, NotAllowedError, acting_for, as_system
from portsec.access.roles import Role
from portsec.delivery import actions
from portsec.delivery.models import Endpoint
from portsec.delivery.severity import Severity
from portsec.delivery.vapid import new_private_key, public_key
from portsec.problems import Conflict, Refused
from tests.cast import Cast
from tests.delivery.conftest import dispatches, recipients, send
from tests.delivery.receiver import Receiver, receiving
from tests.house.source import ROOT

Publish = Callable[..., Alert]
Browse = Callable[..., Client]
NIGHT = datetime(2026, 11, 23, 1, 14, tzinfo=UTC)  # 02:14 in Gdynia
WISH: dict[str, Any] = {"by_email": True, "severities": Severity.values, "quiet_from": None, "quiet_until": None}


def wish(acting: Acting, **changes: Any) -> Endpoint:
    with acting_for(acting):
        return actions.set_own_preferences(acting, **{**WISH, **changes})


class Browser:
    """What a browser keeps to itself, and what it gives away."""

    def __init__(self, address: str) -> None:
        self.address, self.auth, self.key = address, b"0123456789abcdef", ec.generate_private_key(ec.SECP256R1())

    def keys(self) -> dict[str, str]:
        point = self.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return {name: base64.urlsafe_b64encode(raw).decode().rstrip("=") for name, raw in (("p256dh", point), ("auth", self.auth))}

    def read(self, body: bytes) -> dict[str, str]:
        found: dict[str, str] = json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))
        return found


@pytest.fixture
def push(settings: Any) -> Iterator[tuple[Browser, Receiver]]:
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE, settings.VAPID_PRIVATE_KEY = True, new_private_key()
    with receiving() as receiver:
        yield Browser(receiver.url + "/"), receiver


def subscribe(acting: Acting, browser: Browser, **changes: Any) -> Endpoint:
    with acting_for(acting):
        return actions.subscribe_browser(acting, **{"label": "Firefox on Linux", "address": browser.address, **browser.keys(), **changes})


class TestEmail:
    def test_a_person_is_told_beside_the_organisation(self, committed: Cast, publish: Publish) -> None:
        wish(committed.as_("gdynia"))
        publish(committed.as_("gdansk"))
        send()
        assert recipients() == [committed.user("gdynia").email]

    def test_only_from_the_chosen_severity_on(self, committed: Cast, publish: Publish) -> None:
        wish(committed.as_("gdynia"), severities=["Extreme"])
        publish(committed.as_("gdansk"), severity="Severe")
        assert send() == 0

    @pytest.mark.parametrize(("severity", "sent"), [("Minor", 0), ("Moderate", 0), ("Severe", 1), ("Extreme", 1)])
    def test_quiet_hours_silence_what_can_wait_and_nothing_else(self, committed: Cast, publish: Publish, severity: str, sent: int) -> None:
        with time_machine.travel(NIGHT, tick=False):
            wish(committed.as_("gdynia"), quiet_from=time(22), quiet_until=time(6))
            publish(replace(committed.as_("gdansk"), second_factor_at=NIGHT), severity=severity)
            assert send() == sent

    def test_without_email_a_red_alert_for_the_person_comes_all_the_same(self, committed: Cast, publish: Publish) -> None:
        wish(committed.as_("gdynia"), by_email=False, severities=["Extreme"])
        publish(committed.as_("gdansk"))
        assert send() == 0
        publish(committed.as_("gdansk"), "named", named=[committed.gdynia], persons=[committed.user("gdynia").pk], tlp="RED")
        assert send() == 1

    def test_it_cannot_be_switched_off_since_red_comes_by_it_alone(self, committed: Cast) -> None:
        mine = wish(committed.as_("gdynia"))
        with acting_for(committed.as_("gdynia")) as acting, pytest.raises(Refused, match="Untick"):
            actions.switch_endpoint(acting, mine, on=False)

    def test_saved_again_it_is_still_one(self, committed: Cast) -> None:
        wish(committed.as_("gdynia"))
        wish(committed.as_("gdynia"), by_email=False)
        with as_system("tests"):
            assert [one.kinds for one in Endpoint.objects.all()] == [[]]

    @pytest.mark.parametrize(
        ("content", "field"),
        [
            ({"quiet_from": time(22)}, "quiet_until"),
            ({"quiet_until": time(6)}, "quiet_from"),
            ({"quiet_from": time(6), "quiet_until": time(6)}, "quiet_until"),
            ({"severities": []}, "severities"),
            ({"severities": ["Horrible"]}, "severities"),
        ],
    )
    def test_half_a_wish_is_refused(self, committed: Cast, content: dict[str, Any], field: str) -> None:
        with pytest.raises(Refused) as refused:
            wish(committed.as_("gdynia"), **content)
        assert [fault.field for fault in refused.value.faults] == [field]
        with as_system("tests"):
            assert not Endpoint.objects.exists()

    def test_a_token_is_no_person(self, committed: Cast) -> None:
        acting = Acting(committed.user("gdynia", Role.SERVICE), committed.gdynia, Role.SERVICE, scopes=frozenset({"read"}))
        with acting_for(acting), pytest.raises(NotAllowedError, match="webhook"):
            actions.set_own_preferences(acting, **WISH)

    def test_a_colleague_neither_sees_nor_changes_it(self, committed: Cast) -> None:
        mine = wish(committed.as_("gdynia"))
        with acting_for(committed.as_("gdynia", Role.ADMINISTRATOR)) as acting:
            assert not Endpoint.objects.exists()
            for verb in (actions.send_test, actions.remove_endpoint):
                with pytest.raises(NotAllowedError):
                    verb(acting, mine)


class TestPush:
    def test_a_browser_reads_what_was_sent_and_nobody_on_the_way(self, committed: Cast, publish: Publish, push: Any) -> None:
        browser, receiver = push
        subscribe(committed.as_("gdynia"), browser)
        alert = publish(committed.as_("gdansk"))
        assert send() == 1
        (got,) = receiver.received
        assert b"Unlit craft" not in got.body
        told = browser.read(got.body)
        assert "Unlit craft near the breakwater" in told["title"]
        assert told["url"] == f"http://localhost:8000{alert.get_absolute_url()}"
        assert told["tag"] == str(dispatches()[0].pk)
        assert got.headers["content-encoding"] == "aes128gcm"
        assert got.headers["authorization"].startswith("vapid t=")

    def test_a_red_alert_is_a_link_alone(self, committed: Cast, publish: Publish, push: Any) -> None:
        browser, receiver = push
        subscribe(committed.as_("gdynia"), browser)
        publish(committed.as_("gdansk"), "named", named=[committed.gdynia], persons=[committed.user("gdynia").pk], tlp="RED")
        send()
        told = browser.read(receiver.received[0].body)
        assert told["title"] == "PortSec: a message for you"
        assert told["body"] == ""

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_subscription_that_has_ended_is_switched_off(self, committed: Cast, publish: Publish, push: Any, status: int) -> None:
        browser, receiver = push
        one = subscribe(committed.as_("gdynia"), browser)
        receiver.habits["/"] = status
        publish(committed.as_("gdansk"))
        send()
        with as_system("tests"):
            assert Endpoint.objects.get(pk=one.pk).disabled_because == f"HTTP {status}"

    def test_it_follows_what_the_person_has_chosen(self, committed: Cast, publish: Publish, push: Any) -> None:
        browser, receiver = push
        wish(committed.as_("gdynia"), by_email=False, severities=["Extreme"])
        subscribe(committed.as_("gdynia"), browser)
        publish(committed.as_("gdansk"), severity="Severe")
        assert send() == 0
        wish(committed.as_("gdynia"), by_email=False)
        publish(committed.as_("gdansk"), severity="Severe")
        assert send() == 1
        assert len(receiver.received) == 1

    def test_who_was_told_of_red_before_and_has_chosen_nothing_gets_everything(self, committed: Cast, publish: Publish, push: Any) -> None:
        """A TLP:RED alert makes the address of the person known here, without any severity."""
        publish(committed.as_("gdansk"), "named", named=[committed.gdynia], persons=[committed.user("gdynia").pk], tlp="RED")
        assert subscribe(committed.as_("gdynia"), push[0]).severities == Severity.values

    def test_who_has_left_gets_nothing_more(self, committed: Cast, publish: Publish, push: Any) -> None:
        browser, receiver = push
        subscribe(committed.as_("gdynia"), browser)
        publish(committed.as_("gdansk"))
        with as_system("tests"):
            committed.user("gdynia").memberships.update(is_active=False)
        assert send() == 0
        assert receiver.received == []

    def test_the_same_browser_again_is_still_one_with_its_new_keys(self, committed: Cast, publish: Publish, push: Any) -> None:
        browser, receiver = push
        subscribe(committed.as_("gdynia"), browser)
        again = Browser(browser.address)
        subscribe(committed.as_("gdynia"), again)
        publish(committed.as_("gdansk"))
        assert send() == 1
        assert again.read(receiver.received[0].body)["title"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"p256dh": "AAAA"}, "p256dh"),
            ({"p256dh": "not base64 ☂"}, "p256dh"),
            ({"auth": "c2hvcnQ"}, "p256dh"),
            ({"address": "https://user@push.example/x"}, "address"),
            ({"address": "ftp://push.example/x"}, "address"),
        ],
    )
    def test_what_no_browser_gives_is_refused(self, committed: Cast, push: Any, changes: dict[str, Any], field: str) -> None:
        with pytest.raises(Refused) as refused:
            subscribe(committed.as_("gdynia"), push[0], **changes)
        assert refused.value.faults[0].field == field

    def test_a_push_service_in_the_own_network_is_refused(self, committed: Cast, push: Any, settings: Any) -> None:
        settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = False
        with pytest.raises(Refused):
            subscribe(committed.as_("gdynia"), push[0], address="https://169.254.169.254/latest/")

    def test_without_a_key_it_says_whom_to_ask(self, committed: Cast, push: Any, settings: Any) -> None:
        settings.VAPID_PRIVATE_KEY = ""
        with pytest.raises(Conflict, match="operator"):
            subscribe(committed.as_("gdynia"), push[0])

    def test_there_is_an_end_to_browsers(self, committed: Cast, push: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("portsec.delivery.actions.own.MOST_BROWSERS", 1)
        subscribe(committed.as_("gdynia"), push[0])
        with pytest.raises(Refused, match="Take one away"):
            subscribe(committed.as_("gdynia"), push[0], address=push[0].address + "other")


@pytest.mark.django_db(databases=["default", "system"])
class TestPage:
    def test_it_keeps_what_is_chosen(self, cast: Cast, browse: Browse) -> None:
        client = browse("gdynia")
        written = {"by_email": "on", "threshold": "Severe", "quiet_from": "22:00", "quiet_until": "06:00"}
        assert client.post("/delivery/own/", written).status_code == 302
        page = client.get("/delivery/own/")
        assert {name: page.context["form"][name].value() for name in written} == {
            "by_email": True, "threshold": "Severe", "quiet_from": time(22), "quiet_until": time(6),
        }  # fmt: skip
        assert "Quiet hours never silence Extreme or Severe" in page.content.decode()

    def test_a_mistake_stands_beside_its_field_and_the_input_is_kept(self, cast: Cast, browse: Browse) -> None:
        page = browse("gdynia").post("/delivery/own/", {"threshold": "Severe", "quiet_from": "22:00", "quiet_until": ""})
        assert page.status_code == 422
        assert page.context["form"].errors["quiet_until"] == ["Give both times, or neither."]
        assert 'value="22:00"' in page.content.decode()

    def test_it_shows_one_own_ways_and_no_colleagues(
        self, cast: Cast, browse: Browse, push: Any, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with acting_for(cast.as_("gdynia", Role.DEPUTY)) as other:
            actions.set_own_preferences(other, **WISH)
        client = browse("gdynia")
        client.post("/delivery/own/", {"by_email": "on", "threshold": "all"})
        answer = client.post(
            "/delivery/own/push/",
            {"endpoint": push[0].address, **push[0].keys()},
            headers={"User-Agent": "Mozilla (X11; Linux) Firefox/140"},
        )
        assert answer.status_code == 201
        client.get("/delivery/own/")
        with django_assert_num_queries(9 + 3):  # own e-mail for the form; own ways; their tests
            page = client.get("/delivery/own/")
        assert [one.label for one, _test in page.context["ways"]] == [cast.user("gdynia").name, "Firefox on Linux"]
        html = page.content.decode()
        assert cast.user("gdynia", Role.DEPUTY).email not in html
        assert f'data-key="{page.context["vapid_key"]}"' in html
        way = page.context["ways"][1][0].pk
        assert client.post(f"/delivery/endpoints/{way}/test/").url == "/delivery/own/#tries"
        assert 'hx-select="#tries"' in client.get("/delivery/own/").content.decode()
        assert client.post(f"/delivery/endpoints/{way}/remove/").status_code == 302
        assert len(client.get("/delivery/own/").context["ways"]) == 1

    def test_a_refused_subscription_says_why(self, cast: Cast, browse: Browse, push: Any) -> None:
        answer = browse("gdynia").post("/delivery/own/push/", {"endpoint": push[0].address, "p256dh": "AAAA", "auth": "AAAA"})
        assert (answer.status_code, answer.json()) == (
            422,
            {"detail": "These are no keys of a browser. Switch push on again on this page."},
        )

    def test_the_worker_comes_from_the_root_and_under_the_strict_policy(self, client: Client, db: None) -> None:
        answer = client.get("/push-worker.js")
        assert answer["Content-Type"].startswith("text/javascript")
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert 'addEventListener("push"' in answer.content.decode()

    def test_permission_is_asked_for_on_a_click_alone(self) -> None:
        script = (Path(ROOT) / "static/portsec/push.js").read_text()
        before, _found, after = script.partition("async function switchOn()")
        assert "requestPermission" not in before
        assert after.count("requestPermission") == 1
        assert script.count("switchOn()") == 2  # itself, and in the click


def test_a_new_key_is_one_that_the_settings_and_a_browser_take() -> None:
    key = new_private_key()
    point = base64.urlsafe_b64decode(public_key(key) + "=")
    assert (len(point), point[0]) == (65, 4)
    assert new_private_key() != key
