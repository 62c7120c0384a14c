"""`/api/v1/webhooks/` and its pages: a secret that is shown once, addresses that are checked, every call on record."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from incidents.models import Alert
from portsec.access.acting import acting_for, as_system
from portsec.access.roles import Role
from portsec.delivery.models import Endpoint
from portsec.delivery.secrets import open_secret
from portsec.delivery.severity import Severity
from portsec.journal.models import Entry, IdempotencyKey
from tests.cast import Cast
from tests.delivery.conftest import send
from tests.delivery.receiver import Received, Receiver, receiving
from tests.house.source import ROOT

Publish = Callable[..., Alert]
Browse = Callable[..., Client]
Program = Callable[..., APIClient]
LIST = "/api/v1/webhooks/"
SHELL = 9
KINDS = ["alert", "security_level_change"]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as found:
        yield found


def body(url: str, **changes: Any) -> dict[str, Any]:
    return {"label": "Wall", "address": url, "kinds": KINDS, "severities": Severity.values, **changes}


def add(client: APIClient, url: str, **changes: Any) -> Any:
    answer = client.post(LIST, body(url, **changes), format="json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def example() -> Callable[..., bool]:
    """The receiver that docs/api.md shows, run as it stands there."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/api.md").read_text(), re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102 (our own page)
    verify: Callable[..., bool] = found["is_genuine"]
    return verify


class TestSecret:
    def test_the_receiver_in_the_documentation_knows_our_calls_from_others(
        self, committed: Cast, receiver: Receiver, publish: Publish
    ) -> None:
        client = token_of(committed)
        secret = add(client, receiver.url + "/")["secret"]
        publish(committed.as_("gdansk"))
        send()
        (got,) = receiver.received
        verify = example()
        assert verify(got.headers, got.body, secret)
        assert not verify(got.headers, got.body + b" ", secret)
        assert not verify(got.headers, got.body, "whsec_" + "A" * 32)
        assert not verify(got.headers, got.body, secret, now=timezone.now().timestamp() + 301)
        assert json.loads(got.body)["type"] == "alert.published"

    def test_after_a_rotation_both_secrets_hold_for_a_day(self, committed: Cast, receiver: Receiver, publish: Publish) -> None:
        client = token_of(committed)
        made = add(client, receiver.url + "/")
        answer = client.post(f"{LIST}{made['id']}/rotate/")
        new, verify = answer.json()["secret"], example()
        assert new != made["secret"]
        publish(committed.as_("gdansk"))
        send()
        assert [verify(receiver.received[0].headers, receiver.received[0].body, secret) for secret in (made["secret"], new)] == [True, True]
        with as_system("tests"):
            Endpoint.objects.update(previous_until=timezone.now() - timedelta(seconds=1))
        publish(committed.as_("gdansk"))
        send()
        assert [verify(receiver.received[1].headers, receiver.received[1].body, secret) for secret in (made["secret"], new)] == [
            False,
            True,
        ]

    def test_it_is_shown_once_and_kept_in_the_clear_nowhere(self, committed: Cast, receiver: Receiver) -> None:
        client = token_of(committed)
        key = {"Idempotency-Key": "one"}
        first = client.post(LIST, body(receiver.url), format="json", headers=key)
        again = client.post(LIST, body(receiver.url), format="json", headers=key)
        secret = first.json()["secret"]
        assert (again.status_code, again.json()["id"], again.json()["secret"]) == (201, first.json()["id"], None)
        for address in (LIST, f"{LIST}{first.json()['id']}/"):
            assert secret not in client.get(address).content.decode()
        with as_system("tests"):
            kept = [str(row) for model in (Endpoint, Entry, IdempotencyKey) for row in model.objects.values()]
            assert not [row for row in kept if secret.removeprefix("whsec_") in row]
            assert open_secret(Endpoint.objects.get().sealed_secret) == secret

    def test_a_page_shows_it_after_the_redirect_and_never_again(self, committed: Cast, receiver: Receiver) -> None:
        client = Client()
        client.force_login(committed.user("gdynia"))
        written = {"label": "Wall", "address": receiver.url, "kinds": KINDS, "severities": ["Extreme"]}
        made = client.post("/delivery/webhooks/new/", written)
        first, second = client.get(made.url), client.get(made.url)
        with as_system("tests"):
            secret = open_secret(Endpoint.objects.get().sealed_secret)
        assert secret in first.content.decode()
        assert secret not in second.content.decode()
        assert secret not in str(dict(client.session))
        rotated = client.post(f"{made.url}rotate/")
        with as_system("tests"):
            new = open_secret(Endpoint.objects.get().sealed_secret)
        assert new in client.get(rotated.url).content.decode()
        assert new not in client.get(rotated.url).content.decode()

    def test_a_test_call_and_each_try_are_there_to_be_read(self, committed: Cast, receiver: Receiver) -> None:
        client = token_of(committed)
        made = add(client, receiver.url + "/")
        answer = client.post(f"{LIST}{made['id']}/test/")
        assert (answer.status_code, answer.json()["state"]) == (202, "queued")
        receiver.habits["/"] = 503
        send()
        told: Received = receiver.received[0]
        assert json.loads(told.body)["type"] == "test"
        assert told.headers["webhook-id"] == answer.json()["message"]
        (one,) = client.get(f"{LIST}{made['id']}/attempts/").json()["results"]
        assert (one["message"], one["purpose"], one["outcome"], one["detail"]) == (answer.json()["message"], "test", "failed", "HTTP 503")
        stands = client.get(f"{LIST}{made['id']}/").json()
        assert (stands["failures"], stands["last_error"]) == (1, "HTTP 503")

    def test_the_page_does_not_promise_another_try_of_a_test(self, committed: Cast, receiver: Receiver, publish: Publish) -> None:
        made = add(token_of(committed), receiver.url + "/")
        receiver.habits["/"] = 503
        browser = Client()
        browser.force_login(committed.user("gdynia"))
        browser.post(f"/delivery/endpoints/{made['id']}/test/")
        send()
        assert "to be tried again" not in browser.get(f"/delivery/endpoints/{made['id']}/tries/").content.decode()
        publish(committed.as_("gdansk"))
        send(slow=True)
        assert "to be tried again" in browser.get(f"/delivery/endpoints/{made['id']}/tries/").content.decode()

    def test_a_call_that_fails_is_no_other_version(self, committed: Cast, receiver: Receiver) -> None:
        client = token_of(committed)
        made = add(client, receiver.url + "/")
        read = client.get(f"{LIST}{made['id']}/")["ETag"]
        with as_system("tests"):
            Endpoint.objects.update(failures=3, last_error="HTTP 500", failing_since=timezone.now())
        changed = client.patch(f"{LIST}{made['id']}/", {"severities": ["Extreme"]}, format="json", headers={"If-Match": read})
        assert (changed.status_code, changed.json()["severities"]) == (200, ["Extreme"])
        stale = client.patch(f"{LIST}{made['id']}/", {"label": "Late"}, format="json", headers={"If-Match": read})
        assert stale.status_code == 412
        assert client.patch(f"{LIST}{made['id']}/", {"label": "Late"}, format="json").status_code == 428
        assert client.delete(f"{LIST}{made['id']}/").status_code == 428

    def test_one_that_is_taken_away_is_gone_with_its_secret(self, committed: Cast, receiver: Receiver, publish: Publish) -> None:
        client = token_of(committed)
        made = add(client, receiver.url + "/")
        assert client.delete(f"{LIST}{made['id']}/", headers={"If-Match": "*"}).status_code == 204
        assert client.get(f"{LIST}{made['id']}/").status_code == 404
        publish(committed.as_("gdansk"))
        assert send() == 0
        with as_system("tests"):
            assert Endpoint.objects.get().sealed_secret == ""
        add(client, receiver.url + "/")


def token_of(cast: Cast, name: str = "gdynia", **options: Any) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {cast.token(name, **options)}")
    return client


@pytest.mark.django_db
class TestInput:
    @pytest.mark.parametrize(
        ("url", "code"),
        [
            ("https://127.0.0.1/", "private"),
            ("https://10.1.2.3/", "private"),
            ("https://169.254.169.254/latest/meta-data/", "private"),
            ("https://[::1]/", "private"),
            ("https://0x7f.1/", "invalid_address"),
            ("http://wall.example/", "invalid_address"),
            ("https://user:password@wall.example/", "invalid_address"),
            ("https://wall.example:22/", "invalid_address"),
            ("https://wall.example/\r\nHost: other", "invalid_address"),
            ("wall", "invalid_address"),
        ],
    )
    def test_an_address_that_must_not_be_called_is_refused_beside_its_field(
        self, cast: Cast, program: Program, browse: Browse, settings: Any, url: str, code: str
    ) -> None:
        settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = False
        answer = program("gdynia").post(LIST, body(url), format="json")
        assert answer.status_code == 400
        assert [one["code"] for one in answer.json()["errors"]] == [code]
        page = browse("gdynia").post("/delivery/webhooks/new/", {"label": "Wall", "address": url, "kinds": KINDS, "severities": ["Severe"]})
        assert page.status_code == 422
        assert page.context["form"].errors["address"]
        with acting_for(cast.as_("gdynia")):
            assert not Endpoint.objects.exists()

    def test_a_name_that_leads_inside_is_refused(self, cast: Cast, program: Program, settings: Any, monkeypatch: Any) -> None:
        """One outer and one inner address: what a rebinding host answers."""
        settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = False
        monkeypatch.setattr("portsec.outbound.addresses.look_up", lambda *_asked: ["93.184.215.14", "10.0.0.1"])
        answer = program("gdynia").post(LIST, body("https://wall.example/"), format="json")
        assert answer.json()["errors"] == [
            {"pointer": "/address", "detail": "This address leads into a private network. Use one that is reachable from the internet.",
             "code": "private"},
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"label": "Wall\r\nBcc: x"}, "/label"),
            ({"label": ""}, "/label"),
            ({"kinds": []}, "/kinds"),
            ({"kinds": ["rumour"]}, "/kinds/0"),
            ({"severities": ["Horrible"]}, "/severities/0"),
            ({"secret": "mine"}, "/secret"),
        ],
    )
    def test_each_mistake_is_named(self, cast: Cast, program: Program, receiver: Receiver, changes: dict[str, Any], pointer: str) -> None:
        answer = program("gdynia").post(LIST, body(receiver.url, **changes), format="json")
        assert answer.status_code == 400
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]

    def test_there_is_an_end_to_webhooks(self, cast: Cast, program: Program, receiver: Receiver, monkeypatch: Any) -> None:
        monkeypatch.setattr("portsec.delivery.actions.webhooks.MOST", 1)
        client = program("gdynia")
        add(client, receiver.url + "/a")
        answer = client.post(LIST, body(receiver.url + "/b"), format="json")
        assert [one["code"] for one in answer.json()["errors"]] == ["too_many"]
        add(program("riga"), receiver.url + "/a")

    def test_another_path_of_the_same_host_is_a_change_that_the_journal_tells_without_the_path(
        self, cast: Cast, program: Program, receiver: Receiver
    ) -> None:
        client = program("gdynia")
        made = add(client, receiver.url + "/key-1")
        answer = client.patch(f"{LIST}{made['id']}/", {"address": receiver.url + "/key-2"}, format="json", headers={"If-Match": "*"})
        assert answer.json()["address"] == receiver.url + "/key-2"
        with acting_for(cast.as_("gdynia")):
            kept = [str(one.before) + str(one.after) for one in Entry.objects.filter(kind="endpoint")]
        assert len(kept) == 2
        assert not [row for row in kept if "key-" in row]


@pytest.mark.django_db
class TestWhoMay:
    def test_a_token_needs_the_scope(self, cast: Cast, program: Program, receiver: Receiver) -> None:
        answer = program("gdynia", scopes=["read"]).get(LIST)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "scope_missing")

    def test_a_foreign_webhook_is_absent_on_every_way(self, cast: Cast, program: Program, browse: Browse, receiver: Receiver) -> None:
        made = add(program("gdansk"), receiver.url)["id"]
        client, pages = program("gdynia"), browse("gdynia")
        assert client.get(LIST).json()["results"] == []
        for verb in ("rotate", "test", "switch-off", "switch-on"):
            assert client.post(f"{LIST}{made}/{verb}/").status_code == 404
        assert client.get(f"{LIST}{made}/attempts/").status_code == 404
        for address in (f"/delivery/webhooks/{made}/", f"/delivery/endpoints/{made}/", f"/delivery/endpoints/{made}/tries/"):
            assert pages.get(address).status_code == 404

    def test_who_sent_an_alert_never_learns_an_address(self, cast: Cast, program: Program, receiver: Receiver, publish: Publish) -> None:
        add(program("gdynia"), receiver.url + "/secret-path")
        alert = publish(cast.as_("gdansk"))
        seen = program("gdansk").get(f"/api/v1/alerts/{alert.pk}/deliveries/").content.decode()
        assert "secret-path" not in seen
        assert receiver.url not in seen
        with acting_for(cast.as_("gdansk")):
            assert not Endpoint.objects.exists()


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize(
        ("address", "queries"),
        [
            ("/delivery/webhooks/", SHELL + 1),  # the webhooks
            ("/delivery/endpoints/", SHELL + 1),  # all ways of the house
        ],
    )
    def test_a_list_makes_the_same_queries_for_few_and_many(
        self, cast: Cast, browse: Browse, django_assert_num_queries: DjangoAssertNumQueries, address: str, queries: int
    ) -> None:
        client = browse("gdynia")
        client.get(address)
        with django_assert_num_queries(queries):
            client.get(address)
        with acting_for(cast.as_("gdynia")) as acting:
            for number in range(5):
                Endpoint.objects.create(
                    organisation=acting.organisation, channel=("webhook", "email")[number % 2], address=f"https://{number}.example/",
                    label=f"Way {number}", kinds=KINDS, severities=["Extreme"],
                )  # fmt: skip
        with django_assert_num_queries(queries):
            assert "Way 4" in client.get(address).content.decode()

    def test_the_page_of_one_shows_its_tries_with_few_queries(
        self, cast: Cast, browse: Browse, program: Program, receiver: Receiver, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        made = add(program("gdynia"), receiver.url)["id"]
        client = browse("gdynia")
        client.get(f"/delivery/webhooks/{made}/")
        with django_assert_num_queries(SHELL + 4):  # the webhook, again as it stands in the database; its last test, its last tries
            client.get(f"/delivery/webhooks/{made}/")
        assert client.post(f"/delivery/endpoints/{made}/test/").url == f"/delivery/webhooks/{made}/#tries"
        tries = client.get(f"/delivery/endpoints/{made}/tries/").content.decode()
        assert "Test is on its way" in tries
        assert f'hx-get="/delivery/endpoints/{made}/tries/"' in tries

    def test_one_that_was_switched_off_by_itself_says_why_and_how_to_go_on(self, cast: Cast, browse: Browse) -> None:
        gone = {"is_active": False, "disabled_at": timezone.now(), "disabled_because": "HTTP 410"}
        with acting_for(cast.as_("gdynia")) as acting:
            Endpoint.objects.create(organisation=acting.organisation, channel="webhook", address="https://x.example/", label="Wall", **gone)
        html = browse("gdynia").get("/delivery/endpoints/").content.decode()
        assert "It no longer exists (HTTP 410), since" in html
        assert "Switch on again: Wall" in html

    def test_staff_see_how_they_are_told_without_keys_and_buttons(
        self, cast: Cast, browse: Browse, program: Program, receiver: Receiver
    ) -> None:
        add(program("gdynia"), receiver.url + "/secret-path")
        html = browse("gdynia", Role.STAFF).get("/delivery/endpoints/").content.decode()
        assert "Wall" in html
        assert "secret-path" not in html
        assert "Send me a test" not in html

    def test_a_warning_names_what_reaches_nobody_and_the_dashboard_waits(self, cast: Cast, browse: Browse) -> None:
        client = browse("gdynia")
        said = "Extreme, Severe, Moderate and Minor alerts reach nobody outside the dashboard."
        assert said in client.get("/delivery/endpoints/").content.decode()
        assert "Extreme and Severe alerts reach nobody outside the dashboard." in client.get("/").content.decode()
        written = {"label": "Room", "address": "room@gdynia.example", "kinds": ["alert"], "threshold": "all"}
        assert client.post("/delivery/endpoints/new/", written).status_code == 302
        assert "reach nobody" not in client.get("/delivery/endpoints/").content.decode()
        assert "reach nobody" not in client.get("/").content.decode()

    def test_a_mailbox_is_changed_tested_switched_and_taken_away(self, cast: Cast, browse: Browse) -> None:
        client = browse("gdynia")
        page = client.post(
            "/delivery/endpoints/new/", {"label": "Room", "address": "room@gdynia.example", "kinds": ["alert"], "threshold": "all"}
        ).url
        version = client.get(page).context["endpoint"].version
        changed = {"label": "Room", "address": "room2@gdynia.example", "kinds": ["alert"], "threshold": "Extreme", "version": version}
        assert client.post(page, changed).status_code == 302
        stale = client.post(page, {**changed, "label": "Late"})
        assert (stale.status_code, "changed meanwhile" in stale.content.decode()) == (422, True)
        assert client.post(page, {**changed, "version": version + 1, "address": "room"}).context["form"].errors["address"]
        for _number in range(5):
            client.post(f"{page}test/")
        assert "tests within a minute are enough" in client.post(f"{page}test/", follow=True).content.decode()
        off = client.post(f"{page}switch/", {"on": "0"}, follow=True).content.decode()
        assert ("Switch on: Room" in off, "Switch on again" in off) == (True, False)
        assert client.post(f"{page}remove/").url == "/delivery/endpoints/"
        assert client.get(page).status_code == 404
