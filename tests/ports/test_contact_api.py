"""`/api/v1/contact-points/`: what it takes, what it refuses in which words, and its filters."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from ports.models import ContactPoint
from portsec.access.acting import acting_for
from portsec.journal.models import Entry
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Program = Callable[..., APIClient]
ADDRESS = "/api/v1/contact-points/"
BODY = {"role": "Duty officer", "phone": "+46 70 174 06 05", "situations": ["emergency", "alert"]}
OFFICE = {"hours": "office", "days": [1, 2, 3, 4, 5], "opens_at": "08:00", "closes_at": "16:00"}

BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("a phone that is none", {"phone": "call me"}, "/phone", "country code"),
    ("a phone without its country", {"phone": "058 123 45 67"}, "/phone", "country code"),
    ("a phone that is too short", {"phone": "+46 70"}, "/phone", "country code"),
    ("a second phone that is none", {"second_phone": "+46 70 174 06 05 ext 3"}, "/second_phone", "country code"),
    ("an e-mail address that is none", {"email": "duty at port"}, "/email", "valid email"),
    ("no way to reach it", {"phone": ""}, "/phone", "at least one way"),
    ("no situation", {"situations": []}, "/situations", "may not be empty"),
    ("an unknown situation", {"situations": ["party"]}, "/situations/0", "not a valid choice"),
    ("no role", {"role": " "}, "/role", "may not be blank"),
    ("hours without a window", {"hours": "office"}, "/opens_at", "Give a time"),
    ("hours without days", {**OFFICE, "days": []}, "/days", "Choose the days"),
    ("hours that end when they begin", {**OFFICE, "closes_at": "08:00"}, "/closes_at", "Always, day and night"),
    ("an hour that is none", {**OFFICE, "opens_at": "25:00"}, "/opens_at", "wrong format"),
    ("an eighth day", {**OFFICE, "days": [8]}, "/days/0", "not a valid choice"),
    ("days for who always answers", {"days": [1]}, "/days", "set hours to office"),
    ("a verification to come", {"verified_on": "2999-01-01"}, "/verified_on", "still to come"),
    ("control characters", {"role": "Duty\x07officer"}, "/role", "control character"),
    ("a name turned around", {"person": "Anna \u202eavonA"}, "/person", "control character"),
    ("two lines", {"note": "one\ntwo"}, "/note", "one line"),
    ("300,000 characters", {"role": "x" * 300_000}, "/role", "80 characters"),
    ("a phone of 300,000 digits", {"phone": "+4" * 150_000}, "/phone", "60 characters"),
    ("an unknown field", {"colour": "red"}, "/colour", "Unknown field"),
    ("an order, which is set by reorder", {"call_order": 1}, "/call_order", "Unknown field"),
    (
        "a nowhere organisation",
        {"audience": {"kind": "named", "organisations": [str(uuid.uuid4())]}},
        "/audience/organisations/0",
        "No such",
    ),
    (
        "a region that is not ours",
        {"audience": {"kind": "region", "region": str(uuid.uuid4())}},
        "/audience/region",
        "not in such a region",
    ),
]


@pytest.fixture
def client(program: Program) -> APIClient:
    return program("gdansk")


def written(cast: Cast) -> tuple[int, int]:
    with acting_for(cast.as_("gdansk")):
        return ContactPoint.objects.count(), Entry.objects.count()


def create(client: APIClient, **changes: Any) -> dict[str, Any]:
    answer = client.post(ADDRESS, {**BODY, **changes}, format="json")
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def patch(client: APIClient, one: dict[str, Any], body: dict[str, Any], match: str | None = None) -> Any:
    at = f"{ADDRESS}{one['id']}/"
    return client.patch(at, body, format="json", headers={"If-Match": match or client.get(at).headers["ETag"]})


@pytest.mark.parametrize(("change", "pointer", "remedy"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_it_names_the_field_and_writes_nothing(cast: Cast, client: APIClient, change: dict[str, Any], pointer: str, remedy: str) -> None:
    before = written(cast)
    answer = client.post(ADDRESS, {**BODY, **change}, format="json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    problem = answer.json()
    assert pointer in {error["pointer"] for error in problem["errors"]}
    assert remedy in " ".join(error["detail"] for error in problem["errors"])
    assert len(answer.content) < 5_000, "what was sent is not sent back"
    assert written(cast) == before


@pytest.mark.parametrize(("change", "pointer", "remedy"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_change_is_held_to_the_same_rules(cast: Cast, client: APIClient, change: dict[str, Any], pointer: str, remedy: str) -> None:
    one = create(client)
    before = written(cast)
    if "audience" in change:
        pointer, remedy = "/audience", "Unknown field"
    answer = patch(client, one, change)
    assert answer.status_code == 400
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert remedy in " ".join(error["detail"] for error in answer.json()["errors"])
    assert written(cast) == before


def test_a_stranger_is_refused_like_one_that_does_not_exist(cast: Cast, client: APIClient) -> None:
    answers = []
    for one in (cast.trieste.pk, uuid.uuid4()):
        body = {**BODY, "audience": {"kind": "named", "organisations": [str(one)]}}
        answers.append(client.post(ADDRESS, body, format="json").json()["errors"])
    assert answers[0] == answers[1]


def test_what_is_made_is_shown_whole(cast: Cast, client: APIClient) -> None:
    one = create(client, **OFFICE, person="Anna Nowak", radio_channel="VHF 12", situations=["alert", "alert", "emergency"])
    assert (one["phone"], one["situations"]) == ("+46701740605", ["alert", "emergency"])
    assert (one["organisation"]["name"], one["time_zone"]) == (cast.gdansk.name, "Europe/Warsaw")
    assert (one["opens_at"], one["days"], one["is_stale"], one["is_active"]) == ("08:00:00", [1, 2, 3, 4, 5], True, True)
    assert one["audience"]["kind"] == "region"
    assert client.get(one["url"]).json() == one


def test_hours_past_midnight_are_taken(client: APIClient) -> None:
    assert create(client, **{**OFFICE, "opens_at": "18:00", "closes_at": "06:00"})["closes_at"] == "06:00:00"


def test_the_same_key_adds_it_once(cast: Cast, client: APIClient) -> None:
    first, second = (client.post(ADDRESS, BODY, format="json", headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert written(cast)[0] == 1


def test_nobody_writes_over_what_he_has_not_read(client: APIClient) -> None:
    one = create(client)
    read = client.get(one["url"]).headers["ETag"]
    assert client.patch(one["url"], {"note": "x"}, format="json").status_code == 428
    changed = patch(client, one, {"note": "first"}, read)
    assert (changed.status_code, changed.json()["note"]) == (200, "first")
    assert patch(client, one, {"note": "second"}, read).status_code == 412
    assert patch(client, one, {"note": "second"}, changed.headers["ETag"]).status_code == 200


def test_from_office_to_always_the_window_goes(client: APIClient) -> None:
    one = patch(client, create(client, **OFFICE), {"hours": "always"}).json()
    assert (one["days"], one["opens_at"], one["closes_at"]) == ([], None, None)


def test_the_verbs_of_an_object(cast: Cast, client: APIClient) -> None:
    first, second = create(client), create(client, role="Berth master")
    at = f"{ADDRESS}{second['id']}/"
    assert client.post(f"{at}verify/").json()["is_stale"] is False
    assert client.post(f"{at}reorder/", {"place": 1}, format="json").json()["call_order"] == 1
    assert client.get(first["url"]).json()["call_order"] == 2
    refused = client.post(f"{at}reorder/", {"place": 9}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/place")
    assert client.post(f"{at}retire/").json()["is_active"] is False
    gone = client.post(f"{at}verify/")
    assert (gone.status_code, gone.json()["detail"]) == (409, "This contact point is retired. Add a new one.")
    assert [one["id"] for one in client.get(ADDRESS).json()["results"]] == [first["id"]]
    verbs = [one["verb"].partition(".")[2] for one in client.get(f"{at}history/").json()["results"]]
    assert verbs == ["added", "verified", "reordered", "retired"]


def found(client: APIClient, **query: str) -> list[str]:
    answer = client.get(ADDRESS, query)
    assert answer.status_code == 200, answer.content
    return sorted(one["role"] for one in answer.json()["results"])


def test_its_filters(cast: Cast, client: APIClient, program: Program) -> None:
    create(client, role="Always", situations=["inspection"], verified_on=str(timezone.localdate()))
    create(client, role="Office", **OFFICE, verified_on=str(timezone.localdate() - timedelta(days=100)))
    create(program("riga"), role="Rīga", person="Jānis Bērzs")
    assert found(client) == ["Always", "Office", "Rīga"]
    assert found(client, organisation=str(cast.riga.pk)) == ["Rīga"]
    assert found(client, situation="inspection") == ["Always"]
    assert found(client, stale="true") == ["Office", "Rīga"]
    assert found(client, stale="false") == ["Always"]
    assert found(client, reachable_at="2026-11-24T02:14:00Z") == ["Always", "Rīga"]
    assert found(client, reachable_at="2026-11-24T07:14:00Z") == ["Always", "Office", "Rīga"]
    assert found(client, search="bērz") == ["Rīga"]
    assert found(client, search="gdańsk") == ["Always", "Office"]
    assert found(client, search="701740605") == [], "a number is not searched for"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("situation=party", "/situation"),
        ("organisation=riga", "/organisation"),
        ("stale=maybe", "/stale"),
        ("reachable_at=now", "/reachable_at"),
        ("reachable_at=2026-11-24T02:14:00", "/reachable_at"),
        ("reachable_at=2026-13-45T02:14:00Z", "/reachable_at"),
        ("reachable_at=9999-12-31T23:59:59-23:59", "/reachable_at"),  # beyond the calendar, once it is UTC
        ("phone=1", "/phone"),
    ],
)
def test_a_filter_that_it_does_not_understand_is_refused(client: APIClient, query: str, pointer: str) -> None:
    answer = client.get(f"{ADDRESS}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_pages_lead_on_by_key(client: APIClient) -> None:
    for number in range(3):
        create(client, role=f"Role {number}")
    first = client.get(ADDRESS, {"limit": 2, "count": "true"}).json()
    assert (first["count"], [one["role"] for one in first["results"]]) == (3, ["Role 2", "Role 1"])
    assert [one["role"] for one in client.get(first["next"]).json()["results"]] == ["Role 0"]


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-11-24T02:14:00-23:59"])
def test_the_ends_of_the_calendar_are_instants_too(client: APIClient, at: str) -> None:
    create(client, role="Always")
    create(client, role="Office", **OFFICE)
    assert "Always" in found(client, reachable_at=at)


def test_a_lapse_of_a_role_is_said_before_a_look_at_the_body(cast: Cast, program: Program, client: APIClient) -> None:
    one = create(client)
    neighbour = program("gdynia").patch(one["url"], {"note": "x"}, format="json", headers={"If-Match": "*"})
    assert (neighbour.status_code, neighbour.json()["errors"][0]["code"]) == (403, "not_owner")
    reader = program("gdansk", scopes=["read"]).patch(one["url"], {"note": "x"}, format="json", headers={"If-Match": "*"})
    assert (reader.status_code, reader.json()["errors"][0]["code"]) == (403, "scope_missing")
