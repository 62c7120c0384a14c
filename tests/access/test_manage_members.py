"""An organisation manages its own people: roles, leaving, coming back, handing over. It is never left without a manager."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from django.utils import timezone

from portsec.access.acting import Acting, NotAllowedError, acting_for, as_system
from portsec.access.actions import add_member, change_role, deactivate_member, hand_over, members, reactivate_member
from portsec.access.models import Membership, Organisation
from portsec.access.roles import ROLES_OF_KIND, VERBS, Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access.managing import confirm, manager, membership, signed_in
from tests.cast import Cast

Browse = Callable[..., Client]
InThreads = Callable[[Callable[[Any], Any], list[Any]], list[Any]]


def role_of(cast: Cast, member: Membership) -> tuple[str, bool]:
    return Membership.objects.values_list("role", "is_active").get(pk=member.pk)


def entries(acting: Acting, verb: str) -> list[Entry]:
    with acting_for(acting):
        return list(Entry.objects.filter(verb=verb).order_by("id"))


# What an administrator does


def test_it_changes_a_role_and_says_so_to_the_organisation_alone(committed: Cast) -> None:
    acting, staff = manager(committed), membership(committed, "gdansk", Role.STAFF)
    change_role(acting, staff, Role.DEPUTY)
    assert role_of(committed, staff) == (Role.DEPUTY, True)
    (told,) = entries(acting, "member.role_changed")
    assert (told.actor_id, told.object_id) == (acting.user.pk, staff.user_id)
    assert (told.before["role"], told.after["role"]) == ("staff", "deputy")
    assert entries(committed.as_("gdynia"), "member.role_changed") == []


def test_a_removed_member_reads_nothing_with_the_next_request(committed: Cast) -> None:
    client = signed_in(committed, role=Role.STAFF)
    assert client.get("/").status_code == 200
    deactivate_member(manager(committed), membership(committed, "gdansk", Role.STAFF))
    assert [client.get(address).status_code for address in ("/", "/alerts/", "/api/v1/alerts/", "/api/v1/members/")] == [403, 403, 401, 401]


def test_a_member_comes_back_in_the_role_that_he_had(committed: Cast) -> None:
    acting, staff = manager(committed), membership(committed, "gdansk", Role.STAFF)
    deactivate_member(acting, staff)
    assert role_of(committed, staff) == (Role.STAFF, False)
    reactivate_member(acting, staff)
    assert role_of(committed, staff) == (Role.STAFF, True)
    assert len(entries(acting, "member.removed")) == 1
    assert [told.actor_id for told in entries(acting, "member.added")] == [acting.user.pk]


def test_the_second_of_two_who_do_the_same_is_told_the_state(committed: Cast) -> None:
    acting, staff = manager(committed), membership(committed, "gdansk", Role.STAFF)
    with pytest.raises(Conflict):
        reactivate_member(acting, staff)
    deactivate_member(acting, staff)
    for again in (lambda: deactivate_member(acting, staff), lambda: change_role(acting, staff, Role.DEPUTY)):
        with pytest.raises(Conflict, match="not active"):
            again()


def test_handing_over_changes_both_at_once(committed: Cast) -> None:
    acting, deputy = manager(committed), membership(committed, "gdansk", Role.DEPUTY)
    mine = membership(committed, "gdansk", Role.ADMINISTRATOR)
    hand_over(acting, deputy, own_role=Role.OBSERVER)
    assert (role_of(committed, deputy), role_of(committed, mine)) == ((Role.ADMINISTRATOR, True), (Role.OBSERVER, True))
    with pytest.raises(NotAllowedError):  # the earlier request still says administrator; the database no longer does
        hand_over(acting, deputy, own_role=Role.STAFF)


def test_one_hands_over_to_somebody_else_and_keeps_nothing(committed: Cast) -> None:
    acting = manager(committed)
    with pytest.raises(Conflict):
        hand_over(acting, membership(committed, "gdansk", Role.ADMINISTRATOR), own_role=Role.STAFF)
    with pytest.raises(Refused) as refused:
        hand_over(acting, membership(committed, "gdansk", Role.STAFF), own_role=Role.ADMINISTRATOR)
    assert refused.value.faults[0].field == "own_role"
    assert role_of(committed, membership(committed, "gdansk", Role.STAFF)) == (Role.STAFF, True)


@pytest.mark.parametrize("role", ["captain", "", Role.SERVICE, Role.LIAISON, Role.COORDINATOR])
def test_a_port_has_no_such_role_to_give(committed: Cast, role: str) -> None:
    staff = membership(committed, "gdansk", Role.STAFF)
    with pytest.raises(Refused) as refused:
        change_role(manager(committed), staff, role)
    assert (refused.value.faults[0].field, refused.value.faults[0].code) == ("role", "invalid_choice")
    assert "Administrator, Security officer" in refused.value.faults[0].detail
    assert role_of(committed, staff) == (Role.STAFF, True)


def test_every_kind_of_organisation_has_its_roles_and_an_administrator_among_them() -> None:
    assert set(ROLES_OF_KIND) == set(Organisation.Kind.values)
    assert all(Role.ADMINISTRATOR in roles and Role.SERVICE not in roles for roles in ROLES_OF_KIND.values())


# The last who manages


def test_the_last_administrator_cannot_leave_nor_change_roles(committed: Cast) -> None:
    acting, mine = manager(committed), membership(committed, "gdansk", Role.ADMINISTRATOR)
    for leaving in (lambda: deactivate_member(acting, mine), lambda: change_role(acting, mine, Role.STAFF)):
        with pytest.raises(Conflict, match="last who can manage"):
            leaving()
    assert role_of(committed, mine) == (Role.ADMINISTRATOR, True)
    assert entries(acting, "member.removed") == []


def test_with_a_second_administrator_the_first_may_leave(committed: Cast) -> None:
    acting, mine = manager(committed), membership(committed, "gdansk", Role.ADMINISTRATOR)
    change_role(acting, membership(committed, "gdansk", Role.DEPUTY), Role.ADMINISTRATOR)
    deactivate_member(acting, mine)
    active = Membership.objects.filter(organisation=committed.gdansk, role=Role.ADMINISTRATOR, is_active=True)
    assert active.count() == 1


def test_an_administrator_whose_account_is_closed_does_not_count(committed: Cast) -> None:
    acting, deputy = manager(committed), membership(committed, "gdansk", Role.DEPUTY)
    mine = membership(committed, "gdansk", Role.ADMINISTRATOR)
    change_role(acting, deputy, Role.ADMINISTRATOR)
    with as_system("a test closes an account"):
        type(deputy.user).objects.filter(pk=deputy.user_id).update(is_active=False)
    with pytest.raises(Conflict):
        deactivate_member(acting, mine)


def two_administrators(cast: Cast) -> list[tuple[Acting, Membership]]:
    change_role(manager(cast), membership(cast, "gdansk", Role.DEPUTY), Role.ADMINISTRATOR)
    both = Membership.objects.filter(organisation=cast.gdansk, role=Role.ADMINISTRATOR).select_related("user")
    return [(Acting(one.user, cast.gdansk, Role.ADMINISTRATOR, second_factor_at=timezone.now()), one) for one in both]


def leave(who: tuple[Acting, Membership]) -> str:
    try:
        deactivate_member(*who)
    except (Conflict, NotAllowedError):
        return "refused"
    return "left"


def test_of_two_administrators_who_leave_at_once_one_stays(committed: Cast, in_threads: InThreads, monkeypatch: pytest.MonkeyPatch) -> None:
    together, lock = threading.Barrier(2, timeout=20), members._lock

    def at_once(organisation: Organisation) -> None:
        together.wait()
        lock(organisation)

    both = two_administrators(committed)
    monkeypatch.setattr(members, "_lock", at_once)
    assert sorted(in_threads(leave, both)) == ["left", "refused"]
    assert Membership.objects.filter(organisation=committed.gdansk, role=Role.ADMINISTRATOR, is_active=True).count() == 1


def test_without_the_lock_both_would_have_left(committed: Cast, in_threads: InThreads, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: it is the lock that keeps one, not luck."""
    counted, check = threading.Barrier(2, timeout=20), members._People.check_managed_with

    def count_together(people: Any, *arguments: Any) -> None:
        check(people, *arguments)
        counted.wait()

    both = two_administrators(committed)
    monkeypatch.setattr(members, "_lock", lambda organisation: None)
    monkeypatch.setattr(members._People, "check_managed_with", count_together)
    assert in_threads(leave, both) == ["left", "left"]


# Who may, and over whom


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMINISTRATOR, Role.SERVICE}])
def test_no_other_role_of_a_port_manages_people(committed: Cast, role: Role) -> None:
    acting = manager(committed, role=role)
    staff = membership(committed, "gdansk", Role.STAFF)
    for verb in (lambda: change_role(acting, staff, Role.DEPUTY), lambda: deactivate_member(acting, staff)):
        with pytest.raises(NotAllowedError) as refused:
            verb()
        assert refused.value.code == "role_missing"
    assert role_of(committed, staff) == (Role.STAFF, True)


def test_the_coordinator_of_a_coordination_body_manages_it(committed: Cast) -> None:
    acting, staff = manager(committed, "council", Role.COORDINATOR), membership(committed, "council", Role.STAFF)
    change_role(acting, staff, Role.OBSERVER)
    assert role_of(committed, staff) == (Role.OBSERVER, True)
    deactivate_member(acting, membership(committed, "council", Role.ADMINISTRATOR))
    with pytest.raises(Conflict):
        deactivate_member(acting, membership(committed, "council", Role.COORDINATOR))


@pytest.mark.parametrize("verb", ["member.manage", "token.manage"])
def test_no_service_token_makes_people_or_programs(verb: str, cast: Cast) -> None:
    assert VERBS[verb].scope == ""
    assert not cast.as_("gdansk", Role.SERVICE, scopes=frozenset({"", "read", verb})).may(verb)


def test_it_knows_no_person_of_another_organisation(committed: Cast) -> None:
    acting, foreign = manager(committed), membership(committed, "gdynia", Role.STAFF)
    for verb in (
        lambda: change_role(acting, foreign, Role.DEPUTY),
        lambda: deactivate_member(acting, foreign),
        lambda: reactivate_member(acting, foreign),
        lambda: hand_over(acting, foreign, own_role=Role.STAFF),
        lambda: deactivate_member(acting, membership(committed, "gdansk", Role.SERVICE)),
    ):
        with pytest.raises(Http404):
            verb()
    assert role_of(committed, foreign) == (Role.STAFF, True)
    assert role_of(committed, membership(committed, "gdansk", Role.SERVICE)) == (Role.SERVICE, True)


def test_an_administrator_of_one_organisation_is_none_in_another(committed: Cast) -> None:
    """One person, two organisations: the role goes with the organisation for which one acts."""
    user = committed.user("gdansk", Role.ADMINISTRATOR)
    add_member(user, committed.gdynia, Role.STAFF)
    acting = Acting(user, committed.gdynia, Role.ADMINISTRATOR, second_factor_at=timezone.now())  # a forged role
    with pytest.raises(NotAllowedError):
        deactivate_member(acting, membership(committed, "gdynia", Role.OBSERVER))


@pytest.mark.parametrize(("minutes", "fresh"), [(9, True), (11, False), (None, False)])
def test_it_asks_for_a_second_factor_of_the_last_ten_minutes(committed: Cast, minutes: int | None, fresh: bool) -> None:
    at = timezone.now() - timedelta(minutes=minutes) if minutes else None
    acting, staff = replace(manager(committed), second_factor_at=at), membership(committed, "gdansk", Role.STAFF)
    if fresh:
        change_role(acting, staff, Role.DEPUTY)
        return
    for verb in (
        lambda: change_role(acting, staff, Role.DEPUTY),
        lambda: deactivate_member(acting, staff),
        lambda: reactivate_member(acting, staff),
        lambda: hand_over(acting, staff, own_role=Role.STAFF),
    ):
        with pytest.raises(NotAllowedError) as refused:
            verb()
        assert refused.value.code == "second_factor_required"
    assert role_of(committed, staff) == (Role.STAFF, True)


# The pages


def test_the_page_changes_a_role(committed: Cast) -> None:
    staff = membership(committed, "gdansk", Role.STAFF)
    client = confirm(signed_in(committed))
    answer = client.post(f"/organisation/people/{staff.pk}/role/", {"role": "deputy"})
    assert answer.headers["Location"] == f"/organisation/people/{staff.pk}/"
    assert role_of(committed, staff) == (Role.DEPUTY, True)
    refused = client.post(f"/organisation/people/{staff.pk}/role/", {"role": "liaison"})
    assert refused.status_code == 422
    assert "role" in refused.context["role_form"].errors


def test_the_page_says_why_the_last_administrator_stays(committed: Cast) -> None:
    mine = membership(committed, "gdansk", Role.ADMINISTRATOR)
    client = confirm(signed_in(committed))
    for address, body in (("deactivate", {}), ("role", {"role": "staff"})):
        page = client.post(f"/organisation/people/{mine.pk}/{address}/", body)
        assert page.status_code == 422
        assert "is the last who can manage this organisation. Hand the role over" in page.content.decode()
    assert role_of(committed, mine) == (Role.ADMINISTRATOR, True)


def test_the_page_deactivates_reactivates_and_hands_over(committed: Cast) -> None:
    staff, mine = membership(committed, "gdansk", Role.STAFF), membership(committed, "gdansk", Role.ADMINISTRATOR)
    client = confirm(signed_in(committed))
    assert client.post(f"/organisation/people/{staff.pk}/deactivate/").status_code == 302
    assert role_of(committed, staff)[1] is False
    assert staff not in client.get("/organisation/").context["people"]
    assert staff in client.get("/organisation/?show=all").context["people"]
    assert client.post(f"/organisation/people/{staff.pk}/reactivate/").status_code == 302
    assert client.post(f"/organisation/people/{staff.pk}/hand-over/", {"own_role": "observer"}).headers["Location"] == "/"
    assert (role_of(committed, staff)[0], role_of(committed, mine)[0]) == (Role.ADMINISTRATOR, Role.OBSERVER)
    assert client.get("/organisation/").status_code == 403


@pytest.mark.django_db
def test_only_those_who_may_find_the_page_in_the_navigation(browse: Browse) -> None:
    linked = 'href="/organisation/"'
    assert linked in browse("gdansk", Role.ADMINISTRATOR).get("/roles/").content.decode()
    assert linked in browse("council", Role.COORDINATOR).get("/roles/").content.decode()
    assert linked not in browse("gdansk").get("/roles/").content.decode()
    assert linked not in browse("gdansk", Role.COORDINATOR).get("/roles/").content.decode()


@pytest.mark.django_db
def test_others_are_told_why_they_do_not_see_it(browse: Browse) -> None:
    page = browse("gdansk").get("/organisation/")
    assert page.status_code == 403
    assert "As security officer you may not manage the people of your organisation." in page.content.decode()


# Programs


@pytest.mark.django_db
def test_programs_read_names_and_roles_and_no_address(cast: Cast, program: Callable[..., Any]) -> None:
    found = program("gdansk").get("/api/v1/members/").json()["results"]
    assert {one["role"] for one in found} == set(Role.values) - {"service"}
    assert all(set(one) == {"id", "name", "role", "is_active"} for one in found)
    assert not any("Gdynia" in one["name"] for one in found)
    assert [one["role"] for one in program("gdansk").get("/api/v1/members/?role=staff&is_active=true").json()["results"]] == ["staff"]
    assert program("gdansk").get("/api/v1/members/?role=captain").status_code == 400


@pytest.mark.django_db
def test_nothing_of_it_is_written_over_the_api(cast: Cast, program: Callable[..., Any]) -> None:
    pk = membership(cast, "gdansk", Role.STAFF).pk
    client = program("gdansk")
    assert [getattr(client, verb)(f"/api/v1/members/{pk}/").status_code for verb in ("put", "patch", "delete", "post")] == [405] * 4
    assert client.post("/api/v1/members/").status_code == 405
    assert client.get("/api/v1/service-tokens/").status_code == 403
