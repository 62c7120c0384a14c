"""The API with which a coordination body sets up a region and the organisations in it: for people alone. With real commits."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client

from portsec.access.acting import acting_for
from portsec.access.actions import create_organisation, create_region, join_region
from portsec.access.actions.organisations import link_regions
from portsec.access.models import Invitation, Organisation, Region
from portsec.access.roles import Role
from portsec.journal.models import Entry
from tests.access.managing import confirm, pointers, send, signed_in
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("nothing_counted")

REGIONS, ORGANISATIONS = "/api/v1/regions/", "/api/v1/organisations/"
PERSON = {"email": "ida@amber.example", "name": "Ida Morska"}


@pytest.fixture
def coordinator(committed: Cast) -> Client:
    return confirm(signed_in(committed, "council", Role.COORDINATOR))


def region(cast: Cast, name: str = "baltic", tail: str = "") -> str:
    return f"{REGIONS}{cast.regions[name].pk}/{tail}"


def of(cast: Cast, name: str, tail: str = "") -> str:
    return f"{ORGANISATIONS}{cast.organisations[name].pk}/{tail}"


def new_agency(cast: Cast, **changes: Any) -> dict[str, Any]:
    said = {"region": str(cast.regions["baltic"].pk), "name": "Amber Customs", "kind": "agency", "time_zone": "Europe/Warsaw"}
    return {**said, **changes}


# Regions


def test_a_region_is_set_up_and_coordinated_from_then_on(committed: Cast, coordinator: Client) -> None:
    answer = send(coordinator, "post", REGIONS, {"name": " Gulf  of Amber "})
    made = Region.objects.get(name="Gulf of Amber")
    shown = {"id": str(made.pk), "name": "Gulf of Amber", "linked": [], "coordinator_sees_deliveries": True}
    assert (answer.status_code, answer.json()) == (201, shown)
    assert answer.headers["ETag"] == coordinator.get(f"{REGIONS}{made.pk}/").headers["ETag"]
    assert list(made.organisations.all()) == [committed.council]


def test_a_repeated_request_sets_up_one_region(coordinator: Client) -> None:
    answers = [send(coordinator, "post", REGIONS, {"name": "Gulf of Amber"}, Idempotency_Key="once") for _time in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_a_linked_region_and_who_is_in_it_tell_of_no_region_further_on(committed: Cast) -> None:
    """Adriatic is linked to Kattegat, and Aarhus joins it: to Gdańsk, two links away, there is no Adriatic region."""
    link_regions(committed.regions["kattegat"], committed.regions["adriatic"])
    join_region(committed.organisations["aarhus"], committed.regions["adriatic"])
    reader = signed_in(committed, "gdansk", Role.OBSERVER)
    linked = {one["name"]: one["linked"] for one in reader.get(REGIONS).json()["results"]}
    assert [one["name"] for one in linked["Kattegat region"]] == ["Baltic region"]
    assert [one["name"] for one in reader.get(of(committed, "aarhus")).json()["regions"]] == ["Kattegat region"]
    own = signed_in(committed, "aarhus", Role.OBSERVER).get(of(committed, "aarhus")).json()["regions"]
    assert [one["name"] for one in own] == ["Adriatic region", "Kattegat region"]


def test_a_taken_name_is_refused_at_its_field_alike_whether_one_sees_its_region_or_not(coordinator: Client) -> None:
    answers = [send(coordinator, "post", REGIONS, {"name": name}) for name in ("Baltic region", "Adriatic region")]
    assert [(one.status_code, pointers(one)) for one in answers] == [(400, {"/name": "taken"})] * 2
    assert answers[0].json()["errors"] == answers[1].json()["errors"]


@pytest.mark.parametrize(
    ("body", "faults"),
    [({}, {"/name": "required"}), ({"name": " "}, {"/name": "required"}), ({"name": "A", "colour": 1}, {"/colour": "unknown_field"})],
)
def test_what_a_region_lacks_or_does_not_know_is_named(coordinator: Client, body: dict[str, Any], faults: dict[str, str]) -> None:
    answer = send(coordinator, "post", REGIONS, body)
    assert (answer.status_code, pointers(answer)) == (400, faults)


def test_a_change_needs_the_version_that_was_read(committed: Cast, coordinator: Client) -> None:
    address = region(committed)
    read = coordinator.get(address).headers["ETag"]
    assert send(coordinator, "patch", address, {"name": "Baltic Sea"}).status_code == 428
    changed = send(coordinator, "patch", address, {"name": "Baltic Sea"}, If_Match=read)
    assert (changed.status_code, changed.json()["name"], changed.json()["coordinator_sees_deliveries"]) == (200, "Baltic Sea", True)
    assert send(coordinator, "patch", address, {"name": "Baltic"}, If_Match=read).status_code == 412
    hidden = send(coordinator, "patch", address, {"coordinator_sees_deliveries": False}, If_Match=changed.headers["ETag"])
    assert (hidden.json()["name"], hidden.json()["coordinator_sees_deliveries"]) == ("Baltic Sea", False)


def test_what_may_be_set_is_shown_to_who_coordinates_alone(committed: Cast, coordinator: Client) -> None:
    shown = {one["name"]: one["coordinator_sees_deliveries"] for one in coordinator.get(REGIONS).json()["results"]}
    assert shown == {"Baltic region": True, "Kattegat region": None}
    for name in ("gdansk", "coastguard", "aarhus"):
        assert signed_in(committed, name).get(region(committed)).json()["coordinator_sees_deliveries"] is None


def test_a_link_is_ended_once(committed: Cast, coordinator: Client) -> None:
    body = {"other": str(committed.regions["kattegat"].pk)}
    answer = send(coordinator, "post", region(committed, tail="unlink/"), body)
    assert (answer.status_code, answer.json()["linked"]) == (200, [])
    assert not committed.regions["kattegat"].linked.exists()
    assert send(coordinator, "post", region(committed, tail="unlink/"), body).status_code == 404


def test_a_linked_region_is_seen_but_not_ours_to_change_and_one_apart_is_absent(committed: Cast, coordinator: Client) -> None:
    for name, status in (("kattegat", 403), ("adriatic", 404)):
        other = {"other": str(committed.regions["baltic"].pk)}
        assert send(coordinator, "patch", region(committed, name), {"name": "Ours"}, If_Match="*").status_code == status
        assert send(coordinator, "post", region(committed, name, "unlink/"), other).status_code == status
    assert pointers(send(coordinator, "patch", region(committed, "kattegat"), {"name": "Ours"}, If_Match="*")) == {"": "not_coordinated"}
    assert set(Region.objects.values_list("name", flat=True)) == {"Baltic region", "Kattegat region", "Adriatic region"}


def test_the_list_of_regions_costs_the_same_for_few_and_for_many(
    committed: Cast, coordinator: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    coordinator.get(REGIONS)
    for number in range(10):
        join_region(committed.council, create_region(f"Region {number}"))
    # session, user, memberships; savepoint, context and its end;
    # the regions, their links, which of them we coordinate
    with django_assert_num_queries(9):
        assert len(coordinator.get(REGIONS).json()["results"]) == 12


# Organisations


def test_an_organisation_is_set_up_and_its_first_administrator_invited(committed: Cast, coordinator: Client) -> None:
    answer = send(coordinator, "post", ORGANISATIONS, new_agency(committed))
    made = Organisation.objects.get(name="Amber Customs")
    assert answer.status_code == 201
    assert answer.json() == {
        "id": str(made.pk), "name": "Amber Customs", "kind": "agency", "time_zone": "Europe/Warsaw",
        "regions": [{"id": str(committed.regions["baltic"].pk), "name": "Baltic region"}], "is_active": True,
    }  # fmt: skip
    invited = send(coordinator, "post", f"{ORGANISATIONS}{made.pk}/first-administrator/", PERSON)
    assert (invited.status_code, invited.json()["role"]) == (201, "administrator")
    assert invited.json()["organisation"] == {"id": str(made.pk), "name": "Amber Customs"}
    assert [sent.to for sent in mail.outbox] == [["ida@amber.example"]]


def test_the_link_of_an_invitation_is_in_the_mail_alone(committed: Cast, coordinator: Client) -> None:
    agency = create_organisation("Amber Customs", "agency")
    join_region(agency, committed.regions["baltic"])
    answer = send(coordinator, "post", f"{ORGANISATIONS}{agency.pk}/first-administrator/", PERSON)
    assert set(answer.json()) == {"id", "organisation", "email", "name", "role", "created_at", "expires_at"}
    (sent,) = mail.outbox
    link = next(word for word in str(sent.body).split() if "/invitation/" in word)
    assert link.strip("/").rpartition("/")[2] not in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"name": ""}, {"/name": "required"}),
        ({"name": "Port of Trieste"}, {"/name": "taken"}),
        ({"kind": "port"}, {"/kind": "invalid_choice"}),
        ({"kind": "navy"}, {"/kind": "invalid_choice"}),
        ({"time_zone": "Baltic/Sea"}, {"/time_zone": "invalid_choice"}),
        ({"people": []}, {"/people": "unknown_field"}),
    ],
)
def test_what_is_wrong_with_an_organisation_is_named(
    committed: Cast, coordinator: Client, changes: dict[str, Any], faults: dict[str, str]
) -> None:
    answer = send(coordinator, "post", ORGANISATIONS, new_agency(committed, **changes))
    assert (answer.status_code, pointers(answer)) == (400, faults)


@pytest.mark.parametrize("where", ["kattegat", "adriatic", "nowhere"])
def test_a_region_of_others_takes_nobody_in_from_us(committed: Cast, coordinator: Client, where: str) -> None:
    known = committed.regions.get(where)
    body = new_agency(committed, region=str(known.pk if known else uuid4()))
    assert send(coordinator, "post", ORGANISATIONS, body).status_code == 404
    assert not Organisation.objects.filter(name="Amber Customs").exists()


def test_an_organisation_with_people_is_given_no_other_beginning(committed: Cast, coordinator: Client) -> None:
    assert send(coordinator, "post", of(committed, "gdansk", "first-administrator/"), PERSON).status_code == 409
    assert mail.outbox == []


def test_a_wrong_address_is_named(committed: Cast, coordinator: Client) -> None:
    answer = send(coordinator, "post", of(committed, "gdansk", "first-administrator/"), {**PERSON, "email": "nowhere"})
    assert (answer.status_code, pointers(answer)) == (400, {"/email": "invalid"})


def test_an_organisation_is_removed_from_the_region(committed: Cast, coordinator: Client) -> None:
    body = {"region": str(committed.regions["baltic"].pk)}
    answer = send(coordinator, "post", of(committed, "gdansk", "remove/"), body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not committed.regions["baltic"].memberships.filter(organisation=committed.gdansk).exists()
    assert send(coordinator, "post", of(committed, "gdansk", "remove/"), body).status_code == 404


def test_the_last_that_coordinates_a_region_is_not_removed(committed: Cast, coordinator: Client) -> None:
    answer = send(coordinator, "post", of(committed, "council", "remove/"), {"region": str(committed.regions["baltic"].pk)})
    assert answer.status_code == 409
    assert "the last that coordinates this region" in answer.json()["detail"]


def test_a_closed_organisation_is_found_again_by_who_may_open_it(committed: Cast, coordinator: Client) -> None:
    closed = send(coordinator, "post", of(committed, "gdansk", "close/"))
    assert (closed.status_code, closed.json()["is_active"]) == (200, False)
    assert send(coordinator, "post", of(committed, "gdansk", "close/")).status_code == 409
    gdynia = signed_in(committed, "gdynia")
    for client, names in ((coordinator, ["Port of Gdańsk"]), (gdynia, [])):
        assert [one["name"] for one in client.get(ORGANISATIONS, {"is_active": "false"}).json()["results"]] == names
        assert "Port of Gdańsk" not in [one["name"] for one in client.get(ORGANISATIONS).json()["results"]]
    assert gdynia.get(of(committed, "gdansk")).status_code == 404
    opened = send(coordinator, "post", of(committed, "gdansk", "reopen/"))
    assert (opened.status_code, opened.json()["is_active"]) == (200, True)
    assert gdynia.get(of(committed, "gdansk")).status_code == 200


def test_whom_nobody_has_joined_yet_is_told_to_who_may_begin_it_alone(committed: Cast, coordinator: Client) -> None:
    for number, where in enumerate(("baltic", "baltic", "kattegat")):
        join_region(create_organisation(f"Agency {number}", "agency"), committed.regions[where])
    vacant = coordinator.get(ORGANISATIONS, {"vacant": "true"}).json()["results"]
    assert [one["name"] for one in vacant] == ["Agency 0", "Agency 1"]
    for name in ("gdansk", "aarhus", "coastguard"):
        assert signed_in(committed, name).get(ORGANISATIONS, {"vacant": "true"}).json()["results"] == []
    assert pointers(coordinator.get(ORGANISATIONS, {"vacant": "yes"})) == {"/vacant": "invalid"}


def test_one_that_is_also_in_a_region_of_others_is_not_closed(committed: Cast, coordinator: Client) -> None:
    join_region(committed.gdansk, committed.regions["adriatic"])
    answer = send(coordinator, "post", of(committed, "gdansk", "close/"))
    assert answer.status_code == 409
    assert "Remove it from yours instead." in answer.json()["detail"]


def test_of_a_linked_region_nobody_is_ours_and_of_one_apart_nobody_is_known(committed: Cast, coordinator: Client) -> None:
    body = {"remove/": {"region": str(committed.regions["baltic"].pk)}, "first-administrator/": PERSON}
    for tail in ("remove/", "close/", "reopen/", "first-administrator/"):
        assert pointers(send(coordinator, "post", of(committed, "aarhus", tail), body.get(tail))) == {"": "not_coordinated"}
        assert send(coordinator, "post", of(committed, "trieste", tail), body.get(tail)).status_code == 404
    assert Organisation.objects.filter(is_active=False).count() == Invitation.objects.count() == 0


def test_without_a_fresh_second_factor_nobody_is_removed_closed_or_invited(committed: Cast) -> None:
    agency = create_organisation("Amber Customs", "agency")
    join_region(agency, committed.regions["baltic"])
    client, address = signed_in(committed, "council", Role.COORDINATOR), f"{ORGANISATIONS}{agency.pk}/"
    body = {"remove/": {"region": str(committed.regions["baltic"].pk)}, "first-administrator/": PERSON}
    for tail in ("remove/", "close/", "reopen/", "first-administrator/"):
        answer = send(client, "post", address + tail, body.get(tail))
        assert (answer.status_code, pointers(answer)) == (403, {"": "second_factor_required"})
    assert mail.outbox == []


def test_the_list_of_organisations_costs_the_same_for_few_and_for_many(
    committed: Cast, coordinator: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    coordinator.get(ORGANISATIONS)
    for number in range(30):
        join_region(create_organisation(f"Agency {number}", "agency"), committed.regions["baltic"])
    # session, user, memberships; savepoint, context and its end;
    # the organisations, their regions
    with django_assert_num_queries(8):
        assert len(coordinator.get(ORGANISATIONS).json()["results"]) == 37


# Who may


WRITES: list[tuple[str, Callable[[Cast], str], Callable[[Cast], Any]]] = [
    ("post", lambda cast: REGIONS, lambda cast: {"name": "Robotic"}),
    ("patch", region, lambda cast: {"name": "Robotic"}),
    ("post", lambda cast: region(cast, tail="unlink/"), lambda cast: {"other": str(cast.regions["kattegat"].pk)}),
    ("post", lambda cast: ORGANISATIONS, new_agency),
    ("post", lambda cast: of(cast, "gdansk", "remove/"), lambda cast: {"region": str(cast.regions["baltic"].pk)}),
    ("post", lambda cast: of(cast, "gdansk", "close/"), lambda cast: {}),
    ("post", lambda cast: of(cast, "gdansk", "reopen/"), lambda cast: {}),
    ("post", lambda cast: of(cast, "gdansk", "first-administrator/"), lambda cast: PERSON),
]


def test_a_token_sets_up_nothing(committed: Cast) -> None:
    client = Client(headers={"Authorization": f"Token {committed.token('council')}"})
    answers = [send(client, method, at(committed), body(committed), If_Match="*") for method, at, body in WRITES]
    assert [(one.status_code, pointers(one)) for one in answers] == [(403, {"": "role_missing"})] * len(WRITES)


def test_a_session_without_its_csrf_token_sets_up_nothing(committed: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(committed.user("council", Role.COORDINATOR))
    for method, at, body in WRITES:
        answer = send(confirm(client), method, at(committed), body(committed), If_Match="*")
        assert (answer.status_code, "CSRF" in answer.json()["detail"]) == (403, True)


@pytest.mark.parametrize(("name", "role"), [("council", Role.STAFF), ("gdansk", Role.ADMINISTRATOR), ("coastguard", Role.COORDINATOR)])
def test_nobody_but_who_manages_a_coordination_body_sets_up_anything(committed: Cast, name: str, role: Role) -> None:
    client = confirm(signed_in(committed, name, role))
    answers = [send(client, method, at(committed), body(committed), If_Match="*").status_code for method, at, body in WRITES]
    assert answers == [403] * len(WRITES)
    with acting_for(committed.as_("council")) as acting:
        assert not Entry.objects.visible_to(acting).filter(verb__startswith="region.").exists()
