"""What a coordination body does with its regions, and what it may not do with those of others. With real commits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.http import Http404
from django.utils import timezone

from incidents.models import Alert
from portsec.access import invitation_mail
from portsec.access.acting import Acting, NotAllowedError, acting_for, as_system
from portsec.access.actions import (
    accept_as_new,
    close_organisation,
    edit_region,
    found_region,
    invite_first_administrator,
    remove_from_region,
    reopen_organisation,
    set_up_organisation,
    unlink_region,
)
from portsec.access.authentication import active_memberships
from portsec.access.models import Invitation, Membership, Organisation, Region
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access.managing import manager
from tests.access.test_invite_people import GOOD, secret
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("nothing_counted")

Publish = Callable[..., Alert]
NEW = "ida.morska@amber.example"


def council(cast: Cast, role: Role = Role.COORDINATOR) -> Acting:
    return manager(cast, "council", role)


def told(cast: Cast, name: str, verb: str) -> list[Entry]:
    with acting_for(cast.as_(name)) as acting:
        return list(Entry.objects.visible_to(acting).filter(verb=verb).order_by("at"))


def refusal(verb: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(Refused) as raised:
        verb()
    (fault,) = raised.value.faults
    return fault.field, fault.code


def seen_by(cast: Cast, name: str) -> set[UUID]:
    with acting_for(cast.as_(name)) as acting:
        return {alert.pk for alert in Alert.objects.visible_to(acting)}


# Regions


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_a_body_founds_a_region_and_is_in_it(committed: Cast, role: Role) -> None:
    with acting_for(council(committed, role)) as acting:
        region = found_region(acting, name=" Gulf  of Amber ")
    assert region.name == "Gulf of Amber"
    assert list(region.organisations.all()) == [committed.council]
    (entry,) = told(committed, "council", "region.created")
    assert (entry.object_id, entry.actor) == (region.pk, committed.user("council", role))


@pytest.mark.parametrize(("name", "role"), [("gdansk", Role.ADMINISTRATOR), ("coastguard", Role.COORDINATOR), ("council", Role.STAFF)])
def test_nobody_else_founds_one(committed: Cast, name: str, role: Role) -> None:
    with acting_for(committed.as_(name, role)) as acting, pytest.raises(NotAllowedError):
        found_region(acting, name="Gulf of Amber")
    assert not Region.objects.filter(name="Gulf of Amber").exists()


def test_a_taken_name_is_refused_alike_whether_one_sees_its_region_or_not(committed: Cast) -> None:
    with acting_for(council(committed)) as acting:
        answers = set()
        for name in ("Baltic region", "Adriatic region"):
            with pytest.raises(Refused) as raised:
                found_region(acting, name=name)
            answers.add(str(raised.value))
    assert answers == {"name: This name is taken. Choose another."}


@pytest.mark.parametrize(
    ("name", "code"), [("", "required"), ("  ", "required"), ("x" * 121, "max_length"), ("=A1", "formula"), ("a\nb", "line_break")]
)
def test_a_region_has_a_plain_name(committed: Cast, name: str, code: str) -> None:
    with acting_for(council(committed)) as acting:
        assert refusal(lambda: found_region(acting, name=name)) == ("name", code)


def test_a_region_is_renamed_and_its_rule_of_deliveries_changed(committed: Cast) -> None:
    baltic = committed.regions["baltic"]
    with acting_for(council(committed)) as acting:
        edit_region(acting, baltic, name="Baltic Sea", coordinator_sees_deliveries=False)
    stands = Region.objects.get(pk=baltic.pk)
    assert (stands.name, stands.coordinator_sees_deliveries) == ("Baltic Sea", False)
    (entry,) = told(committed, "council", "region.edited")
    assert (entry.before["name"], entry.after) == ("Baltic region", {"name": "Baltic Sea", "coordinator_sees_deliveries": False})


def test_a_change_of_nothing_is_told_to_nobody(committed: Cast) -> None:
    with acting_for(council(committed)) as acting:
        edit_region(acting, committed.regions["baltic"], name="Baltic region", coordinator_sees_deliveries=True)
    assert told(committed, "council", "region.edited") == []


@pytest.mark.parametrize("region", ["kattegat", "adriatic"])
def test_a_body_changes_no_region_of_others(committed: Cast, region: str) -> None:
    with acting_for(council(committed)) as acting:
        for verb in (
            lambda: edit_region(acting, committed.regions[region], name="Ours", coordinator_sees_deliveries=False),
            lambda: set_up_organisation(acting, committed.regions[region], name="Spy", kind="agency", time_zone="UTC"),
            lambda: remove_from_region(acting, committed.regions[region], committed.aarhus),
            lambda: unlink_region(acting, committed.regions[region], committed.regions["baltic"]),
            lambda: invite_first_administrator(acting, committed.regions[region], committed.aarhus, email=NEW, name="Ida"),
        ):
            with pytest.raises(NotAllowedError):
                verb()
    assert not Region.objects.filter(name="Ours").exists()


# Organisations


def set_up(cast: Cast, name: str = "Amber Customs", kind: str = "agency") -> Organisation:
    with acting_for(council(cast)) as acting:
        return set_up_organisation(acting, cast.regions["baltic"], name=name, kind=kind, time_zone="Europe/Warsaw")


def test_a_new_agency_is_in_the_region_without_people(committed: Cast) -> None:
    agency = set_up(committed)
    assert (agency.kind, agency.time_zone, list(agency.regions.all())) == ("agency", "Europe/Warsaw", [committed.regions["baltic"]])
    assert not Membership.objects.filter(organisation=agency, user__is_service=False).exists()
    assert [entry.summary for entry in told(committed, "council", "organisation.added")] == ["Amber Customs was added to Baltic region"]


def test_a_name_that_a_stranger_has_is_only_said_to_be_taken(committed: Cast) -> None:
    assert refusal(lambda: set_up(committed, "Port of Trieste")) == ("name", "taken")
    assert Organisation.objects.filter(name="Port of Trieste").count() == 1


def test_a_port_is_not_set_up_without_its_place(committed: Cast) -> None:
    assert refusal(lambda: set_up(committed, kind="port")) == ("kind", "invalid_choice")


# Who begins them


def invite(cast: Cast, organisation: Organisation, email: str = NEW, *, region: str = "baltic") -> Invitation:
    with acting_for(council(cast)) as acting:
        return invite_first_administrator(acting, cast.regions[region], organisation, email=email, name="Ida Morska")


def test_the_first_administrator_joins_by_the_link_in_the_mail(committed: Cast) -> None:
    agency = set_up(committed)
    invite(committed, agency)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([NEW], "Regional coordinator Council invites you to Amber Customs on PortSec")
    user = accept_as_new(secret(), name="Ida Morska", password=GOOD)
    assert [(one.organisation, one.role) for one in active_memberships(user)] == [(agency, Role.ADMINISTRATOR)]


def test_the_body_reads_what_became_of_its_invitation_and_nobody_else_does(committed: Cast) -> None:
    invitation = invite(committed, set_up(committed))
    seen = {}
    for name in ("council", "gdansk", "coastguard", "trieste"):
        with acting_for(committed.as_(name)):
            seen[name] = [(one.pk, one.state) for one in Invitation.objects.all()]
    assert seen == {"council": [(invitation.pk, "sent")], "gdansk": [], "coastguard": [], "trieste": []}


def test_a_mail_that_could_not_leave_is_said_so(committed: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitation_mail, "compose", lambda *arguments: 1 / 0)
    invitation = invite(committed, set_up(committed))
    with as_system("a test looks"):
        assert Invitation.objects.get(pk=invitation.pk).state == Invitation.State.UNSENT


def test_asked_anew_the_first_link_opens_nothing(committed: Cast) -> None:
    agency = set_up(committed)
    invite(committed, agency)
    invite(committed, agency, "other@amber.example")
    with pytest.raises(Conflict, match="no longer open"):
        accept_as_new(secret(0), name="Ida Morska", password=GOOD)
    assert accept_as_new(secret(1), name="Other", password=GOOD).email == "other@amber.example"


@pytest.mark.parametrize("name", ["gdansk", "coastguard", "council"])
def test_nobody_is_sent_into_an_organisation_that_has_people(committed: Cast, name: str) -> None:
    with pytest.raises(Conflict, match="has people of its own"):
        invite(committed, committed.organisations[name])
    assert mail.outbox == []


def test_nor_into_one_whose_people_have_all_left(committed: Cast) -> None:
    with as_system("a test deactivates everybody"):
        Membership.objects.filter(organisation=committed.gdansk).update(is_active=False)
    with pytest.raises(Conflict, match="has people of its own"):
        invite(committed, committed.gdansk)


def test_an_organisation_outside_of_the_region_is_absent(committed: Cast) -> None:
    with pytest.raises(Http404):
        invite(committed, committed.trieste)


def test_it_asks_for_a_fresh_second_factor(committed: Cast) -> None:
    agency = set_up(committed)
    stale = manager(committed, "council", Role.COORDINATOR, at=timezone.now() - timedelta(hours=1))
    with acting_for(stale) as acting:
        for verb in (
            lambda: invite_first_administrator(acting, committed.regions["baltic"], agency, email=NEW, name="Ida"),
            lambda: remove_from_region(acting, committed.regions["baltic"], agency),
            lambda: close_organisation(acting, agency),
        ):
            with pytest.raises(NotAllowedError) as raised:
                verb()
            assert raised.value.code == "second_factor_required"


def test_first_invitations_are_rationed_apart_from_ones_own(committed: Cast, settings: Any) -> None:
    settings.FIRST_INVITATIONS_PER_HOUR, settings.INVITATIONS_PER_HOUR = 2, 0
    agency = set_up(committed)
    for _time in range(2):
        invite(committed, agency)
    assert refusal(lambda: invite(committed, agency)) == ("", "too_many")


# Leaving


def test_who_is_removed_loses_the_regions_records_and_keeps_its_own(committed: Cast, publish: Publish) -> None:
    theirs, own = publish(committed.as_("gdynia")).pk, publish(committed.as_("gdansk")).pk
    assert seen_by(committed, "gdansk") == {theirs, own}
    with acting_for(council(committed)) as acting:
        remove_from_region(acting, committed.regions["baltic"], committed.gdansk)
    assert seen_by(committed, "gdansk") == {own}
    assert [entry.summary for entry in told(committed, "council", "organisation.removed")] == [
        "Port of Gdańsk was removed from Baltic region"
    ]
    with acting_for(council(committed)) as acting, pytest.raises(Conflict, match="not in Baltic region any more"):
        remove_from_region(acting, committed.regions["baltic"], committed.gdansk)


def test_the_last_body_does_not_leave_its_region_without_a_coordinator(committed: Cast) -> None:
    with acting_for(council(committed)) as acting, pytest.raises(Conflict, match="the last that coordinates"):
        remove_from_region(acting, committed.regions["baltic"], committed.council)
    set_up(committed, "Second Council", "coordination_body")
    with acting_for(council(committed)) as acting:
        remove_from_region(acting, committed.regions["baltic"], committed.council)
    assert not committed.regions["baltic"].memberships.filter(organisation=committed.council).exists()


def test_nobody_acts_for_a_closed_organisation_and_its_records_stay(committed: Cast, publish: Publish) -> None:
    alert, user = publish(committed.as_("gdansk")).pk, committed.user("gdansk")
    with acting_for(council(committed)) as acting:
        close_organisation(acting, committed.gdansk)
    assert active_memberships(user) == []
    assert alert in seen_by(committed, "gdynia")
    with acting_for(council(committed)) as acting:
        with pytest.raises(Conflict, match="closed already"):
            close_organisation(acting, committed.gdansk)
        reopen_organisation(acting, committed.gdansk)
    assert [one.organisation for one in active_memberships(user)] == [committed.gdansk]
    assert seen_by(committed, "gdansk") == {alert}


def test_one_that_is_also_in_a_region_of_others_is_not_closed(committed: Cast) -> None:
    with as_system("a test puts Gdańsk into two regions"):
        committed.regions["adriatic"].memberships.create(organisation=committed.gdansk)
    for name in ("gdansk", "council", "trieste"):
        with acting_for(council(committed)) as acting, pytest.raises(Conflict):
            close_organisation(acting, committed.organisations[name])
        assert Organisation.objects.get(pk=committed.organisations[name].pk).is_active
