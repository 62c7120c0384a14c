"""A person of two organisations acts for one at a time, and for no third one ever."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from incidents.models import Alert
from portsec.access.actions import add_member, remove_member
from portsec.access.models import User
from portsec.access.roles import Role
from tests.cast import Cast

Publish = Callable[..., Alert]
HEADER = "Portsec-Organisation"


@pytest.fixture
def both(committed: Cast) -> User:
    """Gdańsk's officer, who stands in as a deputy in Trieste."""
    user = committed.user("gdansk")
    add_member(user, committed.trieste, Role.DEPUTY)
    return user


@pytest.fixture
def browser(both: User) -> Client:
    client = Client()
    client.force_login(both)
    return client


def acting(client: Client, **headers: str) -> Any:
    return client.get("/api/v1/me/", headers=headers).json()


def switch(client: Client, organisation: Any) -> int:
    return client.post("/switch/", {"organisation": str(organisation)}).status_code


def test_one_begins_in_the_organisation_that_one_joined_first(committed: Cast, browser: Client) -> None:
    assert acting(browser)["organisation"]["name"] == committed.gdansk.name


def test_switching_changes_organisation_role_and_what_one_sees(committed: Cast, browser: Client, publish: Publish) -> None:
    alerts = {name: str(publish(committed.as_(name)).pk) for name in ("gdansk", "trieste")}
    seen = []
    for name in ("trieste", "gdansk"):
        assert switch(browser, committed.organisations[name].pk) == 302
        me, listed = acting(browser), browser.get("/api/v1/alerts/").json()["results"]
        seen.append((me["organisation"]["name"], me["role"], [one["id"] for one in listed]))
    assert seen == [
        (committed.trieste.name, "deputy", [alerts["trieste"]]),
        (committed.gdansk.name, "security_officer", [alerts["gdansk"]]),
    ]


def test_a_foreign_organisation_is_as_absent_as_none(committed: Cast, browser: Client) -> None:
    assert [switch(browser, wanted) for wanted in (committed.gdynia.pk, uuid4(), "", "no-id")] == [404] * 4
    assert acting(browser)["organisation"]["name"] == committed.gdansk.name


def test_the_header_names_the_organisation_for_one_request(committed: Cast, browser: Client) -> None:
    assert acting(browser, **{HEADER: str(committed.trieste.pk)})["organisation"]["name"] == committed.trieste.name
    assert acting(browser)["organisation"]["name"] == committed.gdansk.name


def test_a_foreign_header_is_refused_in_the_same_words_whether_it_exists(committed: Cast, browser: Client) -> None:
    answers = [browser.get("/api/v1/me/", headers={HEADER: str(wanted)}) for wanted in (committed.gdynia.pk, uuid4())]
    assert [one.status_code for one in answers] == [401, 401]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_a_foreign_header_opens_no_page_either(committed: Cast, browser: Client) -> None:
    assert browser.get("/alerts/", headers={HEADER: str(committed.gdynia.pk)}).status_code == 403
    assert browser.get("/alerts/", headers={HEADER: str(committed.trieste.pk)}).status_code == 200


def test_who_is_taken_out_acts_for_the_other_at_once(committed: Cast, browser: Client, both: User) -> None:
    switch(browser, committed.trieste.pk)
    remove_member(both, committed.trieste)
    assert acting(browser)["organisation"]["name"] == committed.gdansk.name
    assert [one["organisation"]["name"] for one in acting(browser)["memberships"]] == [committed.gdansk.name]
    assert switch(browser, committed.trieste.pk) == 404


def test_who_belongs_nowhere_any_more_is_told_so(committed: Cast, browser: Client, both: User) -> None:
    for organisation in (committed.trieste, committed.gdansk):
        remove_member(both, organisation)
    assert browser.get("/").status_code == 403
    answer = browser.get("/api/v1/me/")
    assert (answer.status_code, "no organisation" in answer.json()["detail"]) == (401, True)


def test_switching_is_a_post(browser: Client) -> None:
    assert browser.get("/switch/").status_code == 405
