"""Bad input to `POST /alerts/` and to the composer: a 4xx that names the field and the remedy, and nothing written."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from incidents.models import Alert
from portsec.access.acting import acting_for
from portsec.delivery.models import Delivery
from portsec.journal.models import Entry
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Program = Callable[..., APIClient]
ADDRESS = "/api/v1/alerts/"

BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("an unknown field", {"colour": "red"}, "/colour", "Unknown field"),
    ("an unknown field of the audience", {"audience": {"kind": "region", "ports": 3}}, "/audience/ports", "Unknown field"),
    ("a wrong enumeration", {"severity": "severe"}, "/severity", "not a valid choice"),
    ("a wrong category", {"category": ["Sabotage"]}, "/category/0", "not a valid choice"),
    ("no category", {"category": []}, "/category", "may not be empty"),
    ("an audience wider than the label", {"tlp": "AMBER", "audience": {"kind": "region"}}, "/audience", "Choose TLP:GREEN"),
    ("a label for persons without persons", {"tlp": "RED", "audience": {"kind": "region_ports"}}, "/audience", "Too wide for TLP:RED"),
    ("persons under a label that names none", {"persons": [str(uuid.uuid4())]}, "/persons", "Only TLP:RED"),
    ("an expiry in the past", {"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at", "is in the past"),
    (
        "an expiry before it takes effect",
        {"effective_at": "2999-01-02T00:00:00Z", "expires_at": "2999-01-01T00:00:00Z"},
        "/expires_at",
        "later",
    ),
    (
        "an organisation that is nowhere",
        {"audience": {"kind": "named", "organisations": [str(uuid.uuid4())]}},
        "/audience/organisations/0",
        "No such",
    ),
    ("nobody named", {"audience": {"kind": "named", "organisations": []}}, "/audience/organisations", "at least one"),
    (
        "a region that is not ours",
        {"audience": {"kind": "region", "region": str(uuid.uuid4())}},
        "/audience/region",
        "not in such a region",
    ),
    (
        "organisations beside a region",
        {"audience": {"kind": "region", "organisations": [str(uuid.uuid4())]}},
        "/audience/organisations",
        "named",
    ),
    ("300,000 characters", {"description": "x" * 300_000}, "/description", "8000 characters"),
    ("a long headline", {"headline": "x" * 161}, "/headline", "160 characters"),
    ("control characters", {"instruction": "look\x07here"}, "/instruction", "control character"),
    ("text turned around", {"headline": "safe \u202egnp.exe"}, "/headline", "control character"),
    ("two lines for a headline", {"headline": "one\ntwo"}, "/headline", "one line"),
    ("an empty headline", {"headline": "  "}, "/headline", "may not be blank"),
    ("an open polygon", {"areas": [{"description": "x", "polygon": [[1, 2], [3, 4], [5, 6], [7, 8]]}]}, "/areas", "Close the polygon"),
    ("a position off the globe", {"areas": [{"description": "x", "circle": {"lat": 91, "lon": 0, "km": 1}}]}, "/areas", "Latitude"),
    ("an area without words", {"areas": [{"circle": {"lat": 9, "lon": 0, "km": 1}}]}, "/areas", "in words"),
    ("no time to answer", {"acknowledge_within": 5}, "/acknowledge_within", "30"),
    ("a list for an object", {"audience": ["region"]}, "/audience", "JSON object"),
]


@pytest.fixture
def body(alert_content: dict[str, Any]) -> dict[str, Any]:
    return {**alert_content, "audience": {"kind": "region_ports"}}


def written(cast: Cast) -> tuple[int, ...]:
    with acting_for(cast.as_("gdansk")):
        return Alert.objects.count(), Delivery.objects.count(), Entry.objects.count()


@pytest.mark.parametrize(("change", "pointer", "remedy"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_the_api_names_the_field_and_writes_nothing(
    cast: Cast, program: Program, body: dict[str, Any], change: dict[str, Any], pointer: str, remedy: str
) -> None:
    client, before = program("gdansk"), written(cast)
    answer = client.post(ADDRESS, {**body, **change}, format="json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "request_id", "errors"}
    assert pointer in {error["pointer"] for error in problem["errors"]}
    assert remedy in " ".join(error["detail"] for error in problem["errors"])
    assert written(cast) == before


def test_a_foreign_organisation_is_refused_like_one_that_does_not_exist(cast: Cast, program: Program, body: dict[str, Any]) -> None:
    client = program("gdansk")
    answers = [
        client.post(ADDRESS, {**body, "audience": {"kind": "named", "organisations": [str(one)]}}, format="json").json()["errors"]
        for one in (cast.trieste.pk, uuid.uuid4())
    ]
    assert answers[0] == answers[1]


def test_every_mistake_is_named_at_once(cast: Cast, program: Program) -> None:
    answer = program("gdansk").post(ADDRESS, {}, format="json")
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {f"/{name}" for name in ("headline", "event", "category", "urgency", "severity", "certainty", "tlp", "audience")}


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [(b"{not json", "application/json", 400), (b"[1, 2]", "application/json", 400), (b"a=1", "application/x-www-form-urlencoded", 415)],
)
def test_what_is_no_json_object_is_refused(cast: Cast, program: Program, content: bytes, kind: str, status: int) -> None:
    answer = program("gdansk").generic("POST", ADDRESS, content, content_type=kind)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(("change", "pointer"), [({"severity": "\ud800"}, "/severity"), ({"colour\ud800": "red"}, "/colour?")])
def test_half_a_letter_is_refused_where_it_stands(
    cast: Cast, program: Program, body: dict[str, Any], change: dict[str, Any], pointer: str
) -> None:
    """JSON can hold half of a surrogate pair, and no answer can: it is said again as a question mark."""
    answer = program("gdansk").post(ADDRESS, json.dumps({**body, **change}), content_type="application/json")
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (400, [pointer])


def test_a_key_that_comes_with_another_body_is_refused(cast: Cast, program: Program, body: dict[str, Any]) -> None:
    client = program("gdansk")
    first = client.post(ADDRESS, body, format="json", headers={"Idempotency-Key": "night-1"})
    again = client.post(ADDRESS, body, format="json", headers={"Idempotency-Key": "night-1"})
    other = client.post(ADDRESS, {**body, "headline": "Another"}, format="json", headers={"Idempotency-Key": "night-1"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.json() == first.json()
    with acting_for(cast.as_("gdansk")):
        assert Alert.objects.count() == 1


@pytest.fixture
def form(alert_content: dict[str, Any]) -> dict[str, Any]:
    return {**alert_content, "audience_kind": "region_ports"}


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"expires_at": "22.11.2020 23:30"}, "expires_at", "is in the past"),
        ({"expires_at": "tomorrow"}, "expires_at", "24.11.2026 06:30"),
        ({"tlp": "AMBER", "audience_kind": "region"}, "audience_kind", "Choose TLP:GREEN"),
        ({"audience_kind": "named"}, "organisations", "at least one"),
        ({"tlp": "RED", "audience_kind": "named"}, "organisations", "at least one"),
        ({"headline": ""}, "headline", "in one line"),
        ({"description": "x" * 300_000}, "description", "8000"),
        ({"instruction": "look\x07here"}, "instruction", "control character"),
        ({"severity": "Enormous"}, "severity", "valid choice"),
    ],
)
def test_the_composer_says_the_same_beside_the_field_and_keeps_the_input(
    cast: Cast, browse: Callable[..., Client], form: dict[str, Any], change: dict[str, Any], field: str, remedy: str
) -> None:
    before = written(cast)
    answer = browse("gdansk").post("/alerts/new/", {**form, **change})
    assert answer.status_code == 422
    assert remedy in " ".join(answer.context["form"].errors[field])
    page = answer.content.decode()
    assert "<title>Error: " in page
    assert form["headline"] in page or "headline" in change
    assert written(cast) == before
