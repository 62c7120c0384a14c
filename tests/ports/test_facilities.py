"""Port facilities: who keeps them, who sees them, and what is refused."""

from collections.abc import Callable
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from ports.actions import add_facility, close_facility, edit_facility
from ports.models import PortFacility
from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.cast import Cast

AddFacility = Callable[..., PortFacility]
Browse = Callable[..., Client]
Program = Callable[..., APIClient]
in_a_transaction = pytest.mark.django_db

CONTENT: dict[str, Any] = {
    "name": "Terminal Bałtycki", "imo_number": "PLGDN-0001", "cargo_types": ["ro_ro", "container"],
    "plan_approved_on": date(2024, 3, 18), "attain_hours": 6,
}  # fmt: skip
API = "/api/v1/port-facilities/"


def seen(acting: Acting) -> set[str]:
    with acting_for(acting):
        return set(PortFacility.objects.visible_to(acting).values_list("imo_number", flat=True))


@in_a_transaction
def test_the_region_sees_a_facility_and_others_do_not(cast: Cast, facility: AddFacility) -> None:
    added = facility(cast.as_("gdansk"), "PLGDN-0001", cargo_types=["ro_ro", "container", "ro_ro"])
    assert added.cargo_types == ["container", "ro_ro"], "each kind once, in the list's order"
    found = {name: seen(cast.as_(name)) for name in ("gdansk", "riga", "coastguard", "council", "aarhus", "trieste")}
    here = {"PLGDN-0001"}
    assert found == {"gdansk": here, "riga": here, "coastguard": here, "council": here, "aarhus": set(), "trieste": set()}


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.DEPUTY])
@in_a_transaction
def test_its_keepers_add_edit_and_close_it(cast: Cast, role: Role) -> None:
    with acting_for(cast.as_("gdansk", role)) as acting:
        facility = add_facility(acting, **CONTENT)
        edit_facility(acting, facility, name="Ferry terminal")
        close_facility(acting, facility)
        entries = Entry.objects.visible_to(acting).of_object("port_facility", facility.pk).order_by("at", "pk")
        assert [one.verb for one in entries] == ["facility.added", "facility.edited", "facility.closed"]
        assert (entries[1].before["name"], entries[1].after["name"]) == ("Terminal Bałtycki", "Ferry terminal")


@pytest.mark.parametrize("role", [Role.STAFF, Role.OBSERVER, Role.COORDINATOR, Role.LIAISON])
@in_a_transaction
def test_others_of_the_port_do_not(cast: Cast, facility: AddFacility, role: Role) -> None:
    there = facility(cast.as_("gdansk"), "PLGDN-0001")
    with acting_for(cast.as_("gdansk", role)) as acting:
        for call in (lambda: add_facility(acting, **CONTENT), lambda: edit_facility(acting, there), lambda: close_facility(acting, there)):
            with pytest.raises(NotAllowedError):
                call()


@in_a_transaction
def test_a_neighbour_changes_nothing_and_a_body_that_is_no_port_has_none(cast: Cast, facility: AddFacility) -> None:
    there = facility(cast.as_("gdansk"), "PLGDN-0001")
    with acting_for(cast.as_("gdynia")) as acting, pytest.raises(NotAllowedError, match="Only Port of Gdańsk"):
        edit_facility(acting, there, name="Ours")
    with acting_for(cast.as_("coastguard", Role.DEPUTY)) as acting, pytest.raises(NotAllowedError, match="only ports"):
        add_facility(acting, **CONTENT)


BAD = [
    ({"name": ""}, "name", "blank"),
    ({"name": "Quay\x00"}, "name", "control_character"),
    ({"imo_number": "GDANSK1"}, "imo_number", "invalid"),
    ({"imo_number": "PLGDN-1"}, "imo_number", "invalid"),
    ({"cargo_types": ["gold"]}, "cargo_types", "item_invalid"),
    ({"attain_hours": 0}, "attain_hours", "min_value"),
    ({"attain_hours": 100}, "attain_hours", "max_value"),
]


@pytest.mark.parametrize(("changes", "field", "code"), BAD, ids=[str(changes) for changes, *_rest in BAD])
@in_a_transaction
def test_bad_input_is_refused_by_field(cast: Cast, changes: dict[str, Any], field: str, code: str) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        with pytest.raises(Refused) as refused:
            add_facility(acting, **{**CONTENT, **changes})
        assert (refused.value.faults[0].field, refused.value.faults[0].code) == (field, code)
        assert not PortFacility.objects.visible_to(acting).exists()


@in_a_transaction
def test_a_number_is_given_once_in_a_port(cast: Cast, facility: AddFacility) -> None:
    facility(cast.as_("gdansk"), "PLGDN-0001", name="First")
    with pytest.raises(Refused, match="PLGDN-0001 is First already"):
        facility(cast.as_("gdansk"), "PLGDN-0001")
    other = facility(cast.as_("gdansk"), "PLGDN-0002")
    with acting_for(cast.as_("gdansk")) as acting, pytest.raises(Refused) as refused:
        edit_facility(acting, other, imo_number="PLGDN-0001")
    assert refused.value.faults[0].code == "taken"
    assert facility(cast.as_("gdynia"), "PLGDN-0001"), "another port's list is its own"


def test_two_who_give_one_number_at_once(committed: Cast, in_threads: Any) -> None:
    barrier = Barrier(2)

    def add(role: Role) -> str:
        with acting_for(committed.as_("gdansk", role)) as acting:
            barrier.wait()
            try:
                return add_facility(acting, **CONTENT).name
            except Refused as refused:
                return refused.faults[0].code

    assert sorted(in_threads(add, [Role.SECURITY_OFFICER, Role.DEPUTY])) == ["Terminal Bałtycki", "taken"]


@in_a_transaction
def test_the_second_of_two_edits_is_told(cast: Cast, facility: AddFacility) -> None:
    there = facility(cast.as_("gdansk"), "PLGDN-0001")
    with acting_for(cast.as_("gdansk")) as acting:
        edit_facility(acting, PortFacility.objects.get(pk=there.pk), version=1, name="First hand")
        with pytest.raises(Conflict, match="changed or closed meanwhile"):
            edit_facility(acting, PortFacility.objects.get(pk=there.pk), version=1, name="Second hand")
        assert PortFacility.objects.get(pk=there.pk).name == "First hand"


# Pages


@in_a_transaction
def test_the_form_adds_edits_and_closes(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk", Role.ADMINISTRATOR)
    written = {**CONTENT, "plan_approved_on": "18.03.2024"}
    added = client.post("/facilities/new/", written, follow=True)
    assert added.redirect_chain == [("/ports/PLGDN/", 302)]
    assert "Terminal Bałtycki" in added.content.decode()
    [facility] = added.context["facilities"]
    assert (facility.plan_approved_on, facility.attain_hours) == (date(2024, 3, 18), 6)
    page = client.get(f"/facilities/{facility.pk}/edit/")
    assert page.context["form"]["plan_approved_on"].value() == date(2024, 3, 18)
    client.post(f"/facilities/{facility.pk}/edit/", {**written, "name": "Ferry terminal", "version": "1"})
    stale = client.post(f"/facilities/{facility.pk}/edit/", {**written, "name": "Mine", "version": "1"})
    assert stale.status_code == 422
    assert "changed or closed meanwhile" in stale.content.decode()
    assert 'value="Mine"' in stale.content.decode(), "what was typed stays"
    client.post(f"/facilities/{facility.pk}/close/")
    [closed] = client.get("/ports/PLGDN/").context["facilities"]
    assert (closed.name, closed.is_active) == ("Ferry terminal", False)
    assert client.get(f"/facilities/{facility.pk}/edit/").status_code == 404


@in_a_transaction
def test_a_refused_number_stands_beside_its_field(cast: Cast, browse: Browse) -> None:
    page = browse("gdansk").post("/facilities/new/", {**CONTENT, "plan_approved_on": "18.03.2024", "imo_number": "1"})
    assert page.status_code == 422
    assert page.context["form"].errors["imo_number"] == ["Write the UN/LOCODE, a hyphen and four figures: PLGDN-0001."]


@in_a_transaction
def test_an_empty_list_says_what_to_do(cast: Cast, browse: Browse) -> None:
    assert "Add those with a security plan" in browse("gdansk").get("/ports/PLGDN/").content.decode()
    assert "The port lists here" in browse("riga").get("/ports/PLGDN/").content.decode()


# API


@in_a_transaction
def test_programs_keep_the_list(cast: Cast, program: Program) -> None:
    client = program("gdansk")
    made = client.post(API, {**CONTENT, "plan_approved_on": "2024-03-18"}, format="json", headers={"Idempotency-Key": "one"})
    again = client.post(API, {**CONTENT, "plan_approved_on": "2024-03-18"}, format="json", headers={"Idempotency-Key": "one"})
    assert (made.status_code, again.status_code, again.json()) == (201, 201, made.json())
    kept = {name: made.json()[name] for name in CONTENT}
    assert kept == {**CONTENT, "plan_approved_on": "2024-03-18", "cargo_types": ["container", "ro_ro"]}
    address = f"{API}{made.json()['id']}/"
    assert client.patch(address, {"name": "Ferry"}, format="json").status_code == 428
    changed = client.patch(address, {"name": "Ferry"}, format="json", headers={"If-Match": made["ETag"]})
    assert (changed.status_code, changed.json()["name"]) == (200, "Ferry")
    assert client.patch(address, {"name": "Late"}, format="json", headers={"If-Match": made["ETag"]}).status_code == 412
    assert client.post(f"{address}close/").json()["is_active"] is False
    assert client.post(f"{address}close/").status_code == 409


@in_a_transaction
def test_the_list_is_filtered_and_refuses_what_it_does_not_know(cast: Cast, program: Program, facility: AddFacility) -> None:
    facility(cast.as_("gdansk"), "PLGDN-0001")
    closed = facility(cast.as_("gdynia"), "PLGDY-0001")
    with acting_for(cast.as_("gdynia")) as acting:
        close_facility(acting, closed)
    client = program("riga")

    def numbers(query: str) -> list[str]:
        return [one["imo_number"] for one in client.get(API + query).json()["results"]]

    assert numbers("") == ["PLGDN-0001", "PLGDY-0001"]
    assert numbers(f"?port={cast.gdansk.pk}") == ["PLGDN-0001"]
    assert numbers("?is_active=false") == ["PLGDY-0001"]
    assert client.get(f"{API}?owner=1").status_code == 400
    refused = program("gdansk").post(API, {**CONTENT, "colour": "red"}, format="json")
    assert refused.json()["errors"][0]["pointer"] == "/colour"
    bare = program("gdansk", scopes=["read"]).post(API, {**CONTENT, "plan_approved_on": None}, format="json")
    assert bare.json()["errors"][0]["code"] == "scope_missing"
