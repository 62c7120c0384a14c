"""Asking an organisation to join, or a region to be linked: the other side decides, and is not betrayed by the question."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.http import Http404
from django.utils import timezone

from incidents.models import Alert
from portsec.access.acting import Acting, NotAllowedError, acting_for, as_system
from portsec.access.actions import (
    accept_proposal,
    create_organisation,
    decline_proposal,
    join_region,
    leave_region,
    propose_link,
    propose_membership,
    unlink_region,
    withdraw_proposal,
)
from portsec.access.models import Membership, Organisation, Proposal, Region
from portsec.access.region_queries import proposals_to_answer
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access.managing import manager
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("nothing_counted")

Publish = Callable[..., Alert]


def council(cast: Cast) -> Acting:
    return manager(cast, "council", Role.COORDINATOR)


def asked(cast: Cast, wanted: str, kind: Any = propose_membership) -> Proposal:
    with acting_for(council(cast)) as acting:
        return kind(acting, cast.regions["baltic"], wanted=wanted)  # type: ignore[no-any-return]


def refusal(verb: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(Refused) as raised:
        verb()
    (fault,) = raised.value.faults
    return fault.field, fault.code


def received(cast: Cast, name: str, role: Role | None = None) -> list[UUID]:
    with acting_for(cast.as_(name, role)) as acting:
        return [one.pk for one in Proposal.objects.received_by(acting).waiting()]


def seen_by(cast: Cast, name: str) -> set[UUID]:
    with acting_for(cast.as_(name)) as acting:
        return {alert.pk for alert in Alert.objects.visible_to(acting)}


def administrator(cast: Cast, name: str = "trieste") -> Acting:
    return manager(cast, name, Role.ADMINISTRATOR)


# Membership


@pytest.mark.parametrize("wanted", ["Port of Trieste", "port of trieste", "ITTRS", "it trs"])
def test_it_finds_the_one_that_is_meant_by_name_or_code(committed: Cast, wanted: str) -> None:
    proposal = asked(committed, wanted)
    assert received(committed, "trieste") == [proposal.pk]


def test_nothing_changes_before_a_yes_and_then_it_sees_the_regions_history(committed: Cast, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk")).pk
    proposal = asked(committed, "ITTRS")
    assert seen_by(committed, "trieste") == set()
    with acting_for(administrator(committed)) as acting:
        accept_proposal(acting, proposal)
    assert seen_by(committed, "trieste") == {alert}
    assert committed.regions["baltic"].memberships.filter(organisation=committed.trieste).exists()
    with acting_for(council(committed)) as acting:
        assert Entry.objects.visible_to(acting).get(verb="proposal.accepted").summary == "The proposal to ITTRS was accepted"


def test_a_no_changes_nothing_and_is_told(committed: Cast) -> None:
    proposal = asked(committed, "ITTRS")
    with acting_for(administrator(committed)) as acting:
        decline_proposal(acting, proposal)
    assert not committed.regions["baltic"].memberships.filter(organisation=committed.trieste).exists()
    with acting_for(council(committed)):
        assert Proposal.objects.get(pk=proposal.pk).answer == "declined"


def test_an_answer_is_given_once(committed: Cast) -> None:
    proposal = asked(committed, "ITTRS")
    with acting_for(administrator(committed)) as acting:
        decline_proposal(acting, proposal)
    with acting_for(administrator(committed)) as acting, pytest.raises(Conflict):
        accept_proposal(acting, proposal)
    assert not committed.regions["baltic"].memberships.filter(organisation=committed.trieste).exists()


def test_one_that_was_withdrawn_or_is_old_is_no_longer_open(committed: Cast) -> None:
    withdrawn, old = asked(committed, "ITTRS"), asked(committed, "Port of Trieste")
    with acting_for(council(committed)) as acting:
        withdraw_proposal(acting, withdrawn)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        for proposal in (withdrawn, old):
            with acting_for(administrator(committed)) as acting, pytest.raises(Conflict):
                accept_proposal(acting, proposal)


def test_a_body_that_has_left_the_region_proposes_nothing_any_more(committed: Cast) -> None:
    proposal = asked(committed, "ITTRS")
    leave_region(committed.council, committed.regions["baltic"])
    with acting_for(administrator(committed)) as acting, pytest.raises(Conflict):
        accept_proposal(acting, proposal)


@pytest.mark.parametrize(("name", "role"), [("trieste", Role.SECURITY_OFFICER), ("trieste", Role.OBSERVER)])
def test_only_who_manages_the_organisation_answers(committed: Cast, name: str, role: Role) -> None:
    proposal = asked(committed, "ITTRS")
    with acting_for(committed.as_(name, role)) as acting, pytest.raises(NotAllowedError):
        accept_proposal(acting, proposal)


@pytest.mark.parametrize("name", ["aarhus", "gdansk", "customs"])
def test_nobody_answers_for_another(committed: Cast, name: str) -> None:
    proposal = asked(committed, "ITTRS")
    for verb in (accept_proposal, decline_proposal):
        with acting_for(administrator(committed, name)) as acting, pytest.raises(Http404):
            verb(acting, proposal)
    assert received(committed, name, Role.ADMINISTRATOR) == []


def test_row_security_shows_a_proposal_to_both_sides_alone(committed: Cast) -> None:
    proposal = asked(committed, "ITTRS")
    seen = {}
    for name in ("council", "trieste", "gdansk", "aarhus", "customs"):
        with acting_for(committed.as_(name)):
            seen[name] = list(Proposal.objects.values_list("pk", flat=True))
    assert seen == {"council": [proposal.pk], "trieste": [proposal.pk], "gdansk": [], "aarhus": [], "customs": []}


def test_it_waits_on_the_dashboard_of_who_may_answer(committed: Cast) -> None:
    asked(committed, "ITTRS")
    waits = {}
    for role in (Role.ADMINISTRATOR, Role.SECURITY_OFFICER):
        with acting_for(committed.as_("trieste", role)) as acting:
            waits[role] = [(one.title, one.meta) for one in proposals_to_answer(acting)]
    assert waits == {
        Role.ADMINISTRATOR: [("Answer the proposal of Baltic Port Security Council", "Join Baltic region")], Role.SECURITY_OFFICER: [],
    }  # fmt: skip


# What the question does not tell


def shown_to_the_asker(cast: Cast, wanted: str) -> dict[str, Any]:
    """Everything that the body may read of what it asked, but for ids and hours."""
    proposal = asked(cast, wanted)
    with acting_for(council(cast)) as acting:
        entries = [
            (one.verb, one.summary.replace(wanted, "…"), one.kind) for one in Entry.objects.visible_to(acting).filter(kind="proposal")
        ]
    return {"state": (proposal.answer, proposal.is_waiting), "entries": entries[-1:]}


def test_known_and_unknown_names_are_answered_alike(committed: Cast) -> None:
    closed = create_organisation("Closed Harbour", Organisation.Kind.AGENCY)
    with as_system("a test closes one"):
        Organisation.objects.filter(pk=closed.pk).update(is_active=False)
    answers = [shown_to_the_asker(committed, wanted) for wanted in ("ITTRS", "QQQQQ", "Nobody at all", "Closed Harbour")]
    assert all(answer == answers[0] for answer in answers)


def test_asking_again_is_refused_alike(committed: Cast) -> None:
    for wanted in ("ITTRS", "QQQQQ"):
        asked(committed, wanted)
        assert refusal(lambda wanted=wanted: asked(committed, wanted)) == ("wanted", "proposed_already")  # type: ignore[misc]


def test_after_a_month_it_may_be_asked_again(committed: Cast) -> None:
    asked(committed, "QQQQQ")
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        assert asked(committed, "QQQQQ").is_waiting


def test_who_is_in_the_region_already_is_no_secret(committed: Cast) -> None:
    assert refusal(lambda: asked(committed, "PLGDN")) == ("wanted", "member_already")


@pytest.mark.parametrize("wanted", ["", " ", "=1", "a\nb"])
def test_a_name_is_a_plain_line(committed: Cast, wanted: str) -> None:
    assert refusal(lambda: asked(committed, wanted))[0] == "wanted"


def test_proposals_are_rationed(committed: Cast, settings: Any) -> None:
    settings.PROPOSALS_PER_HOUR = 1
    asked(committed, "QQQQQ")
    assert refusal(lambda: asked(committed, "YYYYY")) == ("", "too_many")


# Links


@pytest.fixture
def forum(committed: Cast) -> Acting:
    """The coordination body of the Adriatic."""
    body = create_organisation("Adriatic Forum", Organisation.Kind.COORDINATION_BODY)
    join_region(body, committed.regions["adriatic"])
    with as_system("a test puts a coordinator into a body"):
        person = Membership.objects.create(user=committed.user("trieste", Role.LIAISON), organisation=body, role=Role.COORDINATOR)
    return Acting(person.user, body, Role.COORDINATOR)


def linked(cast: Cast) -> set[str]:
    return set(cast.regions["baltic"].linked.values_list("name", flat=True))


def test_a_link_needs_the_other_regions_coordinator(committed: Cast, forum: Acting, publish: Publish) -> None:
    ours, theirs = publish(committed.as_("gdansk"), "linked_regions").pk, publish(committed.as_("trieste"), "linked_regions").pk
    proposal = asked(committed, "Adriatic region", propose_link)
    assert linked(committed) == {"Kattegat region"}
    for name in ("trieste", "gdansk", "aarhus"):
        with acting_for(administrator(committed, name)) as acting, pytest.raises(NotAllowedError):
            accept_proposal(acting, proposal)
    with acting_for(forum) as acting:
        accept_proposal(acting, proposal)
    assert linked(committed) == {"Kattegat region", "Adriatic region"}
    assert seen_by(committed, "trieste") == {ours, theirs}
    assert seen_by(committed, "gdynia") == {ours, theirs}
    assert seen_by(committed, "aarhus") == {ours}


def test_each_organisation_is_told_what_it_sees_newly(committed: Cast, forum: Acting, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk"), "linked_regions")
    proposal = asked(committed, "Adriatic region", propose_link)
    with acting_for(forum) as acting:
        accept_proposal(acting, proposal)
    with acting_for(committed.as_("trieste")) as acting:
        entry = Entry.objects.visible_to(acting).filter(verb="access.granted").latest("at")
    assert entry.row["audiences"] == [str(alert.audience_id)]


def test_a_link_that_ends_takes_back_what_it_gave_and_no_more(committed: Cast, forum: Acting, publish: Publish) -> None:
    ours, own = publish(committed.as_("gdansk"), "linked_regions").pk, publish(committed.as_("trieste"), "linked_regions").pk
    proposal = asked(committed, "Adriatic region", propose_link)
    with acting_for(forum) as acting:
        accept_proposal(acting, proposal)
    join_region(committed.customs, committed.regions["adriatic"])  # which the Kattegat still leads to the Baltic
    with acting_for(council(committed)) as acting:
        unlink_region(acting, committed.regions["baltic"], committed.regions["adriatic"])
    assert linked(committed) == {"Kattegat region"}
    assert seen_by(committed, "trieste") == {own}
    assert seen_by(committed, "gdynia") == {ours}
    assert seen_by(committed, "customs") == {ours, own}
    with acting_for(council(committed)) as acting, pytest.raises(Conflict, match="not linked any more"):
        unlink_region(acting, committed.regions["baltic"], committed.regions["adriatic"])


def test_a_region_that_there_is_and_one_that_there_is_not_are_answered_alike(committed: Cast, forum: Acting) -> None:
    with acting_for(council(committed)) as acting:
        kept = [propose_link(acting, committed.regions["baltic"], wanted=name) for name in ("Adriatic region", "Atlantis")]
    assert [(one.answer, one.is_waiting) for one in kept] == [("", True)] * 2


@pytest.mark.parametrize(("wanted", "code"), [("Baltic region", "itself"), ("Kattegat region", "linked_already"), ("", "required")])
def test_a_link_that_makes_no_sense_is_refused(committed: Cast, wanted: str, code: str) -> None:
    assert refusal(lambda: asked(committed, wanted, propose_link)) == ("wanted", code)


def test_the_other_side_learns_the_name_of_body_and_region_and_nothing_else(committed: Cast, forum: Acting) -> None:
    asked(committed, "Adriatic region", propose_link)
    with acting_for(forum) as acting:
        (entry,) = Entry.objects.visible_to(acting).filter(verb="proposal.received")
        assert entry.summary == "Baltic Port Security Council proposes: link with Baltic region"
        assert (entry.actor, entry.after) == (None, {"region": "Baltic region"})
        assert not Region.objects.visible_to(acting).filter(name="Baltic region").exists()
        assert not Organisation.objects.visible_to(acting).filter(name="Port of Gdańsk").exists()
