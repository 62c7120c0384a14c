"""Pages of contact points: what each shows, with how many queries, and that none needs a script."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from ports.actions import add_contact_point
from ports.models import ContactPoint
from ports.queries import contacts as queries
from portsec.access.acting import acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from tests.cast import Cast
from tests.incidents.test_alert_pages import SHELL

pytestmark = pytest.mark.django_db
Browse = Callable[..., Client]
NOW = datetime(2026, 11, 24, 2, 14, tzinfo=UTC)
FORM = {
    "role": "Berth master", "person": "Anna Nowak", "phone": "+46 70 174 06 05", "radio_channel": "VHF 12", "situations": ["emergency"],
    "hours": "always", "audience_kind": "region",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _night() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def add(cast: Cast) -> Callable[..., ContactPoint]:
    def one(name: str = "gdansk", role: str = "Duty officer", **content: Any) -> ContactPoint:
        with acting_for(cast.as_(name)) as acting:
            return add_contact_point(acting, role=role, **{"phone": "+46701740605", "situations": ["emergency"], **content})

    return one


def stands(cast: Cast, pk: Any = None) -> ContactPoint:
    with acting_for(cast.as_("gdansk")) as acting:
        found = queries.readable(acting)
        return found.get(pk=pk) if pk else found.get()


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/call/", SHELL + 5),  # organisations, the coast's order; contacts, who is near; own regions
        ("/call/ours/", SHELL + 2),  # in use, retired
        # port; changes of level, ports; its regions, the first; contacts; history; declarations; profile; newest year; documents; plans
        ("/ports/PLGDN/", SHELL + 8),
    ],
)
def test_a_page_makes_the_same_queries_for_few_and_many_contacts(
    add: Callable[..., ContactPoint], browse: Browse, django_assert_num_queries: DjangoAssertNumQueries, address: str, queries: int
) -> None:
    client = browse("gdansk")
    client.get(address)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
    for number in range(6):
        add(("gdansk", "riga")[number % 2], f"Role {number}")
    with django_assert_num_queries(queries):
        client.get(address)


def test_a_number_is_two_taps_from_the_dashboard(add: Callable[..., ContactPoint], browse: Browse) -> None:
    """Whom to call, in the bar of a phone; then the number itself."""
    add("riga")
    client = browse("gdansk")
    assert '<a href="/call/" data-go="c">' in client.get("/").content.decode()
    assert 'href="tel:+46701740605"' in client.get("/call/").content.decode()


def test_the_question_is_a_plain_form(cast: Cast, add: Callable[..., ContactPoint], browse: Browse) -> None:
    add("riga", "Inspections", situations=["inspection"])
    add("gdynia")
    client = browse("gdansk")
    page = client.get("/call/", {"situation": "inspection", "organisation": str(cast.riga.pk)})
    assert [one.contact.role for one in page.context["contacts"]] == ["Inspections"]
    html = page.content.decode()
    assert f'<a href="?situation=inspection&amp;organisation={cast.riga.pk}" aria-current="page">Inspection</a>' in html
    assert '<input type="hidden" name="situation" value="inspection">' in html
    assert f'value="{cast.riga.pk}" selected' in html
    assert [one.name for one in page.context["ports"]] == [cast.gdansk.name, cast.gdynia.name, cast.riga.name, cast.aarhus.name]
    assert client.get("/call/?situation=party").context["situation"] == "emergency"


def test_a_row_says_the_hour_there_when_it_answers_and_whether_to_trust_it(add: Callable[..., ContactPoint], browse: Browse) -> None:
    office = {"hours": "office", "days": [1, 2, 3, 4, 5], "opens_at": time(8), "closes_at": time(16)}
    add("riga", "Office", **office, radio_channel="VHF 12", verified_on=date(2026, 8, 1))
    page = browse("gdansk").get("/call/").content.decode()
    for said in (
        "04:14 in Rīga",
        "Answers again 08:00 there",
        "VHF 12",
        "Last verified 115 days ago",
        "Mon–Fri 08:00–16:00",
    ):
        assert said in page, said


def test_a_stale_one_is_flagged_wherever_it_is_shown(cast: Cast, add: Callable[..., ContactPoint], browse: Browse) -> None:
    contact = add(verified_on=date(2026, 8, 1))
    baltic = cast.regions["baltic"].pk
    for address in (
        "/call/",
        "/call/ours/",
        f"/call/{contact.pk}/",
        "/ports/PLGDN/",
        f"/call/sheet/{baltic}/",
        f"/call/{contact.pk}/retire/",
    ):
        assert "Last verified 115 days ago" in browse("gdansk").get(address).content.decode(), address


def test_an_empty_answer_says_why_and_what_next(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    assert "Name ours" in client.get("/call/").content.decode()
    assert "Port of Rīga has named nobody for this." in client.get("/call/", {"organisation": str(cast.riga.pk)}).content.decode()
    assert "Port of Rīga has named nobody yet." in client.get("/ports/LVRIX/").content.decode()
    assert "neighbours cannot reach you" in client.get("/call/ours/").content.decode()


# Keeping


def test_a_person_adds_one_and_finds_it_in_the_list(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    answer = client.post("/call/ours/new/", FORM, follow=True)
    assert answer.redirect_chain == [("/call/ours/", 302)]
    assert "+46 701 740 605" in answer.content.decode()
    assert stands(cast).audience.kind == "region"


def test_named_organisations_alone_may_call(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    client.post("/call/ours/new/", {**FORM, "audience_kind": "named", "organisations": [str(cast.riga.pk)]})
    assert stands(cast).audience.kind == "named"
    refused = client.post("/call/ours/new/", {**FORM, "audience_kind": "named"})
    assert refused.status_code == 422
    assert refused.context["form"].errors == {"organisations": ["Name at least one organisation."]}


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"phone": "call me"}, "phone", "country code"),
        ({"phone": "", "radio_channel": ""}, "phone", "at least one way"),
        ({"situations": []}, "situations", "at least one situation"),
        ({"hours": "office", "days": [1], "opens_at": "08:00", "closes_at": "08:00"}, "closes_at", "end when it begins"),
        ({"hours": "office"}, "days", "Choose the days"),
        ({"role": "Duty\x07"}, "role", "control character"),
        ({"role": "x" * 300_000}, "role", "80 characters"),
        ({"verified_on": "2999-01-01"}, "verified_on", "still to come"),
        ({"audience_kind": "named", "organisations": ["not-an-id"]}, "organisations", "not a valid"),
    ],
)
def test_a_mistake_is_shown_beside_its_field_and_the_input_kept(
    cast: Cast, browse: Browse, change: dict[str, Any], field: str, remedy: str
) -> None:
    page = browse("gdansk").post("/call/ours/new/", {**FORM, **change})
    assert page.status_code == 422
    assert remedy in " ".join(page.context["form"].errors[field])
    html = page.content.decode()
    assert "Anna Nowak" in html
    assert "<title>Error:" in html
    with acting_for(cast.as_("gdansk")) as acting:
        assert not queries.readable(acting).exists()


def test_an_edit_carries_the_version_that_was_read(cast: Cast, add: Callable[..., ContactPoint], browse: Browse) -> None:
    contact, client = add(), browse("gdansk")
    address = f"/call/{contact.pk}/edit/"
    assert client.get(address).context["form"]["version"].value() == 1
    assert client.post(address, {**FORM, "note": "first", "version": 1}).status_code == 302
    late = client.post(address, {**FORM, "note": "second", "version": 1})
    assert late.status_code == 422
    assert late.context["form"].non_field_errors() == ["This contact point has been changed meanwhile. Read it again."]
    assert stands(cast).note == "first"


def test_verifying_takes_one_press_and_an_edit_takes_it_back(cast: Cast, add: Callable[..., ContactPoint], browse: Browse) -> None:
    contact, client = add(), browse("gdansk")
    assert client.post(f"/call/{contact.pk}/verify/").url == "/call/ours/"
    assert stands(cast).verified_on == date(2026, 11, 24)
    client.post(f"/call/{contact.pk}/edit/", {**FORM, "role": contact.role, "version": 2, "verified_on": ""})
    assert stands(cast).verified_on is None


def test_it_moves_by_one_place_and_stops_at_the_ends(cast: Cast, add: Callable[..., ContactPoint], browse: Browse) -> None:
    first, _second, third = add(role="A"), add(role="B"), add(role="C")
    client = browse("gdansk")

    def order() -> list[str]:
        return [one.contact.role for one in client.get("/call/ours/").context["contacts"]]

    client.post(f"/call/{third.pk}/move/", {"direction": "up"})
    assert order() == ["A", "C", "B"]
    client.post(f"/call/{first.pk}/move/", {"direction": "up"})
    assert order() == ["A", "C", "B"]
    client.post(f"/call/{first.pk}/move/", {"direction": "down"})
    assert order() == ["C", "A", "B"]


def test_retiring_asks_first_and_keeps_the_history(cast: Cast, add: Callable[..., ContactPoint], browse: Browse) -> None:
    contact, client = add(), browse("gdansk")
    assert "cannot be taken back" in client.get(f"/call/{contact.pk}/retire/").content.decode()
    assert stands(cast).is_active
    page = client.post(f"/call/{contact.pk}/retire/", follow=True)
    assert [one.contact.pk for one in page.context["retired"]] == [contact.pk]
    assert browse("gdynia").get("/call/").context["contacts"] == []
    again = client.post(f"/call/{contact.pk}/retire/", follow=True)
    assert "is retired" in again.content.decode()
    assert client.post(f"/call/{contact.pk}/move/", {"direction": "up"}, follow=True).status_code == 200
    assert "contact_point.retired" in client.get(f"/call/{contact.pk}/history/").content.decode()


def test_who_may_not_change_them_is_shown_no_button(add: Callable[..., ContactPoint], browse: Browse) -> None:
    contact = add()
    page = browse("gdansk", Role.STAFF).get("/call/ours/").content.decode()
    assert "/verify/" not in page
    assert "/call/ours/new/" not in page
    assert browse("gdynia").get(f"/call/{contact.pk}/").content.decode().count("/edit/") == 0


# The sheet


def test_the_sheet_has_a_table_for_each_organisation_and_its_label(cast: Cast, add: Callable[..., ContactPoint], browse: Browse) -> None:
    add("coastguard", "Watch")
    add("riga", "Duty officer", person="Jānis Bērzs")
    add("riga", "Berth master")
    page = browse("gdansk").get(f"/call/sheet/{cast.regions['baltic'].pk}/")
    assert [(one.organisation.name, len(one.contacts)) for one in page.context["pages"]] == [(cast.riga.name, 2), (cast.coastguard.name, 1)]
    html = page.content.decode()
    for said in ("TLP:GREEN", "24 Nov 2026 03:14", "Jānis Bērzs", "Hours on the clock of Europe/Riga"):
        assert said in html, said


def test_the_sheet_bears_the_label_of_its_narrowest_number(cast: Cast, add: Callable[..., ContactPoint], browse: Browse) -> None:
    address, client = f"/call/sheet/{cast.regions['baltic'].pk}/", browse("gdansk")
    assert client.get(address).context["label"] == "GREEN"
    add("gdynia", "Ports only", wish=AudienceWish("region_ports"))
    assert client.get(address).context["label"] == "AMBER"
    add("gdynia", "Named", wish=AudienceWish("named", organisations=(cast.gdansk.pk,)))
    assert client.get(address).context["label"] == "AMBER+STRICT"
    assert browse("riga").get(address).context["label"] == "AMBER"


def test_a_linked_regions_sheet_shows_what_that_region_shares(cast: Cast, add: Callable[..., ContactPoint], browse: Browse) -> None:
    add("aarhus", "Shared", wish=AudienceWish("linked_regions"))
    add("aarhus", "Its region's")
    page = browse("gdansk").get(f"/call/sheet/{cast.regions['kattegat'].pk}/")
    assert [reach.contact.role for one in page.context["pages"] for reach in one.contacts] == ["Shared"]
