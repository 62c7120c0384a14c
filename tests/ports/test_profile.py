"""A port's profile: who keeps it, who reads which part of it, and what is refused."""

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from django.db import ProgrammingError
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from ports.actions import keep_profile
from ports.models import PortDescription, PortProfile
from portsec.access.acting import NotAllowedError, acting_for
from portsec.access.actions import join_region
from portsec.access.models import Organisation
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access.sql import changed, claiming, column, one, taken_back
from tests.cast import EVERYBODY, REGION, Cast
from tests.incidents.test_alert_pages import SHELL

Browse = Callable[..., Client]
Program = Callable[..., APIClient]
in_a_transaction = pytest.mark.django_db
NOTES = "Zebra gate opens at six.\nMuster at quay 9."
ENTRIES = "SELECT count(*) FROM journal_entry WHERE verb = 'profile.kept'"
FORM = {
    "version": "0", "unlocode": "PLGDN", "latitude": "54.36", "longitude": "18.66", "time_zone": "Europe/Warsaw",
    "cargo_types": ["naval", "container"], "layout_notes": NOTES,
}  # fmt: skip


def keep(cast: Cast, name: str = "gdansk", **content: Any) -> PortProfile:
    with acting_for(cast.as_(name)) as acting:
        return keep_profile(acting, **content)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.DEPUTY])
@in_a_transaction
def test_its_keepers_change_it_and_the_journal_says_what(cast: Cast, role: Role) -> None:
    with acting_for(cast.as_("gdansk", role)) as acting:
        keep_profile(acting, time_zone="Europe/Riga", latitude=54.4, cargo_types=["fishing", "container", "fishing"], layout_notes="A\r\nB")
        stands = PortProfile.objects.select_related("organisation").get(pk=cast.gdansk.pk)
        told = PortDescription.objects.visible_to(acting).get()
        entry = Entry.objects.visible_to(acting).get(verb="profile.kept")
    assert (stands.organisation.time_zone, stands.latitude, stands.longitude) == ("Europe/Riga", 54.4, 18.66)
    assert (told.cargo_types, told.layout_notes) == (["container", "fishing"], "A\nB"), "each kind once, in the list's order"
    assert entry.before == {"time_zone": "Europe/Warsaw", "latitude": 54.35, "cargo_types": [], "layout_notes": ""}
    assert set(entry.after) == set(entry.before)


@pytest.mark.parametrize("role", [Role.STAFF, Role.OBSERVER, Role.COORDINATOR, Role.LIAISON])
@in_a_transaction
def test_others_of_the_port_do_not(cast: Cast, role: Role) -> None:
    with acting_for(cast.as_("gdansk", role)) as acting, pytest.raises(NotAllowedError):
        keep_profile(acting, layout_notes="x")


@in_a_transaction
def test_a_body_that_is_no_port_has_none(cast: Cast) -> None:
    with acting_for(cast.as_("coastguard", Role.ADMINISTRATOR)) as acting, pytest.raises(NotAllowedError, match="no port"):
        keep_profile(acting, layout_notes="x")


@in_a_transaction
def test_what_changes_nothing_is_not_written(cast: Cast) -> None:
    keep(cast, time_zone="Europe/Warsaw", latitude=54.35)
    with acting_for(cast.as_("gdansk")) as acting:
        assert not Entry.objects.visible_to(acting).filter(verb="profile.kept").exists()
        assert not PortDescription.objects.visible_to(acting).exists()


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"time_zone": "Europe/Danzig"}, "time_zone", "unknown"),
    ({"time_zone": "../../etc/passwd"}, "time_zone", "unknown"),
    ({"time_zone": ""}, "time_zone", "unknown"),
    ({"latitude": 90.1}, "latitude", "max_value"),
    ({"longitude": -180.5}, "longitude", "min_value"),
    ({"latitude": float("nan")}, "latitude", "invalid"),
    ({"longitude": float("inf")}, "longitude", "invalid"),
    ({"latitude": 0.0, "longitude": 0.0}, "latitude", "impossible"),
    ({"unlocode": "GDANSK"}, "unlocode", "max_length"),
    ({"unlocode": "PLgdn"}, "unlocode", "invalid"),
    ({"cargo_types": ["gold"]}, "cargo_types", "item_invalid"),
    ({"layout_notes": "Gate\x07"}, "layout_notes", "control_character"),
    ({"layout_notes": "x" * 4001}, "layout_notes", "max_length"),
]


@pytest.mark.parametrize(("changes", "field", "code"), BAD, ids=[str(changes)[:40] for changes, *_rest in BAD])
@in_a_transaction
def test_what_cannot_be_is_refused_by_field_and_nothing_is_written(cast: Cast, changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Refused) as refused, taken_back():
        keep(cast, **{"cargo_types": ["container"], **changes})
    assert (field, code) in {(fault.field, fault.code) for fault in refused.value.faults}
    with acting_for(cast.as_("gdansk")) as acting:
        assert not PortDescription.objects.visible_to(acting).exists()
        assert PortProfile.objects.get(pk=cast.gdansk.pk).unlocode == "PLGDN"


@pytest.mark.parametrize("foreign", ["PLGDY", "ITTRS"])
@in_a_transaction
def test_a_unlocode_that_another_port_has_is_taken_and_no_more_is_said(cast: Cast, foreign: str) -> None:
    """Whether it is a neighbour's or that of a port of which one knows nothing."""
    with pytest.raises(Refused) as refused:
        keep(cast, unlocode=foreign, layout_notes="Half written?")
    assert [(one.field, one.detail, one.code) for one in refused.value.faults] == [("unlocode", "This UN/LOCODE is taken.", "taken")]
    with acting_for(cast.as_("gdansk")) as acting:
        assert not PortDescription.objects.visible_to(acting).exists(), "nothing half-written"
    assert keep(cast, unlocode="PLGDX").unlocode == "PLGDX"


@in_a_transaction
def test_the_second_of_two_edits_is_told(cast: Cast) -> None:
    keep(cast, version=0, layout_notes="First hand")
    for version in (0, 2):
        with pytest.raises(Conflict, match="changed meanwhile"):
            keep(cast, version=version, layout_notes="Second hand")
    keep(cast, version=1, layout_notes="After reading")
    with acting_for(cast.as_("gdansk")) as acting:
        told = PortDescription.objects.visible_to(acting).get()
        assert (told.layout_notes, told.version) == ("After reading", 2)


def test_of_two_first_hands_at_once_one_is_told(committed: Cast, in_threads: Any) -> None:
    barrier = Barrier(2)

    def write(role: Role) -> str:
        with acting_for(committed.as_("gdansk", role)) as acting:
            barrier.wait(timeout=20)
            try:
                keep_profile(acting, version=0, layout_notes=str(role))
            except Conflict:
                return "told"
            return "written"

    assert sorted(in_threads(write, [Role.SECURITY_OFFICER, Role.DEPUTY])) == ["told", "written"]


def test_a_port_in_two_regions_says_which_one_reads_it(committed: Cast) -> None:
    join_region(committed.gdansk, committed.regions["adriatic"])
    with pytest.raises(Refused) as refused:
        keep(committed, layout_notes=NOTES)
    assert refused.value.faults[0].field == "region"
    keep(committed, layout_notes=NOTES, region=committed.regions["adriatic"].pk)
    read = {}
    for name in ("gdansk", "gdynia", "trieste"):
        with acting_for(committed.as_(name)) as acting:
            read[name] = PortDescription.objects.visible_to(acting).count()
    assert read == {"gdansk": 1, "gdynia": 0, "trieste": 1}


# The walls


@in_a_transaction
def test_cargo_and_layout_are_read_by_the_own_region_alone(cast: Cast, browse: Browse, program: Program) -> None:
    keep(cast, cargo_types=["naval"], layout_notes=NOTES)
    pages = {name: browse(name).get("/ports/PLGDN/") for name in EVERYBODY}
    shown = {name: "Zebra gate" in answer.content.decode() for name, answer in pages.items() if answer.status_code == 200}
    assert shown == {**dict.fromkeys(REGION, True), "aarhus": False, "customs": False}
    told = {name: program(name).get(f"/api/v1/ports/{cast.gdansk.pk}/") for name in EVERYBODY}
    assert {name: one.status_code for name, one in told.items()} == {**dict.fromkeys(EVERYBODY, 200), "trieste": 404}
    assert {name: one.json().get("layout_notes") for name, one in told.items()} == {
        **dict.fromkeys(REGION, NOTES), "aarhus": None, "customs": None, "trieste": None,
    }  # fmt: skip
    assert [one["cargo_types"] for one in program("aarhus").get("/api/v1/ports/").json()["results"]] == [None] * 4
    entries = {}
    for name in EVERYBODY:
        with claiming(cast.user(name).pk, cast.organisations[name].pk):
            entries[name] = (column("SELECT layout_notes FROM ports_portdescription"), one(ENTRIES))
    assert entries == {name: ([NOTES], 1) if name in REGION else ([], 0) for name in EVERYBODY}


@in_a_transaction
def test_raw_sql_writes_no_port_but_through_the_one_function(cast: Cast) -> None:
    statements = [
        "UPDATE ports_portprofile SET latitude = 1",
        "DELETE FROM ports_portprofile",
        "UPDATE access_organisation SET time_zone = 'UTC'",
        f"INSERT INTO ports_portprofile VALUES ('{cast.council.pk}', 'SEXXX', 1, 1, 1)",  # noqa: S608 (our own id)
    ]
    with claiming(cast.user("gdynia").pk, cast.gdynia.pk):
        for statement in statements:
            with pytest.raises(ProgrammingError), taken_back():
                changed(statement)
        assert one("SELECT app_keep_port('PLGDZ', 1, 2, 'UTC')") == 1
        assert set(column("SELECT unlocode FROM ports_portprofile WHERE latitude = 1")) == {"PLGDZ"}, "its own row and no other"
        assert changed("UPDATE ports_portdescription SET layout_notes = 'all is well'") == 0
    with claiming(cast.user("trieste").pk, cast.gdansk.pk):
        assert one("SELECT app_keep_port('PLGDZ', 1, 2, 'UTC')") == 0, "a forged organisation"
    with claiming(cast.user("coastguard").pk, cast.coastguard.pk):
        assert one("SELECT app_keep_port('PLGDZ', 1, 2, 'UTC')") == 0, "no port"
    assert Organisation.objects.get(pk=cast.gdansk.pk).time_zone == "Europe/Warsaw"


# The page


@in_a_transaction
def test_the_form_keeps_it_and_the_ports_page_shows_it(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk", Role.ADMINISTRATOR)
    assert 'href="/profile/edit/"' in client.get("/ports/PLGDN/").content.decode()
    page = client.get("/profile/edit/")
    assert page.context["form"]["latitude"].value() == 54.35
    assert '<option value="Europe/Riga"></option>' in page.content.decode()
    saved = client.post("/profile/edit/", {**FORM, "layout_notes": "<b>Zebra</b> gate\nQuay 9"}, follow=True)
    html = saved.content.decode()
    for said in ("Containers, Naval vessels", "&lt;b&gt;Zebra&lt;/b&gt; gate<br>Quay 9", "54.360, 18.660"):
        assert said in html, said
    assert client.get("/profile/edit/").context["form"]["version"].value() == 1
    neighbour = browse("gdynia").get("/ports/PLGDN/").content.decode()
    assert "Zebra" in neighbour
    assert "/profile/edit/" not in neighbour


@in_a_transaction
def test_a_new_unlocode_moves_the_page(cast: Cast, browse: Browse) -> None:
    saved = browse("gdansk").post("/profile/edit/", {**FORM, "unlocode": "PLGDX"}, follow=True)
    assert saved.redirect_chain == [("/ports/PLGDX/", 302)]


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"latitude": "north"}, "latitude", "Give a number of degrees"),
        ({"latitude": "91"}, "latitude", "less than or equal to 90"),
        ({"latitude": "0", "longitude": "0"}, "latitude", "open Atlantic"),
        ({"time_zone": "Warsaw"}, "time_zone", "Europe/Warsaw"),
        ({"unlocode": "PLGDY"}, "unlocode", "This UN/LOCODE is taken."),
        ({"cargo_types": ["gold"]}, "cargo_types", "gold"),
    ],
)
@in_a_transaction
def test_a_mistake_is_shown_beside_its_field_and_the_input_kept(
    cast: Cast, browse: Browse, change: dict[str, Any], field: str, remedy: str
) -> None:
    page = browse("gdansk").post("/profile/edit/", {**FORM, **change})
    assert page.status_code == 422
    assert remedy in " ".join(page.context["form"].errors[field])
    assert "Zebra gate opens at six." in page.content.decode()
    assert "<title>Error:" in page.content.decode()


@in_a_transaction
def test_a_late_form_is_told_and_keeps_its_input(cast: Cast, browse: Browse) -> None:
    keep(cast, layout_notes="First hand")
    page = browse("gdansk").post("/profile/edit/", FORM)
    assert page.status_code == 422
    assert "changed meanwhile" in page.content.decode()
    assert "Zebra gate" in page.content.decode()


@in_a_transaction
def test_the_form_asks_three_questions(cast: Cast, browse: Browse, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    keep(cast, layout_notes=NOTES)
    client = browse("gdansk")
    client.get("/profile/edit/")
    with django_assert_num_queries(SHELL + 2):  # the port; what it tells of itself
        client.get("/profile/edit/")


# The API


@in_a_transaction
def test_programs_change_it_only_as_they_have_read_it(cast: Cast, program: Program) -> None:
    client, at = program("gdansk"), f"/api/v1/ports/{cast.gdansk.pk}/"
    read = client.get(at)
    assert client.patch(at, {"latitude": 54.4}, format="json").status_code == 428
    kept = client.patch(at, {"latitude": 54.4, "cargo_types": ["lng"]}, format="json", headers={"If-Match": read["ETag"]})
    assert (kept.status_code, kept.json()["latitude"], kept.json()["cargo_types"]) == (200, 54.4, ["lng"])
    assert client.get(at).json() == kept.json()
    assert client.patch(at, {"latitude": 55}, format="json", headers={"If-Match": read["ETag"]}).status_code == 412


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "Ours"}, "/name"),
        ({"latitude": 99}, "/latitude"),
        ({"unlocode": "ITTRS"}, "/unlocode"),
        ({"time_zone": "x"}, "/time_zone"),
    ],
)
@in_a_transaction
def test_the_api_names_the_field(cast: Cast, program: Program, body: dict[str, Any], pointer: str) -> None:
    answer = program("gdansk").patch(f"/api/v1/ports/{cast.gdansk.pk}/", body, format="json", headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


@in_a_transaction
def test_a_token_needs_its_scope_and_its_own_port(cast: Cast, program: Program) -> None:
    at, any_version = f"/api/v1/ports/{cast.gdansk.pk}/", {"If-Match": "*"}
    bare = program("gdansk", scopes=["read"]).patch(at, {}, format="json", headers=any_version)
    assert (bare.status_code, bare.json()["errors"][0]["code"]) == (403, "scope_missing")
    assert program("gdynia").patch(at, {}, format="json", headers=any_version).json()["errors"][0]["code"] == "not_owner"
