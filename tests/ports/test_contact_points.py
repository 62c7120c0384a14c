"""The verbs of contact points, and the question that they answer."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from ports.actions import add_contact_point, edit_contact_point, reorder, retire_contact_point, verify_contact_point
from ports.models import ContactPoint
from ports.queries import contacts as queries
from ports.queries import whom_to_call
from portsec.access.acting import NotAllowedError, acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from portsec.face.waits import waits
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.cast import Cast
from tests.ports.conftest import but_for_ways

pytestmark = pytest.mark.django_db
Add = Callable[..., ContactPoint]
NOW = datetime(2026, 11, 24, 2, 14, tzinfo=UTC)  # 03:14 in Warsaw, 04:14 in Riga, a Tuesday
OFFICE = {"hours": "office", "days": [1, 2, 3, 4, 5], "opens_at": time(8), "closes_at": time(16)}
NIGHT = {"hours": "office", "days": [1, 2, 3, 4, 5, 6, 7], "opens_at": time(18), "closes_at": time(6)}


@pytest.fixture(autouse=True)
def _night() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def add(cast: Cast) -> Add:
    def one(name: str = "gdansk", role: str = "Duty officer", **content: Any) -> ContactPoint:
        written = {"phone": "+46 70 174 06 05", "situations": ["emergency"], **content}
        with acting_for(cast.as_(name)) as acting:
            return add_contact_point(acting, role=role, **written)

    return one


def fresh(cast: Cast, contact: ContactPoint, name: str = "gdansk") -> ContactPoint:
    with acting_for(cast.as_(name)) as acting:
        return queries.readable(acting).get(pk=contact.pk)


def told(cast: Cast, name: str = "gdansk") -> list[str]:
    with acting_for(cast.as_(name)) as acting:
        return list(Entry.objects.visible_to(acting).filter(kind="contact_point").order_by("at", "pk").values_list("verb", flat=True))


# Add


def test_it_is_known_to_the_region_unless_the_owner_says_otherwise(cast: Cast, add: Add) -> None:
    contact = add()
    assert contact.audience.kind == "region"
    assert (contact.phone, contact.call_order, contact.version) == ("+46701740605", 1, 1)
    assert add(role="Berth master").call_order == 2
    assert told(cast, "coastguard") == ["contact_point.added"] * 2
    assert told(cast, "aarhus") == []


def test_adding_is_not_verifying(cast: Cast, add: Add) -> None:
    contact = add()
    assert (contact.verified_on, contact.verified_by) == (None, None)
    assert contact.is_stale(date(2026, 11, 24))
    tried = add(role="Tried before", verified_on=date(2026, 11, 20))
    assert (tried.verified_by, tried.is_stale(date(2026, 11, 24))) == (cast.user("gdansk"), False)


@pytest.mark.parametrize(("name", "role"), [("gdansk", Role.STAFF), ("gdansk", Role.OBSERVER)])
def test_who_may_not_manage_contact_points_adds_none(cast: Cast, name: str, role: Role) -> None:
    with acting_for(cast.as_(name, role)) as acting, pytest.raises(NotAllowedError, match="contact points"):
        add_contact_point(acting, role="Duty officer", phone="+46701740605", situations=["emergency"])


def test_a_token_needs_its_scope(cast: Cast) -> None:
    with acting_for(cast.as_("gdansk", Role.SERVICE, scopes=frozenset({"read"}))) as acting, pytest.raises(NotAllowedError) as refusal:
        add_contact_point(acting, role="Duty officer", phone="+46701740605", situations=["emergency"])
    assert refusal.value.code == "scope_missing"


def test_always_has_no_days_and_office_hours_have_all_they_need(cast: Cast, add: Add) -> None:
    assert add(days=[1], opens_at=time(8)).days == []
    with acting_for(cast.as_("gdansk")) as acting, pytest.raises(Refused) as refused:
        add_contact_point(acting, role="VTS", phone="+46701740605", situations=["alert"], hours="office")
    assert [fault.field for fault in refused.value.faults] == ["days", "opens_at", "closes_at"]


# Edit


def test_an_edit_tells_what_changed_and_nothing_else(cast: Cast, add: Add) -> None:
    contact = add(role="Duty officer")
    with acting_for(cast.as_("gdansk")) as acting:
        edit_contact_point(acting, fresh(cast, contact), note="Ask for the watch", role="Duty officer")
        entry = Entry.objects.get(verb="contact_point.edited")
    assert (entry.before, entry.after) == ({"note": ""}, {"note": "Ask for the watch"})
    assert fresh(cast, contact).version == 2


def test_an_edit_that_changes_nothing_is_none(cast: Cast, add: Add) -> None:
    contact = add()
    with acting_for(cast.as_("gdansk")) as acting:
        edit_contact_point(acting, fresh(cast, contact), phone="+46 (0)70-174 06 05")
    assert told(cast) == ["contact_point.added"]


def test_a_changed_number_is_unverified_until_somebody_tries_it(cast: Cast, add: Add) -> None:
    contact = add(verified_on=date(2026, 11, 20))
    with acting_for(cast.as_("gdansk")) as acting:
        edit_contact_point(acting, fresh(cast, contact), phone="+46 70 174 06 06")
    now = fresh(cast, contact)
    assert (now.verified_on, now.verified_by) == (None, None)
    with acting_for(cast.as_("gdansk")) as acting:
        edit_contact_point(acting, now, phone="+46 70 174 06 07", verified_on=date(2026, 11, 24))
    assert fresh(cast, contact).verified_on == date(2026, 11, 24)


def test_of_two_who_edit_the_same_version_one_wins(cast: Cast, add: Add) -> None:
    contact = add()
    first, second = fresh(cast, contact), fresh(cast, contact)
    with acting_for(cast.as_("gdansk")) as acting:
        edit_contact_point(acting, first, note="first")
        with pytest.raises(Conflict, match="changed meanwhile"):
            edit_contact_point(acting, second, note="second")
    assert fresh(cast, contact).note == "first"


def test_an_edit_does_not_take_back_a_new_order(cast: Cast, add: Add) -> None:
    contact, _other = add(), add(role="Berth master")
    read = fresh(cast, contact)
    with acting_for(cast.as_("gdansk")) as acting:
        reorder(acting, fresh(cast, contact), place=2)
        edit_contact_point(acting, read, note="x")
    assert fresh(cast, contact).call_order == 2


@pytest.mark.parametrize("verb", [edit_contact_point, verify_contact_point, retire_contact_point])
def test_a_neighbour_changes_nothing(cast: Cast, add: Add, verb: Callable[..., Any]) -> None:
    contact = add()
    with acting_for(cast.as_("gdynia")) as acting, pytest.raises(NotAllowedError, match="Only Port of Gdańsk"):
        verb(acting, fresh(cast, contact, "gdynia"))
    with acting_for(cast.as_("gdynia")) as acting, pytest.raises(NotAllowedError):
        reorder(acting, fresh(cast, contact, "gdynia"), place=1)


# Verify, retire, reorder


def test_verifying_says_today_on_the_owners_calendar(cast: Cast, add: Add) -> None:
    contact = add()
    with time_machine.travel(datetime(2026, 11, 24, 23, 30, tzinfo=UTC), tick=False), acting_for(cast.as_("gdansk")) as acting:
        verify_contact_point(acting, fresh(cast, contact))
    now = fresh(cast, contact)
    assert (now.verified_on, now.verified_by) == (date(2026, 11, 25), cast.user("gdansk"))  # 00:30 in Warsaw
    assert told(cast)[-1] == "contact_point.verified"


@pytest.mark.parametrize(("days", "is_stale", "late"), [(0, False, -90), (90, False, 0), (91, True, 1), (97, True, 7)])
def test_a_verification_holds_for_90_days(days: int, is_stale: bool, late: int) -> None:
    today = date(2026, 11, 24)
    contact = ContactPoint(verified_on=today - timedelta(days=days))
    assert (contact.is_stale(today), contact.days_late(today)) == (is_stale, late)


def test_a_retired_one_is_kept_and_never_called(cast: Cast, add: Add) -> None:
    contact = add()
    with acting_for(cast.as_("gdansk")) as acting:
        retire_contact_point(acting, fresh(cast, contact))
        assert whom_to_call(acting, situation="emergency") == []
        for verb in (verify_contact_point, retire_contact_point):
            with pytest.raises(Conflict, match="retired"):
                verb(acting, fresh(cast, contact))
        with pytest.raises(Conflict, match="retired"):
            edit_contact_point(acting, fresh(cast, contact), note="x")
        with pytest.raises(Conflict, match="retired"):
            reorder(acting, fresh(cast, contact), place=1)
    assert fresh(cast, contact, "gdynia").is_active is False
    assert told(cast) == ["contact_point.added", "contact_point.retired"]


def test_the_order_has_no_gaps_and_no_doubles(cast: Cast, add: Add) -> None:
    third = [add(role=role) for role in ("A", "B", "C")][-1]
    with acting_for(cast.as_("gdansk")) as acting:
        reorder(acting, third, place=1)
        found = [(one.contact.role, one.contact.call_order) for one in queries.contacts_of(acting, cast.gdansk)]
        with pytest.raises(Refused, match="from 1 to 3"):
            reorder(acting, third, place=4)
    assert found == [("C", 1), ("A", 2), ("B", 3)]
    assert told(cast).count("contact_point.reordered") == 1


# Whom do I call?


def roles(reaches: Any) -> list[str]:
    return [one.contact.role for one in reaches]


def test_what_answers_now_comes_first_then_the_order_then_who_answers_soonest(cast: Cast, add: Add) -> None:
    add(role="Office", **OFFICE)
    add("riga", "Office in Riga", **OFFICE)  # opens an hour earlier
    add(role="Duty officer")
    add(role="Night watch", **NIGHT)
    with acting_for(cast.as_("gdynia")) as acting:
        found = whom_to_call(acting, situation="emergency")
    assert roles(found) == ["Duty officer", "Night watch", "Office in Riga", "Office"]
    assert [one.is_reachable for one in found] == [True, True, False, False]
    assert [one.again for one in found] == ["", "", "08:00", "08:00"]


def test_it_says_the_hour_there(cast: Cast, add: Add) -> None:
    add("riga")
    add("coastguard", "Watch")
    with acting_for(cast.as_("gdansk")) as acting:
        found = whom_to_call(acting)
    assert {(one.clock, one.place) for one in found} == {("04:14", "Rīga"), ("02:14", "UTC")}


def test_it_answers_by_situation_and_by_organisation(cast: Cast, add: Add) -> None:
    add(role="Both", situations=["emergency", "inspection"])
    add(role="Inspection", situations=["inspection"])
    add("riga", "Riga")
    with acting_for(cast.as_("gdynia")) as acting:
        assert roles(whom_to_call(acting, situation="inspection")) == ["Both", "Inspection"]
        assert roles(whom_to_call(acting, situation="emergency", organisation=cast.riga)) == ["Riga"]
        assert roles(whom_to_call(acting, situation="level_change")) == []


def test_the_own_region_comes_before_the_linked_one_and_ports_stand_along_the_coast(cast: Cast, add: Add) -> None:
    linked = AudienceWish("linked_regions")
    for name in ("aarhus", "coastguard", "riga", "gdynia"):
        add(name, name, wish=linked)
    with acting_for(cast.as_("gdansk")) as acting:
        assert roles(whom_to_call(acting, situation="emergency")) == ["gdynia", "riga", "coastguard", "aarhus"]


def test_it_asks_for_any_past_or_coming_instant(cast: Cast, add: Add) -> None:
    add(role="Office", **OFFICE)
    with acting_for(cast.as_("gdansk")) as acting:
        assert [one.is_reachable for one in whom_to_call(acting, at=NOW + timedelta(hours=6))] == [True]


def test_a_region_of_any_size_takes_two_queries(cast: Cast, add: Add, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(12):
        add(("gdansk", "riga", "coastguard")[number % 3], f"Role {number}", **(OFFICE if number % 2 else {}))
    with acting_for(cast.as_("gdynia")) as acting, django_assert_num_queries(2):
        found = whom_to_call(acting, situation="emergency")
        assert all(one.clock and one.place and one.hours and one.is_stale for one in found)
    assert len(found) == 12


def test_the_database_and_the_page_agree_on_who_answers(cast: Cast, add: Add) -> None:
    """One question in two languages: asked every 97 minutes of four days around each change of the clocks."""
    add(role="Always")
    for number, hours in enumerate((OFFICE, NIGHT, {**NIGHT, "days": [7]}, {**OFFICE, "days": [6, 7], "opens_at": time(2, 30)})):
        add("riga" if number % 2 else "gdansk", f"Hours {number}", **hours)
    with acting_for(cast.as_("gdansk")) as acting:
        everybody = list(queries.readable(acting))
        for start in (datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)):
            for step in range(60):
                at = start + timedelta(minutes=97 * step)
                by_page = {one.pk for one in everybody if queries.Reach(one, at).is_reachable}
                assert {one.pk for one in queries.reachable_at(queries.readable(acting), at)} == by_page, at


# What waits


def test_numbers_that_nobody_has_tried_wait_for_those_who_may_verify(cast: Cast, add: Add) -> None:
    add(role="Duty officer", verified_on=NOW.date() - timedelta(days=97))
    add(role="Berth master", verified_on=NOW.date() - timedelta(days=91))
    add(role="Fresh", verified_on=NOW.date())
    with acting_for(cast.as_("gdansk")) as acting:
        wait = but_for_ways(waits(acting))[0]
    assert (wait.title, wait.badge, wait.badge_class) == ("Verify 2 contact points", "7 days late", "bad")
    assert wait.meta == "Duty officer; Berth master. Last verified 97 days ago"
    for name, role in (("gdansk", Role.STAFF), ("gdynia", None)):
        with acting_for(cast.as_(name, role)) as acting:
            assert but_for_ways(waits(acting)) == []


def test_a_new_one_waits_without_being_late(cast: Cast, add: Add) -> None:
    add()
    with acting_for(cast.as_("gdansk")) as acting:
        wait = but_for_ways(waits(acting))[0]
    assert (wait.title, wait.badge, wait.badge_class) == ("Verify 1 contact point", "New", "warn")


def test_verifying_ends_the_waiting_and_stays_out_of_the_feed(cast: Cast, add: Add, browse: Callable[..., Client]) -> None:
    contact, client = add(), browse("gdansk")
    assert "Verify 1 contact point" in client.get("/").content.decode()
    client.post(f"/call/{contact.pk}/verify/")
    page = client.get("/")
    assert but_for_ways(page.context["waits"]) == []
    assert "verified a contact point" not in page.content.decode().split('id="waits"')[0]
