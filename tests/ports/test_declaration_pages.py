"""Pages of declarations: three steps to write one, answering, signing, the list, the sheet; and where the others lead to them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ports import actions
from ports.measures import DUTIES
from ports.models import DeclarationOfSecurity, DeclarationSignature, PortFacility, SecurityLevelChange
from ports.queries.declaration_waits import declarations_to_answer, declarations_to_propose
from ports.queries.declarations import readable
from portsec.access.acting import acting_for
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from tests.access.managing import confirm
from tests.cast import Cast
from tests.incidents.test_alert_pages import SHELL
from tests.ports.test_declarations import ON_PAPER, do

pytestmark = pytest.mark.django_db
Declare = Callable[..., DeclarationOfSecurity]
Sign = Callable[..., DeclarationSignature]
AddFacility = Callable[..., PortFacility]
SetLevel = Callable[..., SecurityLevelChange]
Browse = Callable[..., Client]
SHIP = {
    "own_level": "1", "ship_name": "MV Amber Heron", "ship_imo": "IMO 9074729", "ship_flag": "Norway", "other_level": "2",
    "ship_role": "master", "ship_person": "Tove Example", "ship_contact": "VHF 14",
}  # fmt: skip
SHARES = {f"by_{duty.code}": str(duty.usual) for duty in DUTIES}


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def period() -> dict[str, str]:
    now = timezone.localtime()
    days = {"valid_from": now - timedelta(minutes=1), "valid_to": now + timedelta(days=1)}
    return {"activities": "Loading, berth 3", **{name: at.strftime("%d.%m.%Y %H:%M") for name, at in days.items()}}


@pytest.fixture
def own(cast: Cast, facility: AddFacility) -> PortFacility:
    return facility(cast.as_("gdansk"), "PLGDN-0001")


@pytest.fixture
def orlowo(cast: Cast, facility: AddFacility) -> PortFacility:
    return facility(cast.as_("gdynia"), "PLGDY-0001")


# Writing one


def test_three_steps_lead_to_a_request(cast: Cast, browse: Browse, own: PortFacility) -> None:
    client = browse("gdansk")
    page = client.post("/declarations/new/", {**SHIP, "facility": str(own.pk)}, follow=True)
    draft = page.context["declaration"]
    assert page.redirect_chain == [(f"/declarations/{draft.pk}/period/", 302)]
    page = client.post(f"/declarations/{draft.pk}/period/", {**period(), "version": page.context["declaration"].version}, follow=True)
    assert page.redirect_chain == [(f"/declarations/{draft.pk}/measures/", 302)]
    written = {**SHARES, "note_cargo": "At berth 3 only", "text_0": "Guard boat", "taken_0": "other"}
    page = client.post(f"/declarations/{draft.pk}/measures/", {**written, "version": page.context["declaration"].version}, follow=True)
    assert page.redirect_chain == [(f"/declarations/{draft.pk}/", 302)]
    for said in ("MV Amber Heron", "IMO 9074729", "Guard boat", "At berth 3 only", "Request declaration", "Levels differ"):
        assert said in text(page)
    page = client.post(f"/declarations/{draft.pk}/request/", {"version": page.context["declaration"].version}, follow=True)
    assert page.context["standing"] == "requested"
    assert page.context["declaration"].ref_id.startswith("DEC-")


def test_what_is_usual_is_chosen_already(cast: Cast, browse: Browse, declare: Declare) -> None:
    page = browse("gdansk").get(f"/declarations/{declare(cast.as_('gdansk'), draft=True).pk}/measures/")
    assert page.context["form"]["by_access_facility"].value() == "facility"
    assert page.content.decode().count(" checked") == len(DUTIES)


def test_a_refusal_stands_beside_its_field_and_keeps_the_input(cast: Cast, browse: Browse, own: PortFacility) -> None:
    page = browse("gdansk").post("/declarations/new/", {**SHIP, "facility": str(own.pk), "ship_imo": "9074728"})
    assert page.status_code == 422
    assert "after 907472 it would be 9" in page.context["form"].errors["ship_imo"][0]
    assert "MV Amber Heron" in page.content.decode()
    with acting_for(cast.as_("gdansk")) as acting:
        assert not readable(acting).exists()


def test_a_bad_period_and_an_undecided_duty_are_said_where_they_stand(cast: Cast, browse: Browse, declare: Declare) -> None:
    draft = declare(cast.as_("gdansk"), draft=True)
    client = browse("gdansk")
    backwards = {**period(), "valid_to": "01.01.2020 00:00", "version": 1}
    assert "is not after its beginning" in client.post(f"/declarations/{draft.pk}/period/", backwards).context["form"].errors["valid_to"][0]
    page = client.post(f"/declarations/{draft.pk}/measures/", {**SHARES, "by_cargo": "", "version": 1})
    assert page.context["form"].errors["by_cargo"] == ["Say who takes this."]


def test_a_request_that_lacks_something_leads_to_its_step(cast: Cast, browse: Browse, own: PortFacility) -> None:
    client = browse("gdansk")
    client.post("/declarations/new/", {**SHIP, "facility": str(own.pk)})
    with acting_for(cast.as_("gdansk")) as acting:
        draft = readable(acting).get()
    page = client.post(f"/declarations/{draft.pk}/request/", {"version": 1}, follow=True)
    assert page.redirect_chain == [(f"/declarations/{draft.pk}/period/", 302)]
    assert "Say until when it holds." in text(page)


def test_of_two_who_edit_the_second_is_told_and_keeps_the_text(cast: Cast, browse: Browse, declare: Declare) -> None:
    draft = declare(cast.as_("gdansk"), draft=True)
    address, client = f"/declarations/{draft.pk}/period/", browse("gdansk")
    client.post(address, {**period(), "reason": "First", "version": 1})
    page = client.post(address, {**period(), "reason": "Second", "version": 1})
    assert page.status_code == 422
    assert "Read it again" in text(page)
    assert "Second" in page.content.decode()


def test_with_one_facility_of_the_other_port_it_is_chosen(cast: Cast, browse: Browse, own: PortFacility, orlowo: PortFacility) -> None:
    page = browse("gdansk").get(f"/declarations/new/?kind=facility&with={cast.gdynia.pk}")
    assert page.context["form"]["other_facility"].value() == str(orlowo.pk)
    assert browse("gdansk").get("/declarations/new/?kind=facility&with=nonsense").status_code == 200


def test_without_a_facility_the_page_says_what_to_do(cast: Cast, browse: Browse) -> None:
    assert "Your port has no facility on record." in text(browse("gdansk").get("/declarations/new/"))


# Answering


def test_the_other_port_answers_on_the_page_and_the_owner_waits(cast: Cast, browse: Browse, declare: Declare, orlowo: PortFacility) -> None:
    declaration = declare(cast.as_("gdansk"), orlowo)
    address = f"/declarations/{declaration.pk}/"
    assert "It waits for the answer of Port of Gdynia." in text(browse("gdansk").get(address))
    assert not browse("gdansk").get(address).context["may_answer"]
    theirs = browse("gdynia")
    assert "Port of Gdańsk asks you" in text(theirs.get(address))
    page = theirs.post(f"{address}agree/", {"note": "From 06:00", "text_version": 1}, follow=True)
    assert page.context["standing"] == "agreed"
    assert "From 06:00" in text(browse("gdansk").get(address))


def test_who_read_an_older_text_does_not_agree_to_the_newer(
    cast: Cast, browse: Browse, declare: Declare, standing_for: Any, orlowo: PortFacility
) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk, orlowo)
    shown = browse("gdynia").get(f"/declarations/{declaration.pk}/").context["remark_form"]["text_version"].value()
    do(gdansk, actions.edit_declaration, declaration, reason="Another")
    page = browse("gdynia").post(f"/declarations/{declaration.pk}/agree/", {"text_version": shown}, follow=True)
    assert "Version 2 has been written meanwhile. Read it, then decide again." in text(page)
    assert standing_for(gdansk, declaration) == "requested"


def test_who_read_an_older_draft_does_not_request_the_newer(cast: Cast, browse: Browse, declare: Declare) -> None:
    gdansk = cast.as_("gdansk")
    draft = declare(gdansk, draft=True)
    do(gdansk, actions.edit_declaration, draft, reason="A colleague's")
    page = browse("gdansk").post(f"/declarations/{draft.pk}/request/", {"version": 1}, follow=True)
    assert page.context["standing"] == "draft"
    assert "Read it again." in text(page)


def test_opening_it_is_seen_by_who_asked(cast: Cast, browse: Browse, declare: Declare, orlowo: PortFacility) -> None:
    declaration = declare(cast.as_("gdansk"), orlowo)
    browse("gdynia").get(f"/declarations/{declaration.pk}/")
    with acting_for(cast.as_("gdansk")):
        assert Delivery.objects.get(object_id=declaration.pk).state == "seen"


def test_declining_asks_why(cast: Cast, browse: Browse, declare: Declare, orlowo: PortFacility) -> None:
    address = f"/declarations/{declare(cast.as_('gdansk'), orlowo).pk}/"
    page = browse("gdynia").post(f"{address}decline/", {"reason": ""})
    assert (page.status_code, page.context["reason_form"].errors["reason"]) == (
        422, ["Say why, so that the other side knows what to change."],
    )  # fmt: skip
    page = browse("gdynia").post(f"{address}decline/", {"reason": "No guard at night"}, follow=True)
    assert page.context["standing"] == "declined"
    assert "No guard at night" in text(browse("gdansk").get(address))


# Signing


def test_a_signature_is_confirmed_and_what_was_typed_is_kept(cast: Cast, browse: Browse, declare: Declare) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)
    client, address = browse("gdansk"), f"/declarations/{declaration.pk}/sign/"
    page = client.get(address)
    assert "You sign as yourself: Security officer Gdansk, now." in text(page)
    written = {"sha256": page.context["sha256"], "side": "facility", "capacity": "Port facility security officer"}
    assert client.post(address, written).status_code == 302
    assert client.get(address).context["form"]["capacity"].value() == "Port facility security officer"
    page = confirm(client).post(address, written, follow=True)
    assert page.redirect_chain == [(f"/declarations/{declaration.pk}/", 302)]
    assert [(one.person, one.capacity) for one in page.context["signatures"]] == [
        ("Security officer Gdansk", "Port facility security officer"),
    ]  # fmt: skip
    page = client.get(f"{address}?side=other")
    assert page.context["form"]["person"].value() == "Tove Example"
    paper = {"sha256": page.context["sha256"], **ON_PAPER, "signed_at": timezone.localtime().strftime("%d.%m.%Y %H:%M")}
    page = client.post(address, paper, follow=True)
    assert page.context["standing"] == "in_force"
    assert "on paper, recorded by S. officer Gdansk" in text(page)
    assert "Nothing is left for you to sign here." in text(client.get(address, follow=True))


def test_a_text_that_changed_under_the_hand_is_not_signed(cast: Cast, browse: Browse, declare: Declare) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)
    client = confirm(browse("gdansk"))
    page = client.post(f"/declarations/{declaration.pk}/sign/", {"sha256": "0" * 64, "side": "facility", "capacity": "PFSO"})
    assert page.status_code == 422
    assert "not the one that you read" in text(page)


def test_a_new_version_says_what_it_clears_and_shows_it_after(cast: Cast, browse: Browse, declare: Declare, sign: Sign) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)
    sign(gdansk, declaration)
    client, address = browse("gdansk"), f"/declarations/{declaration.pk}/"
    page = client.get(f"{address}measures/")
    assert "1 signature is cleared when you save." in text(page)
    version = page.context["declaration"].version
    refused = client.post(f"{address}measures/", {**SHARES, "version": version})
    assert "signed this text at" in text(refused)
    page = client.post(f"{address}measures/", {**SHARES, "by_stores": "none", "version": version, "clear_signatures": "on"}, follow=True)
    assert (page.context["standing"], page.context["signatures"]) == ("requested", [])
    assert "signed version 1 at" in text(page)


def test_ending_needs_no_second_factor(cast: Cast, browse: Browse, declare: Declare, sign: Sign) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)
    sign(gdansk, declaration)
    sign(gdansk, declaration, **ON_PAPER)
    address = f"/declarations/{declaration.pk}/"
    page = browse("gdansk").post(f"{address}end/", {"reason": "Sailed"}, follow=True)
    assert page.context["standing"] == "ended"
    for said in ("By S. officer Gdansk", "Sailed", "90 days after its period, 33 CFR 105.225(b)"):
        assert said in text(page)
    for gone in ("may_edit", "may_end", "may_delete", "may_answer"):
        assert not page.context[gone], gone
    page = browse("gdansk").post(f"{address}delete/", follow=True)
    assert "it cannot be deleted before" in text(page)


# The list, the sheet, the history


def test_the_list_shows_those_in_force_first(cast: Cast, browse: Browse, declare: Declare, sign: Sign, orlowo: PortFacility) -> None:
    gdansk = cast.as_("gdansk")
    held, asked, over, draft = declare(gdansk), declare(gdansk, orlowo), declare(gdansk), declare(gdansk, draft=True)
    do(gdansk, actions.agree_declaration, held)
    sign(gdansk, held)
    sign(gdansk, held, **ON_PAPER)
    do(gdansk, actions.end_declaration, over)

    def shown(name: str, query: str) -> list[list[Any]]:
        context = browse(name).get(f"/declarations/{query}").context
        return [[one["declaration"].pk for one in context.get(part, [])] for part in ("declarations", "coming")]

    assert shown("gdansk", "") == [[held.pk], [draft.pk, asked.pk]]
    assert shown("gdansk", "?show=waiting") == [[draft.pk], []]
    assert shown("gdansk", "?show=ended") == [[over.pk], []]
    assert shown("gdynia", "") == [[], [asked.pk]]
    assert shown("gdynia", "?show=waiting") == [[asked.pk], []]
    assert shown("riga", "?show=ended") == shown("riga", "?show=nonsense") == [[], []]


@pytest.mark.parametrize(("query", "said"), [
    ("", "None is in force."), ("?show=waiting", "No declaration waits for you."), ("?show=ended", "None has ended yet."),
])  # fmt: skip
def test_an_empty_list_says_why_and_what_next(cast: Cast, browse: Browse, query: str, said: str) -> None:
    assert said in text(browse("riga").get(f"/declarations/{query}"))


@pytest.mark.parametrize(("address", "queries"), [
    ("/declarations/", SHELL + 5),  # changes of level, ports, past dealings; in force, on the way
    ("/declarations/?show=waiting", SHELL + 4),  # as above; waiting
    ("/declarations/?show=ended", SHELL + 4),  # as above; the page of records
    ("/declarations/{pk}/", SHELL + 2),  # declaration, signatures
    ("/declarations/{pk}/sheet/", SHELL + 2),
])  # fmt: skip
def test_a_page_makes_the_same_queries_for_few_and_many(
    cast: Cast, browse: Browse, declare: Declare, django_assert_num_queries: Any, address: str, queries: int
) -> None:
    gdansk = cast.as_("gdansk")
    many = [declare(gdansk) for _number in range(5)]
    for one in many[:3]:
        do(gdansk, actions.end_declaration, one)
    client, at = browse("gdansk"), address.format(pk=many[-1].pk)
    client.get(at)
    with django_assert_num_queries(queries):
        assert client.get(at).status_code == 200


def test_the_sheet_has_every_measure_and_the_place_to_sign(cast: Cast, browse: Browse, declare: Declare) -> None:
    page = text(browse("gdansk").get(f"/declarations/{declare(cast.as_('gdansk')).pk}/sheet/"))
    for duty in DUTIES:
        assert str(duty.label).replace("'", "&#x27;") in page
    for said in ("TLP:AMBER+STRICT", "MV Amber Heron", "……", "SHA-256"):
        assert said in page


def test_the_history_tells_each_step(cast: Cast, browse: Browse, declare: Declare) -> None:
    declaration = declare(cast.as_("gdansk"))
    do(cast.as_("gdansk"), actions.agree_declaration, declaration)
    page = text(browse("gdansk").get(f"/declarations/{declaration.pk}/history/"))
    assert "declaration.requested" in page
    assert "declaration.agreed" in page


# Where other pages lead here


def test_search_finds_it_for_the_two_sides(cast: Cast, browse: Browse, declare: Declare, orlowo: PortFacility) -> None:
    ship, quay = declare(cast.as_("gdansk")), declare(cast.as_("gdansk"), orlowo)
    found = {
        (name, words): [
            group["found"] for group in browse(name).get("/search/", {"q": words}).context["more"] if group["part"] == "declarations"
        ]
        for name in ("gdansk", "gdynia", "riga")
        for words in ("9074729", "PLGDY-0001", ship.ref_id)
    }
    ids = {key: [one["id"] for group in groups for one in group] for key, groups in found.items()}
    assert ids["gdansk", "9074729"] == ids["gdansk", ship.ref_id] == [ship.pk]
    assert ids["gdansk", "PLGDY-0001"] == ids["gdynia", "PLGDY-0001"] == [quay.pk]
    assert [ids[key] for key in ids if key[0] == "riga"] == [[], [], []]
    assert ids["gdynia", "9074729"] == []


def test_a_ports_page_shows_what_both_take_part_in(cast: Cast, browse: Browse, declare: Declare, orlowo: PortFacility) -> None:
    declaration = declare(cast.as_("gdansk"), orlowo)
    shown = {
        (name, code): [one["declaration"].pk for one in browse(name).get(f"/ports/{code}/").context["declarations"]]
        for name in ("gdansk", "gdynia", "riga")
        for code in ("PLGDN", "PLGDY")
    }
    assert shown == {(name, code): [declaration.pk] if name != "riga" else [] for name, code in shown}
    assert f"?kind=facility&amp;with={cast.gdynia.pk}" in browse("gdansk").get("/ports/PLGDY/").content.decode()
    assert "Request declaration" not in text(browse("gdansk", Role.STAFF).get("/ports/PLGDY/"))


def waits_of(cast: Cast, name: str, role: Role | None = None) -> list[tuple[str, str]]:
    with acting_for(cast.as_(name, role)) as acting:
        return [(one.title, one.badge) for one in (*declarations_to_answer(acting), *declarations_to_propose(acting))]


def test_the_dashboard_lists_what_waits_for_each_side(cast: Cast, declare: Declare, sign: Sign, orlowo: PortFacility) -> None:
    gdansk, gdynia = cast.as_("gdansk"), cast.as_("gdynia")
    declaration = declare(gdansk, orlowo)
    ref = declaration.ref_id
    assert (waits_of(cast, "gdansk"), waits_of(cast, "gdynia")) == ([], [(f"Answer {ref} of Port of Gdańsk", "begun")])
    do(gdynia, actions.agree_declaration, declaration)
    sign(gdynia, declaration)
    assert (waits_of(cast, "gdansk"), waits_of(cast, "gdynia")) == ([(f"{ref} waits for a signature", "begun")], [])
    assert waits_of(cast, "gdansk", Role.STAFF) == waits_of(cast, "riga") == []


def test_a_declaration_is_proposed_where_levels_differ_from_one_dealt_with(
    cast: Cast, browse: Browse, declare: Declare, set_level: SetLevel, orlowo: PortFacility
) -> None:
    do(cast.as_("gdansk"), actions.end_declaration, declare(cast.as_("gdansk"), orlowo))
    assert waits_of(cast, "gdansk") == []
    change = set_level(cast.as_("gdynia"), 2)
    set_level(cast.as_("riga"), 2)  # no dealings with it
    assert waits_of(cast, "gdansk") == [("Level differs from Port of Gdynia: propose a Declaration of Security", "")]
    page = text(browse("gdansk").get(f"/levels/{change.pk}/"))
    assert "Levels differ from Port of Gdynia: theirs is 2, yours 1." in page
    assert f"/declarations/new/?kind=facility&amp;with={cast.gdynia.pk}" in page
    assert "Port of Gdynia is at level 2, you are at 1." in text(browse("gdansk").get("/declarations/"))
    declare(cast.as_("gdansk"), orlowo)
    assert waits_of(cast, "gdansk") == []


def test_a_declaration_is_proposed_when_the_own_level_rises(
    cast: Cast, browse: Browse, declare: Declare, set_level: SetLevel, own: PortFacility
) -> None:
    declare(cast.as_("gdansk"))
    change = set_level(cast.as_("gdansk"), 2)
    assert ("Level 2: propose a Declaration of Security", "") in waits_of(cast, "gdansk"), "the one from before does not answer it"
    assert "Your port is at level 2." in text(browse("gdansk").get(f"/levels/{change.pk}/"))
    assert browse("coastguard").get(f"/levels/{change.pk}/").context["proposal"] is None
    declare(cast.as_("gdansk"))
    assert [one for one, _badge in waits_of(cast, "gdansk") if "propose" in one] == []
