"""Proposals over the API: the other side decides, and no answer betrays whether there is one. With real commits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from portsec.access.acting import as_system
from portsec.access.actions import create_organisation, join_region
from portsec.access.models import Membership, Organisation
from portsec.access.roles import Role
from tests.access.managing import pointers, send, signed_in
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("nothing_counted")

PROPOSALS = "/api/v1/region-proposals/"
KNOWN = ("ITTRS", "Port of Trieste")
UNKNOWN = ("QQQQQ", "Nobody at all")
OF_ITS_OWN = {"id", "created_at", "expires_at", "answered_at", "request_id"}


@pytest.fixture
def coordinator(committed: Cast) -> Client:
    return signed_in(committed, "council", Role.COORDINATOR)


@pytest.fixture
def forum(committed: Cast) -> Client:
    """Who coordinates the Adriatic."""
    body = create_organisation("Adriatic Forum", Organisation.Kind.COORDINATION_BODY)
    join_region(body, committed.regions["adriatic"])
    with as_system("a test puts a coordinator into a body"):
        person = committed.user("trieste", Role.LIAISON)
        Membership.objects.filter(user=person).update(is_active=False)
        Membership.objects.create(user=person, organisation=body, role=Role.COORDINATOR)
    client = Client()
    client.force_login(person)
    return client


def said(cast: Cast, wanted: str = "ITTRS", **changes: Any) -> dict[str, Any]:
    return {"kind": "membership", "region": str(cast.regions["baltic"].pk), "wanted": wanted, **changes}


def proposed(cast: Cast, client: Client, wanted: str = "ITTRS", **changes: Any) -> str:
    answer = send(client, "post", PROPOSALS, said(cast, wanted, **changes))
    assert answer.status_code == 201, answer.content
    return f"{PROPOSALS}{answer.json()['id']}/"


def listed(client: Client, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(PROPOSALS, query).json()["results"]
    return found


# What the question does not tell


def faceless(answer: Any, wanted: str) -> tuple[int, dict[str, str], str]:
    """All that an asker is told, but for what was typed, ids, hours and the tag that is made of them."""
    body = {name: "…" if value and name in OF_ITS_OWN else value for name, value in answer.json().items()}
    headers = {name: value for name, value in answer.headers.items() if name not in {"X-Request-Id", "ETag", "Content-Length"}}
    return answer.status_code, headers, str(body).replace(wanted, "…")


def told_of(cast: Cast, client: Client, wanted: str, **changes: Any) -> list[Any]:
    """Every answer to who asks for one name: made, listed, read, made again, answered in the other's place, withdrawn."""
    made = send(client, "post", PROPOSALS, said(cast, wanted, **changes))
    address = f"{PROPOSALS}{made.json()['id']}/"
    assert [one for one in listed(client, show="sent") if one["id"] == made.json()["id"]] == [made.json()]
    answers = [made, client.get(address), send(client, "post", PROPOSALS, said(cast, wanted, **changes))]
    answers += [send(client, "post", f"{address}{verb}/") for verb in ("accept", "decline", "withdraw")]
    return [faceless(one, wanted) for one in answers]


def test_known_and_unknown_names_are_answered_alike_to_the_last_word(committed: Cast, coordinator: Client) -> None:
    answers = [told_of(committed, coordinator, wanted) for wanted in (*KNOWN, *UNKNOWN)]
    assert all(one == answers[0] for one in answers)
    assert [one[0] for one in answers[0]] == [201, 200, 400, 403, 403, 200]


def test_a_region_that_there_is_and_one_that_there_is_not_are_answered_alike(committed: Cast, coordinator: Client, forum: Client) -> None:
    """Who coordinates a region is asked of the one that is meant: to the asker that must not show, neither by 403 against 404."""
    answers = [told_of(committed, coordinator, wanted, kind="link") for wanted in ("Adriatic region", "Atlantis region")]
    assert answers[0] == answers[1]


def test_the_list_and_its_file_hold_nothing_of_whom_a_name_means(committed: Cast, coordinator: Client, forum: Client) -> None:
    for wanted in ("ITTRS", "QQQQQ"):
        proposed(committed, coordinator, wanted)
    proposed(committed, coordinator, "adriatic REGION", kind="link")
    rows = listed(coordinator)
    assert [(one["wanted"], one["other"], one["state"], one["direction"]) for one in rows] == [
        ("adriatic REGION", None, "waiting", "sent"), ("QQQQQ", None, "waiting", "sent"), ("ITTRS", None, "waiting", "sent"),
    ]  # fmt: skip
    file = coordinator.get(PROPOSALS, {"format": "csv"}).getvalue().decode()
    for betrayed in ("Trieste", "Adriatic region", str(committed.trieste.pk), str(committed.regions["adriatic"].pk)):
        assert betrayed not in file + str(rows)
    assert file.count("waiting") == 3


def test_a_repeated_request_is_answered_alike_and_asks_once(committed: Cast, coordinator: Client) -> None:
    for wanted in ("ITTRS", "QQQQQ"):
        answers = [send(coordinator, "post", PROPOSALS, said(committed, wanted), Idempotency_Key=wanted) for _time in range(2)]
        assert [one.status_code for one in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert answers[0].headers["ETag"] == answers[1].headers["ETag"]


# Asking and answering


def test_the_asked_reads_who_asks_for_which_region_and_says_yes(committed: Cast, coordinator: Client) -> None:
    address = proposed(committed, coordinator)
    client = signed_in(committed, "trieste", Role.ADMINISTRATOR)
    (row,) = listed(client, show="received")
    assert (row["direction"], row["kind"], row["body"]["name"], row["region"]["name"]) == (
        "received", "membership", "Baltic Port Security Council", "Baltic region",
    )  # fmt: skip
    assert (row["wanted"], row["other"], row["state"]) == (None, None, "waiting")
    answer = send(client, "post", f"{address}accept/")
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert committed.regions["baltic"].memberships.filter(organisation=committed.trieste).exists()
    assert coordinator.get(address).json()["state"] == "accepted"
    assert send(client, "post", f"{address}decline/").status_code == 409


def test_a_link_is_accepted_by_who_coordinates_the_other_region(committed: Cast, coordinator: Client, forum: Client) -> None:
    address = proposed(committed, coordinator, "Adriatic region", kind="link")
    assert forum.get(address).json()["other"] == {"id": str(committed.regions["adriatic"].pk), "name": "Adriatic region"}
    assert send(signed_in(committed, "trieste", Role.ADMINISTRATOR), "post", f"{address}accept/").status_code == 404
    assert send(forum, "post", f"{address}accept/").json()["state"] == "accepted"
    assert committed.regions["baltic"].linked.filter(pk=committed.regions["adriatic"].pk).exists()


def test_a_no_is_told_and_changes_nothing(committed: Cast, coordinator: Client) -> None:
    address = proposed(committed, coordinator)
    assert send(signed_in(committed, "trieste", Role.ADMINISTRATOR), "post", f"{address}decline/").json()["state"] == "declined"
    assert coordinator.get(address).json()["state"] == "declined"
    assert not committed.regions["baltic"].memberships.filter(organisation=committed.trieste).exists()
    assert send(coordinator, "post", f"{address}withdraw/").status_code == 409


def test_what_was_withdrawn_is_absent_for_the_asked(committed: Cast, coordinator: Client) -> None:
    address = proposed(committed, coordinator)
    client = signed_in(committed, "trieste", Role.ADMINISTRATOR)
    assert pointers(send(client, "post", f"{address}withdraw/")) == {"": "other_side"}
    assert send(coordinator, "post", f"{address}withdraw/").json()["state"] == "withdrawn"
    assert client.get(address).status_code == send(client, "post", f"{address}accept/").status_code == 404
    assert listed(client) == []


def test_after_a_month_it_is_expired(committed: Cast, coordinator: Client) -> None:
    address = proposed(committed, coordinator, "QQQQQ")
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        later = signed_in(committed, "council", Role.COORDINATOR)
        assert later.get(address).json()["state"] == "expired"


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"wanted": ""}, {"/wanted": "required"}),
        ({"wanted": "=1"}, {"/wanted": "formula"}),
        ({"wanted": "PLGDN"}, {"/wanted": "member_already"}),
        ({"kind": "link", "wanted": "Baltic region"}, {"/wanted": "itself"}),
        ({"kind": "link", "wanted": "Kattegat region"}, {"/wanted": "linked_already"}),
        ({"kind": "marriage"}, {"/kind": "invalid_choice"}),
        ({"organisation": "x"}, {"/organisation": "unknown_field"}),
    ],
)
def test_what_is_wrong_with_a_proposal_is_named(
    committed: Cast, coordinator: Client, changes: dict[str, Any], faults: dict[str, str]
) -> None:
    answer = send(coordinator, "post", PROPOSALS, {**said(committed), **changes})
    assert (answer.status_code, pointers(answer)) == (400, faults)


@pytest.mark.parametrize("kind", ["membership", "link"])
def test_nobody_proposes_for_a_region_of_others(committed: Cast, coordinator: Client, kind: str) -> None:
    for pk in (committed.regions["kattegat"].pk, committed.regions["adriatic"].pk, uuid4()):
        assert send(coordinator, "post", PROPOSALS, said(committed, kind=kind, region=str(pk))).status_code == 404


# Who may


def test_a_proposal_is_for_the_managers_of_its_two_sides_and_absent_for_all_others(committed: Cast, coordinator: Client) -> None:
    address = proposed(committed, coordinator)
    for name, role, status in (
        ("trieste", Role.SECURITY_OFFICER, 403), ("council", Role.STAFF, 403),
        ("gdansk", Role.ADMINISTRATOR, 404), ("aarhus", Role.ADMINISTRATOR, 404), ("coastguard", Role.ADMINISTRATOR, 404),
    ):  # fmt: skip
        client = signed_in(committed, name, role)
        answers = [client.get(address), *(send(client, "post", f"{address}{verb}/") for verb in ("accept", "decline", "withdraw"))]
        assert {one.status_code for one in answers} == {status}, name
        if role == Role.ADMINISTRATOR:
            assert listed(client) == []
    assert coordinator.get(address).json()["state"] == "waiting"


def test_a_token_neither_reads_nor_makes_nor_answers_proposals(committed: Cast, coordinator: Client) -> None:
    address = proposed(committed, coordinator)
    for name in ("council", "trieste"):
        client = Client(headers={"Authorization": f"Token {committed.token(name)}"})
        asked = [client.get(PROPOSALS), client.get(address), send(client, "post", PROPOSALS, said(committed))]
        answers = asked + [send(client, "post", f"{address}{verb}/") for verb in ("accept", "decline", "withdraw")]
        assert [one.status_code for one in answers] == [403] * 6, name


# Lists


def test_the_list_goes_by_pages_newest_first(committed: Cast, coordinator: Client) -> None:
    for number in range(5):
        proposed(committed, coordinator, f"Harbour {number}")
    seen, address = [], f"{PROPOSALS}?limit=2&count=true"
    while address:
        answer = coordinator.get(address).json()
        assert answer["count"] == 5
        seen += [one["wanted"] for one in answer["results"]]
        address, last = answer["next"], answer
    assert seen == [f"Harbour {number}" for number in (4, 3, 2, 1, 0)]
    assert [one["wanted"] for one in coordinator.get(last["previous"]).json()["results"]] == ["Harbour 2", "Harbour 1"]


def test_a_side_that_there_is_not_is_refused(coordinator: Client) -> None:
    assert listed(coordinator, show="received") == []
    assert pointers(coordinator.get(PROPOSALS, {"show": "secret"})) == {"/show": "invalid_choice"}
    assert pointers(coordinator.get(PROPOSALS, {"wanted": "ITTRS"})) == {"/wanted": "unknown_parameter"}


def test_the_list_costs_the_same_for_few_and_for_many(
    committed: Cast, coordinator: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    coordinator.get(PROPOSALS)
    for number in range(12):
        proposed(committed, coordinator, f"Harbour {number}")
    # session, user, memberships; savepoint, context and its end; the proposals
    with django_assert_num_queries(7):
        assert len(listed(coordinator)) == 12
