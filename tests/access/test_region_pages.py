"""The pages on which a coordinator sets up a region: what they say, keep and ask, and what each costs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from portsec.access.acting import acting_for, as_system
from portsec.access.actions import create_organisation, join_region, propose_membership
from portsec.access.models import Invitation, Organisation, Proposal, Region
from portsec.access.roles import Role
from tests.access.managing import confirm, manager, signed_in
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("nothing_counted")


@pytest.fixture
def coordinator(committed: Cast) -> Client:
    return confirm(signed_in(committed, "council", Role.COORDINATOR))


def page(cast: Cast, tail: str = "", region: str = "baltic") -> str:
    return f"/regions/{cast.regions[region].pk}/{tail}"


def of(cast: Cast, name: str, tail: str) -> str:
    return page(cast, f"organisations/{cast.organisations[name].pk}/{tail}/")


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


# Regions


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_who_coordinates_finds_the_regions_in_the_navigation(committed: Cast, role: Role) -> None:
    client = signed_in(committed, "council", role)
    assert 'href="/regions/"' in client.get("/").content.decode()
    shown = [(one.name, one.size) for one in client.get("/regions/").context["regions"]]
    assert shown == [("Baltic region", committed.regions["baltic"].organisations.count())]
    assert shown[0][1] > 1


@pytest.mark.parametrize(("name", "role"), [("gdansk", Role.ADMINISTRATOR), ("council", Role.STAFF)])
def test_others_are_not_shown_the_way(committed: Cast, name: str, role: Role) -> None:
    client = signed_in(committed, name, role)
    assert 'href="/regions/"' not in client.get("/").content.decode()
    assert client.get("/regions/").status_code == 403
    assert client.get(page(committed)).status_code == 403


@pytest.mark.parametrize("region", ["kattegat", "adriatic"])
def test_a_region_of_others_is_absent_linked_or_not(committed: Cast, coordinator: Client, region: str) -> None:
    for tail in ("", "edit/", "link/", "propose/", "organisations/new/", "import/", "ports/new/"):
        assert coordinator.get(page(committed, tail, region)).status_code == 404


def test_a_region_is_set_up_and_leads_to_its_page(committed: Cast, coordinator: Client) -> None:
    answer = coordinator.post("/regions/new/", {"name": "Gulf of Amber"}, follow=True)
    region = Region.objects.get(name="Gulf of Amber")
    assert answer.redirect_chain == [(f"/regions/{region.pk}/", 302)]
    assert told(answer) == ["Gulf of Amber is set up. Bring its ports in."]


def test_a_taken_name_is_said_beside_the_field_with_the_input_kept(committed: Cast, coordinator: Client) -> None:
    answer = coordinator.post("/regions/new/", {"name": "Adriatic region"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"name": ["This name is taken. Choose another."]}
    assert 'value="Adriatic region"' in answer.content.decode()


def test_a_region_is_changed(committed: Cast, coordinator: Client) -> None:
    answer = coordinator.post(page(committed, "edit/"), {"name": "Baltic Sea"}, follow=True)
    assert told(answer) == ["Saved"]
    assert "Only the sender sees who was told" in answer.content.decode()


def test_the_page_of_a_region_costs_the_same_for_few_and_for_many(
    committed: Cast, coordinator: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    coordinator.get(page(committed))
    for number in range(30):
        join_region(create_organisation(f"Agency {number}", "agency"), committed.regions["baltic"])
    # session, user, memberships; savepoint, context and its end; the region, that we coordinate it;
    # members, invitations, links, proposals; what waits, and the position of the live line
    with django_assert_num_queries(14):
        answer = coordinator.get(page(committed))
    assert len(answer.context["members"]) == 35


def test_a_page_shows_the_first_two_hundred_and_finds_the_others(committed: Cast, coordinator: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("portsec.access.views.regions.MOST_SHOWN", 2)
    answer = coordinator.get(page(committed))
    assert (len(answer.context["members"]), answer.context["total"]) == (2, 5)
    assert "The first 2 of 5, by name." in answer.content.decode()
    found = coordinator.get(page(committed), {"search": "rīga"})
    assert [one.name for one, _invitation in found.context["members"]] == ["Port of Rīga"]
    assert "Nothing fits this search." in coordinator.get(page(committed), {"search": "nowhere"}).content.decode()


# Organisations


def test_a_new_agency_leads_on_to_the_person_who_begins_it(committed: Cast, coordinator: Client) -> None:
    body = {"kind": "agency", "name": "Amber Customs", "time_zone": "Europe/Warsaw"}
    answer = coordinator.post(page(committed, "organisations/new/"), body, follow=True)
    agency = Organisation.objects.get(name="Amber Customs")
    first = page(committed, f"organisations/{agency.pk}/first/")
    assert answer.redirect_chain == [(first, 302)]
    answer = coordinator.post(first, {"email": "ida@amber.example", "name": "Ida Morska"}, follow=True)
    assert told(answer) == ["Invited. The list below says whether the mail has left."]
    assert [sent.to for sent in mail.outbox] == [["ida@amber.example"]]
    row = next(invitation for one, invitation in coordinator.get(page(committed)).context["members"] if one.pk == agency.pk)
    assert (row.email, row.state) == ("ida@amber.example", Invitation.State.SENT)
    vacant = coordinator.get(page(committed), {"show": "vacant"})
    assert [one.name for one, _invitation in vacant.context["members"]] == ["Amber Customs"]


def test_what_was_typed_is_kept_on_the_way_to_the_second_factor(committed: Cast) -> None:
    agency = create_organisation("Amber Customs", "agency")
    join_region(agency, committed.regions["baltic"])
    client, address = signed_in(committed, "council", Role.COORDINATOR), page(committed, f"organisations/{agency.pk}/first/")
    assert client.post(address, {"email": "ida@amber.example", "name": "Ida Morska"}).status_code == 302
    assert mail.outbox == []
    answer = client.get(address)
    assert answer.context["form"].initial == {"email": "ida@amber.example", "name": "Ida Morska"}
    assert "You have none yet. Add one, then come back." in answer.content.decode()


def test_an_organisation_with_people_is_not_offered_another_beginning(committed: Cast, coordinator: Client) -> None:
    assert "This organisation has people of its own." in coordinator.get(of(committed, "gdansk", "first")).content.decode()
    answer = coordinator.post(of(committed, "gdansk", "first"), {"email": "ida@amber.example", "name": "Ida"})
    assert answer.status_code == 422
    assert mail.outbox == []


def test_the_consequences_are_said_before_an_organisation_is_removed(committed: Cast, coordinator: Client) -> None:
    said = coordinator.get(of(committed, "gdansk", "remove")).content.decode()
    assert "Port of Gdańsk loses sight of all that Baltic region shares" in said
    answer = coordinator.post(of(committed, "gdansk", "remove"), follow=True)
    assert told(answer) == ["Port of Gdańsk is no longer in Baltic region."]
    assert coordinator.get(of(committed, "gdansk", "remove")).status_code == 404


def test_without_a_second_factor_nobody_is_removed_or_closed(committed: Cast) -> None:
    client = signed_in(committed, "council", Role.COORDINATOR)
    for tail in ("remove", "close", "reopen"):
        assert client.post(of(committed, "gdansk", tail)).status_code == 302
    assert committed.regions["baltic"].memberships.filter(organisation=committed.gdansk).exists()
    assert Organisation.objects.get(pk=committed.gdansk.pk).is_active


def test_an_organisation_is_closed_and_opened_again(committed: Cast, coordinator: Client) -> None:
    assert told(coordinator.post(of(committed, "gdansk", "close"), follow=True)) == [
        "Port of Gdańsk is closed. Nobody acts for it any more."
    ]
    assert signed_in(committed, "gdansk").get("/").status_code == 403
    answer = coordinator.post(of(committed, "gdansk", "close"))
    assert answer.status_code == 409
    assert "Port of Gdańsk is closed already." in answer.content.decode()
    coordinator.post(of(committed, "gdansk", "reopen"))
    assert signed_in(committed, "gdansk").get("/").status_code == 200


def test_an_organisation_outside_of_the_region_is_absent(committed: Cast, coordinator: Client) -> None:
    for tail in ("first", "remove", "close", "reopen"):
        for name in ("trieste", "aarhus"):
            assert coordinator.post(of(committed, name, tail)).status_code == 404


# Proposals


@pytest.mark.parametrize("wanted", ["ITTRS", "QQQQQ"])
def test_a_proposal_is_answered_alike_whatever_there_is(committed: Cast, coordinator: Client, wanted: str) -> None:
    answer = coordinator.post(page(committed, "propose/"), {"wanted": wanted}, follow=True)
    assert told(answer) == ["Proposed. Where there is one of this name, it finds the proposal on its dashboard."]
    assert [(one.wanted, one.is_waiting) for one in answer.context["proposals"]] == [(wanted, True)]
    assert "Trieste" not in answer.content.decode()


def proposed(cast: Cast, wanted: str = "ITTRS") -> Proposal:
    with acting_for(manager(cast, "council", Role.COORDINATOR)) as acting:
        return propose_membership(acting, cast.regions["baltic"], wanted=wanted)


def test_the_asked_says_yes_on_its_own_page(committed: Cast) -> None:
    proposal = proposed(committed)
    client = signed_in(committed, "trieste")
    assert "Answer the proposal of Baltic Port Security Council" in client.get("/").content.decode()
    assert "Port of Trieste sees what Baltic region shares" in client.get(f"/proposals/{proposal.pk}/").content.decode()
    answer = client.post(f"/proposals/{proposal.pk}/accept/", follow=True)
    assert told(answer) == ["Your organisation is in Baltic region now."]
    answer = client.post(f"/proposals/{proposal.pk}/decline/")
    assert answer.status_code == 409
    assert "has been answered" in answer.content.decode()


def test_a_proposal_is_for_those_who_manage_and_absent_for_all_others(committed: Cast) -> None:
    proposal = proposed(committed)
    answers = {}
    for name, role in (("trieste", Role.SECURITY_OFFICER), ("gdansk", Role.ADMINISTRATOR), ("council", Role.COORDINATOR)):
        client = signed_in(committed, name, role)
        paths = [
            client.get(f"/proposals/{proposal.pk}/"),
            *(client.post(f"/proposals/{proposal.pk}/{verb}/") for verb in ("accept", "decline")),
        ]
        answers[name] = {one.status_code for one in paths}
    assert answers == {"trieste": {403}, "gdansk": {404}, "council": {404}}
    assert signed_in(committed, "trieste").post(f"/proposals/{proposal.pk}/withdraw/").status_code == 404
    assert signed_in(committed, "council", Role.STAFF).post(f"/proposals/{proposal.pk}/withdraw/").status_code == 403


def test_who_asked_may_take_it_back(committed: Cast, coordinator: Client) -> None:
    proposal = proposed(committed)
    assert told(coordinator.post(f"/proposals/{proposal.pk}/withdraw/", follow=True)) == ["Proposal withdrawn."]
    assert signed_in(committed, "trieste").get(f"/proposals/{proposal.pk}/").status_code == 404


def test_a_link_is_proposed_and_ended(committed: Cast, coordinator: Client) -> None:
    answer = coordinator.post(page(committed, "link/"), {"wanted": "Kattegat region"})
    assert answer.context["form"].errors == {"wanted": ["Kattegat region is linked already."]}
    address = page(committed, f"unlink/{committed.regions['kattegat'].pk}/")
    assert told(coordinator.post(address, follow=True)) == ["Kattegat region is no longer linked."]
    assert coordinator.post(address).status_code == 404
    assert coordinator.post(page(committed, "link/"), {"wanted": "Kattegat region"}).status_code == 302


def test_the_page_of_roles_shows_what_is_new(committed: Cast, coordinator: Client) -> None:
    shown = {row["label"]: {role for role, may in row["allowed"] if may} for row in coordinator.get("/roles/").context["verbs"]}
    setters = {Role.ADMINISTRATOR, Role.COORDINATOR}
    for label in ("Set up and link the regions that your coordination body coordinates", "Import ports into such a region"):
        assert shown[label] == setters


def test_nobody_sets_up_regions_with_a_token(committed: Cast) -> None:
    client = Client(headers={"Authorization": f"Token {committed.token('council')}"})
    assert client.get("/regions/").status_code == 403
    with as_system("a test looks"):
        assert not Region.objects.filter(name="Robotic").exists()
