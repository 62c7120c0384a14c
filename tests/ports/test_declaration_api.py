"""`/api/v1/declarations/`, as a port's system and a person's browser use it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from ports.models import DeclarationOfSecurity, DeclarationSignature, PortFacility
from tests.access.managing import confirm
from tests.access.sql import taken_back
from tests.cast import Cast
from tests.ports.conftest import SHIP

pytestmark = pytest.mark.django_db
AT = "/api/v1/declarations/"
AddFacility = Callable[..., PortFacility]
Program = Callable[..., APIClient]
Declare = Callable[..., DeclarationOfSecurity]
Sign = Callable[..., DeclarationSignature]


@pytest.fixture
def own(cast: Cast, facility: AddFacility) -> PortFacility:
    return facility(cast.as_("gdansk"), "PLGDN-0001")


@pytest.fixture
def orlowo(cast: Cast, facility: AddFacility) -> PortFacility:
    return facility(cast.as_("gdynia"), "PLGDY-0001")


def body(own: PortFacility, **changes: Any) -> dict[str, Any]:
    now = timezone.now()
    period = {"valid_from": now.isoformat(), "valid_to": (now + timedelta(days=1)).isoformat()}
    return {"facility": str(own.pk), **SHIP, "activities": "Loading", **period, **changes}


def post(client: Any, address: str, said: Any = None, **headers: str) -> Any:
    """A refusal ends the transaction of its request, which here is the test's: it is taken back."""
    with taken_back():
        answer = client.post(address, said or {}, format="json", headers=headers)
    return client.post(address, said or {}, format="json", headers=headers) if answer.status_code < 400 else answer


def pointers(answer: Any) -> dict[str, str]:
    return {one["pointer"]: one["code"] for one in answer.json()["errors"]}


def test_a_program_requests_once_for_one_key(cast: Cast, program: Program, own: PortFacility) -> None:
    client, said = program("gdansk"), body(own, ship_imo="IMO 9074729")
    made, again = (client.post(AT, said, format="json", headers={"Idempotency-Key": "k"}) for _time in range(2))
    assert (made.status_code, again.json()) == (201, made.json())
    told = made.json()
    assert made["ETag"] == client.get(f"{AT}{told['id']}/")["ETag"]
    expected = {
        "state": "requested", "counterpart": "ship", "ship_imo": "9074729", "own_level": 1, "other_level": 2, "text_version": 1,
        "signatures": [],
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    assert (told["keep_days"], told["keep_rule"], told["retain_until"]) == (90, "33 CFR 105.225(b)", None)
    assert len(told["measures"]) == 11


def test_a_draft_is_changed_under_its_etag_and_then_requested(cast: Cast, program: Program, own: PortFacility) -> None:
    client = program("gdansk")
    made = client.post(AT, body(own, draft=True, activities=""), format="json")
    address = f"{AT}{made.json()['id']}/"
    assert made.json()["state"] == "draft"
    assert pointers(post(client, f"{address}request/")) == {"/activities": "required"}
    with taken_back():
        assert client.patch(address, {"activities": "Loading"}, format="json").status_code == 428
    changed = client.patch(address, {"activities": "Loading"}, format="json", headers={"If-Match": made["ETag"]})
    assert changed.status_code == 200
    with taken_back():
        assert client.patch(address, {"activities": "X"}, format="json", headers={"If-Match": made["ETag"]}).status_code == 412
    assert client.post(f"{address}request/").json()["state"] == "requested"


@pytest.mark.parametrize(("changes", "expected"), [
    ({"ship_imo": "9074728"}, {"/ship_imo": "check_digit"}),
    ({"colour": "red"}, {"/colour": "unknown_field"}),
    ({"counterpart": "plane"}, {"/counterpart": "invalid_choice"}),
    ({"measures": {"cargo": {"by": "us"}}}, {"/measures/cargo/by": "invalid_choice"}),
    ({"measures": {"cargo": {"by": "both"}, "dance": {"by": "both"}}}, {"/measures/dance": "unknown_duty"}),
    ({"additional": [{"text": "Boat", "by": "both", "when": "now"}]}, {"/additional/0/when": "unknown_field"}),
    ({"valid_to": "2020-01-01T00:00:00Z"}, {"/valid_to": "before_from"}),
    ({"facility": "mine"}, {"/facility": "invalid"}),
    ({"clear_signatures": True}, {"/clear_signatures": "unknown_field"}),
], ids=str)  # fmt: skip
def test_bad_input_names_its_field(
    cast: Cast, program: Program, own: PortFacility, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    answer = post(program("gdansk"), AT, body(own, **changes))
    assert (answer.status_code, pointers(answer)) == (400, expected)
    assert program("gdansk").get(AT).json()["results"] == []


def test_two_ports_agree_and_end_over_the_api(cast: Cast, program: Program, own: PortFacility, orlowo: PortFacility) -> None:
    facilities = {"facility": str(own.pk), "counterpart": "facility", "other_facility": str(orlowo.pk)}
    said = {name: value for name, value in body(own).items() if name not in SHIP} | facilities
    ours, theirs = program("gdansk"), program("gdynia")
    address = f"{AT}{ours.post(AT, said, format='json').json()['id']}/"
    assert pointers(post(ours, f"{address}agree/")) == {"": "not_your_answer"}
    assert post(theirs, f"{address}agree/", {"text_version": 2}).status_code == 409
    assert theirs.post(f"{address}agree/", {"note": "From 06:00", "text_version": 1}, format="json").json()["state"] == "agreed"
    assert post(theirs, f"{address}agree/").status_code == 409
    ended = theirs.post(f"{address}end/", {"reason": "No ship"}, format="json").json()
    assert (ended["state"], ended["close_note"], bool(ended["retain_until"])) == ("cancelled", "No ship", True)
    assert [one["verb"] for one in ours.get(f"{address}history/").json()["results"]] == [
        "declaration.requested", "declaration.agreed", "declaration.cancelled",
    ]  # fmt: skip
    changes = [one for one in theirs.get("/api/v1/changes/").json()["results"] if one["kind"] == "declaration_of_security"]
    assert {one["url"] for one in changes} <= {f"/declarations/{address.split('/')[-2]}/"}
    for outsider in ("riga", "coastguard", "trieste"):
        assert program(outsider).get(address).status_code == 404
        assert post(program(outsider), f"{address}decline/", {"reason": "No"}).status_code == 404


def test_declining_needs_a_reason(cast: Cast, program: Program, declare: Declare) -> None:
    address = f"{AT}{declare(cast.as_('gdansk')).pk}/decline/"
    assert pointers(post(program("gdansk"), address)) == {"/reason": "required"}


def test_a_token_does_not_sign_and_a_person_confirms_first(cast: Cast, program: Program, browse: Any, declare: Declare) -> None:
    client = program("gdansk")
    address = f"{AT}{declare(cast.as_('gdansk')).pk}/"
    read = client.post(f"{address}agree/").json()
    said = {"sha256": read["sha256"]}
    assert post(client, f"{address}sign/", said).status_code == 403

    def by_person(person: Client) -> Any:
        return person.post(f"{address}sign/", said, content_type="application/json")

    person = browse("gdansk")
    with taken_back():
        assert pointers(by_person(person)) == {"": "second_factor_required"}
    answer = by_person(confirm(person))
    assert answer.status_code == 200, answer.content
    given = answer.json()["signatures"]
    assert (answer.json()["state"], [one["sha256"] for one in given], given[0]["stands"]) == ("signed_by_one", [read["sha256"]], True)


def test_a_signed_text_is_changed_only_as_a_new_version(cast: Cast, program: Program, declare: Declare, sign: Sign) -> None:
    gdansk, client = cast.as_("gdansk"), program("gdansk")
    declaration = declare(gdansk)
    address = f"{AT}{declaration.pk}/"
    client.post(f"{address}agree/")
    sign(gdansk, declaration)
    with taken_back():
        refused = client.patch(address, {"reason": "X"}, format="json", headers={"If-Match": "*"})
    assert refused.status_code == 409
    changed = client.patch(address, {"reason": "X", "clear_signatures": True}, format="json", headers={"If-Match": "*"}).json()
    assert (changed["state"], changed["text_version"], [one["stands"] for one in changed["signatures"]]) == ("requested", 2, [False])


def test_what_is_kept_is_not_deleted(cast: Cast, program: Program, declare: Declare) -> None:
    client = program("gdansk")
    address = f"{AT}{declare(cast.as_('gdansk')).pk}/"
    client.post(f"{address}end/")
    with taken_back():
        refused = client.delete(address, headers={"If-Match": "*"})
    assert refused.status_code == 409
    assert "33 CFR 105.225(b)" in refused.json()["detail"]
    draft = f"{AT}{declare(cast.as_('gdansk'), draft=True).pk}/"
    assert client.delete(draft, headers={"If-Match": "*"}).status_code == 204
    assert client.get(draft).status_code == 404


def test_the_list_is_filtered_and_paged(cast: Cast, program: Program, declare: Declare, sign: Sign, orlowo: PortFacility) -> None:
    gdansk, client = cast.as_("gdansk"), program("gdansk")
    held, asked, over = declare(gdansk), declare(gdansk, orlowo), declare(gdansk)
    client.post(f"{AT}{held.pk}/agree/")
    sign(gdansk, held)
    sign(gdansk, held, side="other", person="Tove Example", capacity="Master")
    client.post(f"{AT}{over.pk}/end/")

    def found(query: str, name: str = "gdansk") -> list[str]:
        return [one["id"] for one in program(name).get(AT + query).json()["results"]]

    def ids(*declarations: DeclarationOfSecurity) -> list[str]:
        return [str(one.pk) for one in declarations]

    assert found("") == ids(over, asked, held)
    assert found("?show=active") == ids(held)
    assert (found("?show=waiting"), found("?show=waiting", "gdynia")) == ([], ids(asked))
    assert found("?show=ended") == ids(over)
    assert found(f"?port={cast.gdynia.pk}") == ids(asked)
    assert found("?search=PLGDY-0001") == ids(asked)
    assert found("?limit=1") == ids(over)
    assert client.get(f"{AT}?count=true").json()["count"] == 3
    assert found("", "riga") == found("", "trieste") == []
    with taken_back():
        assert pointers(client.get(f"{AT}?show=all")) == {"/show": "invalid_choice"}


def test_without_the_scope_it_answers_403(cast: Cast, program: Program, own: PortFacility) -> None:
    assert pointers(post(program("gdansk", scopes=["read"]), AT, body(own))) == {"": "scope_missing"}
