"""`/api/v1/security-levels/`: setting, answering and asking, as a port's system does it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from ports.models import PortFacility, SecurityLevelChange
from portsec.access.acting import acting_for
from portsec.access.roles import Role
from tests.cast import Cast

SetLevel = Callable[..., SecurityLevelChange]
AddFacility = Callable[..., PortFacility]
Program = Callable[..., APIClient]
pytestmark = pytest.mark.django_db
LEVELS = "/api/v1/security-levels/"
BODY = {"level": 2, "reason": "Unlit craft"}


def set_by(client: APIClient, **changes: Any) -> Any:
    return client.post(LEVELS, {**BODY, **changes}, format="json")


def pointers(answer: Any) -> dict[str, str]:
    return {one["pointer"]: one["code"] for one in answer.json()["errors"]}


def test_a_token_sets_a_level_once_for_one_key(cast: Cast, program: Program) -> None:
    client = program("gdansk")
    until = (timezone.now() + timedelta(hours=4)).isoformat()
    made, again = (
        client.post(LEVELS, {**BODY, "expected_until": until, "authority": "Office"}, format="json", headers={"Idempotency-Key": "k"})
        for _time in range(2)
    )
    assert (made.status_code, made["ETag"]) == (201, client.get(f"{LEVELS}{made.json()['id']}/")["ETag"])
    assert again.json() == made.json()
    shown = {name: made.json()[name] for name in ("scope", "level", "previous_level", "authority", "in_force", "replaces", "attainments")}
    assert shown == {
        "scope": "port", "level": 2, "previous_level": 1, "authority": "Office", "in_force": True, "replaces": None, "attainments": [],
    }  # fmt: skip
    with acting_for(cast.as_("gdansk")) as acting:
        assert SecurityLevelChange.objects.visible_to(acting).count() == 1


def test_another_change_meanwhile_answers_409_and_shows_it(cast: Cast, program: Program, set_level: SetLevel) -> None:
    client = program("gdansk")
    seen = set_by(client).json()["id"]
    set_level(cast.as_("gdansk", Role.DEPUTY), 1, "All clear")
    answer = set_by(client, replaces=seen)
    assert answer.status_code == 409
    for said in ("D. Gdansk set level 1, normal, at", "UTC", "All clear"):
        assert said in answer.json()["detail"]
    assert set_by(client, replaces=None).status_code == 409, "who saw nothing in force is told as well"
    newest = client.get(f"{LEVELS}?in_force=true").json()["results"][0]["id"]
    assert set_by(client, replaces=newest).status_code == 201
    assert set_by(client).status_code == 201, "left out, nobody is asked"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"level": 5}, {"/level": "invalid_choice"}),
        ({"level": None}, {"/level": "null"}),
        ({"reason": ""}, {"/reason": "blank"}),
        ({"colour": "red"}, {"/colour": "unknown_field"}),
        ({"expected_until": "2020-01-01T00:00:00Z"}, {"/expected_until": "past"}),
        ({"scope": "facility"}, {"/facility": "required"}),
        ({"scope": "operation"}, {"/operation": "required"}),
        ({"region": "01a20cd9-2031-74dd-a99c-497fd49fd02c"}, {"/region": "unknown"}),
        ({"replaces": "mine"}, {"/replaces": "invalid"}),
    ],
    ids=str,
)
def test_bad_input_names_its_field(cast: Cast, program: Program, changes: dict[str, Any], expected: dict[str, str]) -> None:
    answer = set_by(program("gdansk"), **changes)
    assert (answer.status_code, pointers(answer)) == (400, expected)


def test_below_the_region_is_refused_with_the_holder(cast: Cast, program: Program, set_level: SetLevel) -> None:
    set_level(cast.as_("council"), 2)
    answer = set_by(program("gdansk"), level=1)
    assert (answer.status_code, pointers(answer)) == (400, {"/level": "below_level_in_force"})
    assert "Baltic Port Security Council" in answer.json()["errors"][0]["detail"]


def test_without_the_scope_or_the_authority_it_answers_403(cast: Cast, program: Program) -> None:
    answers = [set_by(program("gdansk", scopes=["read"])), set_by(program("coastguard")), set_by(program("gdansk"), scope="region")]
    assert [(one.status_code, pointers(one)[""]) for one in answers] == [
        (403, "scope_missing"), (403, "no_authority"), (403, "no_authority"),
    ]  # fmt: skip


def test_a_coordination_bodys_token_sets_its_region(cast: Cast, program: Program) -> None:
    made = set_by(program("council"))
    assert (made.status_code, made.json()["scope"], made.json()["region"]["name"]) == (201, "region", "Baltic region")
    ports = {one["unlocode"]: one["level"] for one in program("riga").get("/api/v1/ports/").json()["results"]}
    assert ports == {"PLGDN": 2, "PLGDY": 2, "LVRIX": 2, "DKAAR": 1}


def test_a_port_acknowledges_and_attains(cast: Cast, program: Program, set_level: SetLevel, facility: AddFacility) -> None:
    one, two = (facility(cast.as_("gdansk"), number) for number in ("PLGDN-0001", "PLGDN-0002"))
    address = f"{LEVELS}{set_level(cast.as_('council'), 2).pk}/"
    client = program("gdansk")
    first = client.post(f"{address}acknowledge/", {"remark": "Guards called"}, format="json")
    assert [(row["remark"], bool(row["acknowledged_at"]), row["attained_at"]) for row in first.json()["attainments"]] == [
        ("Guards called", True, None), ("Guards called", True, None),
    ]  # fmt: skip
    client.post(f"{address}attain/", {"facilities": [str(one.pk)]}, format="json")
    seen = {row["facility"]["imo_number"]: bool(row["attained_at"]) for row in program("council").get(address).json()["attainments"]}
    assert seen == {"PLGDN-0001": True, "PLGDN-0002": False}
    assert client.post(f"{address}attain/", {"facilities": [str(one.pk)]}, format="json").status_code == 409
    assert pointers(client.post(f"{address}attain/", {"facilities": [str(cast.gdansk.pk)]}, format="json")) == {"/facilities/0": "unknown"}
    assert client.post(f"{address}attain/", {"facilities": [str(two.pk)]}, format="json").status_code == 200
    assert program("gdynia").get(address).json()["attainments"] == []
    assert program("gdynia").post(f"{address}attain/").status_code == 409
    assert program("trieste").post(f"{address}attain/").status_code == 404


def test_the_list_is_filtered(cast: Cast, program: Program, set_level: SetLevel) -> None:
    old, new = (set_level(cast.as_("gdansk"), level) for level in (2, 1))
    ferry = set_level(cast.as_("gdansk"), 2, scope="operation", operation="Ferry check-in")
    other = set_level(cast.as_("gdynia"), 2)
    client = program("riga")

    def found(query: str) -> list[str]:
        return [one["id"] for one in client.get(LEVELS + query).json()["results"]]

    def ids(*changes: SecurityLevelChange) -> list[str]:
        return [str(one.pk) for one in changes]

    assert found("") == ids(other, ferry, new, old)
    assert found(f"?port={cast.gdansk.pk}") == ids(ferry, new, old)
    assert found("?scope=operation") == ids(ferry)
    assert found("?in_force=true") == ids(other, ferry, new)
    assert found("?in_force=false&limit=1") == ids(old)
    assert pointers(client.get(f"{LEVELS}?scope=town")) == {"/scope": "invalid_choice"}
    assert program("trieste").get(f"{LEVELS}?port={cast.gdansk.pk}").json()["results"] == []
