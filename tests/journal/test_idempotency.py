"""Idempotency-Key: who repeats what it did not see answered gets the first answer, and the thing is done once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from incidents import actions
from incidents.models import Alert
from portsec.access.acting import acting_for
from portsec.access.roles import Role
from portsec.journal.actions import next_ref
from portsec.journal.models import IdempotencyKey
from tests.access.sql import one, rows, taken_back
from tests.cast import Cast

ALERTS = "/api/v1/alerts/"
KEY = "a2b0-once"


@pytest.fixture
def body(alert_content: dict[str, Any]) -> dict[str, Any]:
    return {**alert_content, "audience": {"kind": "region_ports"}}


def post(client: Any, body: dict[str, Any], key: str | None = KEY, address: str = ALERTS) -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    with_format = {"format": "json"} if isinstance(client, APIClient) else {"content_type": "application/json"}
    return client.post(address, body, headers=headers, **with_format)


def alerts_of(cast: Cast, name: str) -> int:
    with acting_for(cast.as_(name)) as acting:
        return int(Alert.objects.editable_by(acting).count())


def keys_of(cast: Cast, name: str, role: Role | None = None) -> list[str]:
    with acting_for(cast.as_(name, role)):
        return list(IdempotencyKey.objects.values_list("key", flat=True))


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer_and_does_nothing(cast: Cast, body: dict[str, Any], program: Callable[..., APIClient]) -> None:
    client = program("gdansk")
    first, again = post(client, body), post(client, body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["ETag"] == first["ETag"]
    assert ("Idempotency-Replayed" in first.headers, again["Idempotency-Replayed"]) == (False, "true")
    assert alerts_of(cast, "gdansk") == 1


@pytest.mark.django_db
def test_without_a_key_every_request_counts(cast: Cast, body: dict[str, Any], program: Callable[..., APIClient]) -> None:
    client = program("gdansk")
    assert post(client, body, None).json()["id"] != post(client, body, None).json()["id"]
    assert alerts_of(cast, "gdansk") == 2


@pytest.mark.django_db
def test_the_first_answer_is_kept_whatever_became_of_the_object(
    cast: Cast, body: dict[str, Any], program: Callable[..., APIClient]
) -> None:
    client = program("gdansk")
    first = post(client, body)
    client.post(f"{ALERTS}{first.json()['id']}/cancel/", {"reason": "Over"}, format="json")
    assert post(client, body).json()["state"] == "active"


@pytest.mark.django_db
def test_the_order_of_the_fields_makes_no_other_body(cast: Cast, body: dict[str, Any], program: Callable[..., APIClient]) -> None:
    client = program("gdansk")
    first = post(client, body)
    assert post(client, dict(reversed(body.items()))).json() == first.json()


@pytest.mark.django_db
def test_another_body_under_the_same_key_conflicts(cast: Cast, body: dict[str, Any], program: Callable[..., APIClient]) -> None:
    client = program("gdansk")
    first = post(client, body)
    with taken_back():
        other = post(client, {**body, "headline": "Something else"})
    assert (other.status_code, other["Content-Type"]) == (409, "application/problem+json")
    assert post(client, body).json() == first.json(), "the first answer stands"
    assert alerts_of(cast, "gdansk") == 1


@pytest.mark.django_db
def test_another_address_under_the_same_key_conflicts(cast: Cast, body: dict[str, Any], program: Callable[..., APIClient]) -> None:
    client = program("gdansk")
    pk = post(client, body).json()["id"]
    with taken_back():
        assert post(client, {"reason": "Over"}, address=f"{ALERTS}{pk}/cancel/").status_code == 409
    assert post(client, {"reason": "Over"}, "another", f"{ALERTS}{pk}/cancel/").status_code == 200


def test_a_refused_request_leaves_no_key(committed: Cast, body: dict[str, Any]) -> None:
    """With real commits: what stays is what the middleware let stay."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {committed.token('gdansk')}")
    assert post(client, {**body, "headline": ""}).status_code == 400
    assert one("SELECT count(*) FROM journal_idempotencykey", alias="system") == 0
    assert post(client, body).status_code == 201, "the mistake is corrected under the same key"
    assert one("SELECT count(*) FROM journal_idempotencykey", alias="system") == 1


@pytest.mark.django_db
def test_a_key_is_of_one_person_in_one_organisation(cast: Cast, body: dict[str, Any], browse: Callable[..., Client]) -> None:
    """Gdynia, and a colleague, use the same key for things of their own."""
    answers = [post(browse(name, role), body) for name, role in (("gdansk", None), ("gdansk", Role.DEPUTY), ("gdynia", None))]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 3
    assert keys_of(cast, "gdansk") == keys_of(cast, "gdynia") == [KEY]


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "\x7f"])
def test_a_key_that_is_none_is_refused(cast: Cast, body: dict[str, Any], program: Callable[..., APIClient], key: str) -> None:
    with taken_back():
        answer = post(program("gdansk"), body, key)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/Idempotency-Key")


@pytest.mark.django_db
def test_after_a_day_a_key_is_free_again(cast: Cast, body: dict[str, Any], program: Callable[..., APIClient]) -> None:
    client = program("gdansk")
    first = post(client, body)
    with acting_for(cast.as_("gdansk", Role.SERVICE)):
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=23))
    assert post(client, body).json() == first.json()
    with acting_for(cast.as_("gdansk", Role.SERVICE)):
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert post(client, body).json()["id"] != first.json()["id"]


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["publish", "update", "cancel", "acknowledge"])
def test_every_verb_takes_a_key(
    cast: Cast, body: dict[str, Any], publish: Callable[..., Alert], program: Callable[..., APIClient], verb: str
) -> None:
    client = program("gdynia" if verb == "acknowledge" else "gdansk")
    draft = post(program("gdansk"), {**body, "draft": True}, None).json()["id"]
    pk = draft if verb == "publish" else publish(cast.as_("gdansk")).pk
    said = {"publish": {}, "update": {"note": "Moved"}, "cancel": {"reason": "Over"}, "acknowledge": {"remark": "Coming"}}[verb]
    first, again = (post(client, said, KEY, f"{ALERTS}{pk}/{verb}/") for _again in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()


def test_of_two_at_once_one_is_done_and_both_get_its_answer(committed: Cast, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is held inside its transaction until the second waits for it in the database."""
    token, begun, go_on = committed.token("gdansk"), Event(), Event()
    really = actions.publish_alert

    def slowly(*arguments: Any, **options: Any) -> Any:
        begun.set()
        assert go_on.wait(20)
        return really(*arguments, **options)

    def send(_n: int) -> Any:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        try:
            return post(client, body)
        finally:
            connections.close_all()

    monkeypatch.setattr(actions, "publish_alert", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(send, 1)
        assert begun.wait(20)
        second = pool.submit(send, 2)
        wait_until_somebody_waits()
        go_on.set()
        answers = [first.result(20), second.result(20)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert ["Idempotency-Replayed" in answer.headers for answer in answers] == [False, True]
    assert rows("SELECT count(*) FROM incidents_alert", alias="system") == [(1,)]


def wait_until_somebody_waits() -> None:
    """Until a session waits for another's transaction; bounded, without sleeping."""
    for _again in range(20_000):
        if one("SELECT count(*) FROM pg_locks WHERE NOT granted", alias="system"):
            return
    pytest.fail("the second request did not wait for the first")


def test_two_writers_take_two_reference_numbers(committed: Cast, in_threads: Any) -> None:
    def take(_n: int) -> str:
        with acting_for(committed.as_("gdansk")) as acting:
            return next_ref(acting, "ALR")

    made = in_threads(take, range(4))
    assert sorted(int(ref[-4:]) for ref in made) == [1, 2, 3, 4]
