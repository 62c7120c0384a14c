"""Contact points under one wall alone, and under two hands at once: what really commits, and what a forgotten filter shows."""

from collections.abc import Callable, Iterable
from threading import Barrier
from typing import Any

import pytest

from ports.actions import add_contact_point, edit_contact_point, reorder, retire_contact_point, verify_contact_point
from ports.models import ContactPoint
from ports.queries import contacts as queries
from ports.views.contacts import found_contacts
from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.actions import join_region, leave_region
from portsec.access.audiences import AudienceWish
from portsec.journal.models import Entry
from portsec.problems import Conflict
from tests.cast import Cast

EVERYBODY = ("gdansk", "gdynia", "riga", "coastguard", "aarhus", "trieste")
READERS = {"own": {"gdansk"}, "named": {"gdansk", "riga"}, "region_ports": {"gdansk", "gdynia", "riga"}}
InThreads = Callable[[Callable[[Any], Any], list[Any]], list[Any]]


def add(cast: Cast, role: str, name: str = "gdansk", **content: Any) -> ContactPoint:
    with acting_for(cast.as_(name)) as acting:
        return add_contact_point(acting, role=role, phone="+46701740605", situations=["emergency"], **content)


def fresh(acting: Acting, contact: ContactPoint) -> ContactPoint:
    found: ContactPoint = queries.readable(acting).get(pk=contact.pk)
    return found


ASKED: dict[str, Callable[[Cast, Acting], Iterable[str]]] = {
    "readable": lambda cast, acting: [one.role for one in queries.readable(acting)],
    "whom_to_call": lambda cast, acting: [one.contact.role for one in queries.whom_to_call(acting, situation="emergency")],
    "contacts_of": lambda cast, acting: [one.contact.role for one in queries.contacts_of(acting, cast.gdansk)],
    "sheet_of": lambda cast, acting: [
        one.contact.role for page in queries.sheet_of(acting, cast.regions["baltic"]) for one in page.contacts
    ],
    "search": lambda cast, acting: [one["title"] for one in found_contacts(acting, "o")],
}


@pytest.mark.parametrize("ask", ASKED)
def test_each_question_holds_without_the_second_wall(committed: Cast, ask: str) -> None:
    """Asked as the system role, which row security lets through."""
    add(committed, "own", wish=AudienceWish("own"))
    add(committed, "region_ports", wish=AudienceWish("region_ports"))
    with acting_for(committed.as_("gdansk")) as acting:
        wish = AudienceWish("named", organisations=(committed.riga.pk,))
        add_contact_point(acting, wish=wish, role="named o", phone="+46701740605", situations=["emergency"])
    seen: dict[str, set[str]] = {kind: set() for kind in READERS}
    for name in EVERYBODY:
        acting = committed.as_(name)
        with as_system("a test asks without the second wall"):
            for role in ASKED[ask](committed, acting):
                seen[role.partition(" ")[0]].add(name)
    assert seen == READERS


def test_of_two_hands_on_one_version_one_wins_and_is_told(committed: Cast, in_threads: InThreads) -> None:
    contact = add(committed, "Duty officer")
    start = Barrier(2)

    def change(note: str) -> str:
        with acting_for(committed.as_("gdansk")) as acting:
            read = fresh(acting, contact)
            start.wait(timeout=20)
            try:
                edit_contact_point(acting, read, note=note)
            except Conflict:
                return "late"
            return note

    answers = in_threads(change, ["first", "second"])
    assert answers.count("late") == 1
    with acting_for(committed.as_("gdansk")) as acting:
        now = fresh(acting, contact)
        assert (now.note in answers, now.version) == (True, 2)
        assert Entry.objects.filter(verb="contact_point.edited").count() == 1


def test_of_one_who_retires_and_one_who_verifies_both_learn_the_truth(committed: Cast, in_threads: InThreads) -> None:
    contact = add(committed, "Duty officer")
    start = Barrier(2)

    def press(verb: Callable[..., Any]) -> bool:
        with acting_for(committed.as_("gdansk")) as acting:
            read = fresh(acting, contact)
            start.wait(timeout=20)
            try:
                verb(acting, read)
            except Conflict:
                return False
            return True

    assert sorted(in_threads(press, [retire_contact_point, verify_contact_point])) == [False, True]


def test_two_who_reorder_at_once_leave_an_order(committed: Cast, in_threads: InThreads) -> None:
    made = [add(committed, role) for role in "ABCDE"]
    start = Barrier(2)

    def move(contact: ContactPoint) -> None:
        with acting_for(committed.as_("gdansk")) as acting:
            read = fresh(acting, contact)
            start.wait(timeout=20)
            reorder(acting, read, place=1)

    in_threads(move, [made[3], made[4]])
    with acting_for(committed.as_("gdansk")) as acting:
        assert [one.contact.call_order for one in queries.contacts_of(acting, committed.gdansk)] == [1, 2, 3, 4, 5]


def test_who_leaves_the_region_loses_its_numbers_and_keeps_its_own(committed: Cast) -> None:
    add(committed, "Duty officer")
    add(committed, "Rīga's own", "riga")
    leave_region(committed.riga, committed.regions["baltic"])
    with acting_for(committed.as_("riga")) as acting:
        assert [one.contact.role for one in queries.whom_to_call(acting)] == ["Rīga's own"]
        assert "Duty officer" not in " ".join(Entry.objects.visible_to(acting).values_list("summary", flat=True))
    join_region(committed.riga, committed.regions["baltic"])
    with acting_for(committed.as_("riga")) as acting:
        assert len(queries.whom_to_call(acting)) == 2


def test_who_has_left_may_still_verify_and_retire_what_is_its_own(committed: Cast) -> None:
    contact = add(committed, "Rīga's own", "riga")
    leave_region(committed.riga, committed.regions["baltic"])
    with acting_for(committed.as_("riga")) as acting:
        edit_contact_point(acting, fresh(acting, contact), note="Moved away")
        verify_contact_point(acting, fresh(acting, contact))
        retire_contact_point(acting, fresh(acting, contact))
    with acting_for(committed.as_("gdansk")) as acting:
        assert not fresh(acting, contact).is_active, "its former neighbours learn that nobody answers there any more"
