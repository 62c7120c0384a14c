"""Proof 3 of access.md: whatever is done, and by whomever, each sees exactly what a plain Python oracle says.

`PORTSEC_PROOF_EXAMPLES=300 pytest tests/proofs/test_visibility_model.py` searches longer, and at random.
"""

import os
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from portsec.access import actions, tlp
from portsec.access.acting import acting_for, as_system
from portsec.access.models import AudienceGrant, Organisation, Region, RegionMembership
from portsec.access.roles import VERBS, Role
from portsec.journal.actions import record_access
from portsec.live import news
from portsec.live.tickets import make_ticket, read_ticket
from tests.cast import Cast
from tests.proofs import mutants, seen
from tests.proofs.oracle import EVERY_KIND, EVERY_LABEL, RULES, Thing
from tests.proofs.seen import Follower, Switchboard
from tests.proofs.world import Plan, Seat, World

LONGER = int(os.environ.get("PORTSEC_PROOF_EXAMPLES", "0"))
PROFILE = settings(
    max_examples=LONGER or 8,
    stateful_step_count=16,
    derandomize=not LONGER,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


class Visibility(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World.raised()
        self.oracle = self.world.oracle
        self.followers: dict[Seat, Follower] = {}
        self.switchboard = Switchboard(*_present_end())
        self.shown_before = set(self.world.entries)
        self.data: Any = None

    # Choosing

    def seats(self, verb: str = "read") -> list[Seat]:
        roles = VERBS[verb].roles
        return [seat for seat, role in self.world.seats.items() if self.oracle.may_act(*seat) and role in roles]

    def people(self, verb: str = "read") -> list[Seat]:
        return [seat for seat in self.seats(verb) if self.world.seats[seat] != Role.SERVICE]

    def pick(self, options: Any, what: str) -> Any:
        return self.data.draw(st.sampled_from(list(options)), label=what)

    def pick_some(self, options: Any, what: str, least: int = 0) -> tuple[UUID, ...]:
        choices = list(options)
        if len(choices) < least:
            return ()
        chosen = self.data.draw(st.lists(st.integers(0, len(choices) - 1), unique=True, min_size=least, max_size=3), label=what)
        return tuple(choices[place] for place in chosen)

    def plan(self, seat: Seat) -> Plan:
        """Mostly what the rules allow; now and then an audience too wide, a stranger, or a person who does not belong."""
        organisation = seat[1]
        regions = [pk for pk in self.world.regions if pk in self.oracle.regions_of(organisation)]
        kind = self.pick([kind for kind in EVERY_KIND if regions or kind not in RULES], "audience")
        label = self.pick(EVERY_LABEL if kind in {"own", "named"} else ("GREEN", "CLEAR", "AMBER", "RED"), "label")
        region = self.pick(regions, "region") if kind in RULES else None
        known = [pk for pk in self.world.organisations if pk in self.oracle.knows(organisation) or pk == self.world.pk("trieste")]
        named = self.pick_some(known, "named", least=1) if kind == "named" else ()
        persons: tuple[UUID, ...] = ()
        if label == "RED":
            near = dict.fromkeys(user for user, home in self.people() if home in {organisation, *named} or home == self.world.pk("aarhus"))
            persons = self.pick_some(near, "persons")
        return Plan(kind, label, region, named, persons, self.data.draw(st.booleans(), label="exercise"))

    def readable(self, seat: Seat, pk: UUID) -> bool:
        return ("alert", pk) in self.oracle.visible(*seat)

    def own_active(self) -> list[tuple[Seat, UUID]]:
        """(who, alert) for each alert that its sender may still change, those that left its audience aside (see the end)."""
        return [
            (seat, pk)
            for pk, facts in self.oracle.alerts.items()
            if facts.state == "active" and facts.owner in self.oracle.reach_of(facts.circle)
            for seat in self.seats("alert.update")
            if seat[1] == facts.owner and self.readable(seat, pk)
        ]

    def waiting(self) -> list[tuple[Seat, UUID]]:
        """(who, alert) for each answer that is due and can be given."""
        return [
            (seat, pk)
            for pk, facts in self.oracle.alerts.items()
            for seat in self.seats("alert.acknowledge")
            if self.readable(seat, pk) and any(one.recipient == seat[1] and one.is_open for one in facts.told)
        ]

    def drafting(self) -> list[tuple[Seat, UUID]]:
        return [(seat, pk) for pk in self.world.drafts for seat in self.seats("alert.publish") if self.readable(seat, pk)]

    # Alerts

    @rule(data=st.data())
    def publish(self, data: Any) -> None:
        self.data = data
        seat = self.pick(self.seats("alert.publish"), "sender")
        self.world.publish(seat, self.plan(seat))

    @rule(data=st.data())
    def draft(self, data: Any) -> None:
        self.data = data
        seat = self.pick(self.seats("alert.draft"), "author")
        self.world.draft(seat, self.plan(seat))

    @precondition(lambda self: self.drafting())
    @rule(data=st.data(), act=st.sampled_from(["send", "edit", "discard"]))
    def go_on_with_draft(self, data: Any, act: str) -> None:
        self.data = data
        seat, pk = self.pick(self.drafting(), "draft")
        if act == "send":
            self.world.send_draft(seat, pk)
        elif act == "edit":
            self.world.edit_draft(seat, pk, self.plan(seat))
        else:
            self.world.discard_draft(seat, pk)

    @precondition(lambda self: self.own_active())
    @rule(data=st.data(), ask_again=st.booleans())
    def update(self, data: Any, ask_again: bool) -> None:
        self.data = data
        self.world.update(*self.pick(self.own_active(), "alert"), ask_again=ask_again)

    @precondition(lambda self: self.own_active())
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        self.data = data
        self.world.cancel(*self.pick(self.own_active(), "alert"))

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def acknowledge(self, data: Any) -> None:
        self.data = data
        self.world.acknowledge(*self.pick(self.waiting(), "answer"))

    @rule(data=st.data(), level=st.integers(1, 3))
    def set_level(self, data: Any, level: int) -> None:
        self.data = data
        ports = [seat for seat in self.seats("level.change") if self.oracle.kinds[seat[1]] == "port"]
        able = [seat for seat in ports if len(self.oracle.regions_of(seat[1])) == 1]
        if able:
            self.world.set_level(self.pick(able, "port"), level)

    # Who belongs where

    @rule(data=st.data())
    def join_region(self, data: Any) -> None:
        self.data = data
        self.world.join(self.pick(self.world.organisations, "organisation"), self.pick(self.world.regions, "region"))

    @precondition(lambda self: any(region.joined for region in self.oracle.regions.values()))
    @rule(data=st.data())
    def leave_region(self, data: Any) -> None:
        self.data = data
        places = [(one, pk) for pk, region in self.oracle.regions.items() for one in region.joined]
        self.world.leave(*self.pick(places, "who and where"))

    @precondition(lambda self: len(self.world.regions) < 5)
    @rule(data=st.data(), coordinator_sees=st.booleans())
    def link_new_region(self, data: Any, coordinator_sees: bool) -> None:
        """As the operator does: a region is linked when it is made, and then filled."""
        self.data = data
        linked = self.pick_some(self.world.regions, "linked to", least=1)
        pk = self.world.open_region(f"region {len(self.world.regions)}", linked, coordinator_sees=coordinator_sees)
        self.world.join(self.pick(self.world.organisations, "first member"), pk)

    @rule(data=st.data(), role=st.sampled_from([Role.STAFF, Role.DEPUTY, Role.OBSERVER]))
    def add_member(self, data: Any, role: Role) -> None:
        self.data = data
        people = [pk for pk, user in self.world.users.items() if not user.is_service]
        self.world.take_in(self.pick(people, "person"), self.pick(self.world.organisations, "organisation"), role)

    @precondition(lambda self: len(self.people()) > 4)
    @rule(data=st.data())
    def remove_member(self, data: Any) -> None:
        self.data = data
        self.world.put_out(self.pick(self.people(), "seat"))

    @precondition(lambda self: len(self.oracle.inactive) < 2)
    @rule(data=st.data())
    def deactivate_organisation(self, data: Any) -> None:
        self.data = data
        active = [pk for pk in self.world.organisations if pk not in self.oracle.inactive]
        self.world.deactivate(self.pick(active, "organisation"))

    # Forging

    @rule(data=st.data())
    def forge_organisation(self, data: Any) -> None:
        """A user's id beside an organisation that is not the user's, as an injected statement could set them."""
        self.data = data
        seat = (self.pick(self.world.users, "user"), self.pick(self.world.organisations, "organisation"))
        if not self.oracle.may_act(*seat):
            self.world.seats.setdefault(seat, Role.SECURITY_OFFICER)
            self.sees_from_every_side(seat, set())

    @precondition(lambda self: any(self.oracle.may_act(*seat) for seat in self.followers))
    @rule(data=st.data(), flip=st.integers(0, 20))
    def forge_cursor(self, data: Any, flip: int) -> None:
        """Another organisation's cursor, and one's own with a letter changed."""
        self.data = data
        followed = [seat for seat in self.followers if self.oracle.may_act(*seat)]
        seat, other = self.pick(followed, "reader"), self.pick(followed, "owner of the cursor")
        acting = self.world.acting(seat)
        theirs, mine = self.followers[other].cursor, self.followers[seat].cursor
        edited = mine[:flip] + ("A" if mine[flip] != "A" else "B") + mine[flip + 1 :]
        for forged in {edited} | ({theirs} if other[1] != seat[1] else set()):
            with acting_for(acting):
                answer = seen.feed(acting, cursor=forged)
                assert answer.status_code == 400, f"a forged cursor was taken: {forged}"
                assert "results" not in answer.data

    @rule(data=st.data(), place=st.integers(0, 200))
    def forge_ticket(self, data: Any, place: int) -> None:
        """A ticket with a letter changed opens nothing; a true one of somebody who has left finds the door closed."""
        self.data = data
        seat = self.pick(self.world.seats, "seat")
        ticket = make_ticket(self.world.acting(seat))
        at = place % len(ticket)
        assert read_ticket(ticket[:at] + ("A" if ticket[at] != "A" else "B") + ticket[at + 1 :]) in {None, read_ticket(ticket)}
        visitor = read_ticket(ticket)
        assert visitor is not None
        welcome = seat[0] in seen.people_of([seat[1]]).get(seat[1], set())
        assert welcome == self.oracle.may_act(*seat)

    # After each step

    @invariant()
    def each_sees_what_the_oracle_says(self) -> None:
        """Of seats in one organisation that should see the same, one is looked at from every side and the others by raw SQL."""
        looked_at: set[tuple[UUID, frozenset[Thing]]] = set()
        for seat in self.world.seats:
            rows = self.oracle.visible(*seat)
            group = (seat[1], frozenset(rows))
            self.sees_by_the_second_wall(seat, rows)
            if group not in looked_at:
                looked_at.add(group)
                self.sees_from_every_side(seat, rows)
        self.screens_show_what_is_new()

    def sees_by_the_second_wall(self, seat: Seat, rows: set[Thing]) -> None:
        with acting_for(self.world.acting(seat)):
            self.compare(seat, "raw SQL", seen.by_raw_sql(), rows | self.called(self.oracle.audiences_to_name(*seat)))
        if self.oracle.may_act(*seat):
            entries = {pk for called, pk in rows if called == "entry"}
            self.compare(seat, "resumed line", seen.by_resuming(*seat, self.switchboard.end), entries & self.shown_before)

    def sees_from_every_side(self, seat: Seat, rows: set[Thing]) -> None:
        acting = self.world.acting(seat)
        published = {thing for thing in rows if thing[0] == "alert" and thing[1] not in self.world.drafts}
        entries = {pk for called, pk in rows if called == "entry"}
        with acting_for(acting):
            self.compare(seat, "visible_to", seen.by_query(acting), rows | self.called(self.oracle.audiences(*seat)))
            self.compare(seat, "pages", seen.alerts_by_pages(acting), published)
            assert seen.count_alerts(acting) == sum(called == "alert" for called, _pk in rows)
            if self.oracle.may_act(*seat):
                self.compare(seat, "feed", self.followers.setdefault(seat, Follower()).follow(acting), entries)

    def called(self, keys: set[str]) -> set[Thing]:
        return {("audience", self.world.audiences[key]) for key in keys}

    def screens_show_what_is_new(self) -> None:
        people = seen.people_of(list(self.world.organisations))
        expected = {one: {user for user, home in self.oracle.members if home == one} for one in people}
        assert people == expected
        assert set(people) == set(self.world.organisations) - self.oracle.inactive
        new, self.shown_before = self.world.entries - self.shown_before, set(self.world.entries)
        shown = self.switchboard.turn({str(one): [str(user) for user in users] for one, users in people.items()})
        for seat, entries in shown.items():
            visible = {pk for called, pk in self.oracle.visible(*seat) if called == "entry"}
            self.compare(seat, "live line", set(entries), new & visible)
            assert len(entries) == len(set(entries)), "an entry was shown twice"

    def compare(self, seat: Seat, way: str, found: set[Any], expected: set[Any]) -> None:
        if found != expected:
            who = f"{self.world.names[seat[0]]} for {self.world.names[seat[1]]}"
            raise AssertionError(f"{who}, {way}: sees too much {found - expected}, misses {expected - found}")

    def teardown(self) -> None:
        """At the end a closer look: pages of three, and what the journal itself would list."""
        for seat in self.people()[:4]:
            acting, rows = self.world.acting(seat), self.oracle.visible(*seat)
            with acting_for(acting):
                assert seen.alerts_by_pages(acting, limit=3) == seen.alerts_by_pages(acting)
                self.compare(seat, "journal", seen.entries_by_pages(acting, limit=3), {one for one in rows if one[0] == "entry"})


def _present_end() -> tuple[int]:
    return (seen.news.read_ends()[1],)


def test_each_sees_what_the_oracle_says_whatever_is_done(committed: Cast) -> None:
    run_state_machine_as_test(Visibility, settings=PROFILE)


# Histories that chance seldom finds. Each ends with a look at everyone.


@pytest.fixture
def play(stage: Cast) -> Visibility:
    return Visibility()


def seat(play: Visibility, who: str, organisation: str) -> Seat:
    return play.world.pk(f"{who} of {organisation}"), play.world.pk(organisation)


def sent(play: Visibility, kind: str = "region", sender: str = "gdansk") -> UUID:
    play.world.publish(seat(play, "officer", sender), Plan(kind, "GREEN", play.world.pk("baltic")))
    play.each_sees_what_the_oracle_says()
    return list(play.oracle.alerts)[-1]


def test_who_answered_and_left_hears_of_no_update(play: Visibility) -> None:
    world, alert = play.world, sent(play)
    world.acknowledge(seat(play, "officer", "gdynia"), alert)
    world.leave(world.pk("gdynia"), world.pk("baltic"))
    play.each_sees_what_the_oracle_says()
    world.update(seat(play, "officer", "gdansk"), alert, ask_again=False)
    play.each_sees_what_the_oracle_says()


def test_who_left_and_came_back_sees_all_of_it(play: Visibility) -> None:
    world, alert = play.world, sent(play)
    world.leave(world.pk("gdynia"), world.pk("baltic"))
    world.update(seat(play, "officer", "gdansk"), alert, ask_again=True)
    play.each_sees_what_the_oracle_says()
    world.join(world.pk("gdynia"), world.pk("baltic"))
    play.each_sees_what_the_oracle_says()


def test_a_coordinator_that_left_sees_no_later_delivery(play: Visibility) -> None:
    world, alert = play.world, sent(play)
    world.acknowledge(seat(play, "officer", "gdynia"), alert)
    world.leave(world.pk("council"), world.pk("baltic"))
    world.update(seat(play, "officer", "gdansk"), alert, ask_again=False)
    play.each_sees_what_the_oracle_says()


def test_an_answer_reaches_a_sender_that_left_meanwhile(play: Visibility) -> None:
    world, alert = play.world, sent(play)
    world.leave(world.pk("gdansk"), world.pk("baltic"))
    world.acknowledge(seat(play, "officer", "gdynia"), alert)
    play.each_sees_what_the_oracle_says()


def test_an_answer_to_a_sender_that_was_closed_goes_nowhere_else(play: Visibility) -> None:
    world, alert = play.world, sent(play)
    world.deactivate(world.pk("gdansk"))
    world.acknowledge(seat(play, "officer", "gdynia"), alert)
    play.each_sees_what_the_oracle_says()


def test_an_agency_keeps_what_it_sent_to_the_ports_of_a_region_that_it_left(play: Visibility) -> None:
    world, alert = play.world, sent(play, "region_ports", "guard")
    world.leave(world.pk("guard"), world.pk("baltic"))
    play.each_sees_what_the_oracle_says()
    world.update(seat(play, "officer", "guard"), alert, ask_again=False)
    play.each_sees_what_the_oracle_says()


def test_red_stays_with_its_persons_when_one_of_them_leaves(play: Visibility) -> None:
    world, officer = play.world, play.world.pk("officer of gdynia")
    world.publish(seat(play, "officer", "gdansk"), Plan("named", "RED", None, (world.pk("gdynia"),), (officer,)))
    [alert] = play.oracle.alerts
    world.acknowledge(seat(play, "officer", "gdynia"), alert)
    world.put_out(seat(play, "officer", "gdynia"))
    play.each_sees_what_the_oracle_says()
    world.update(seat(play, "officer", "gdansk"), alert, ask_again=False)
    play.each_sees_what_the_oracle_says()


def test_a_port_of_a_region_that_was_linked_later_sees_the_linked_alerts(play: Visibility) -> None:
    world = play.world
    sent(play, "linked_regions")
    region = world.open_region("bothnia", [world.pk("baltic")])
    world.join(world.pk("trieste"), region)
    play.each_sees_what_the_oracle_says()


# Known to be wrong. Each is strict: whoever mends it is told here, and lets the machine try it too.


def test_a_sender_that_left_may_still_cancel(play: Visibility) -> None:
    """interface.md: cancelling is never blocked."""
    world, alert = play.world, sent(play)
    world.leave(world.pk("gdansk"), world.pk("baltic"))
    play.each_sees_what_the_oracle_says()
    world.cancel(seat(play, "officer", "gdansk"), alert)
    play.each_sees_what_the_oracle_says()


def test_a_coordinator_that_left_hears_of_no_later_answer(play: Visibility) -> None:
    world, alert = play.world, sent(play)
    world.leave(world.pk("council"), world.pk("baltic"))
    council = world.acting(seat(play, "officer", "council"))
    with acting_for(council):
        before = seen.by_raw_sql()
    world.acknowledge(seat(play, "officer", "gdynia"), alert)
    with acting_for(council):
        later = seen.by_raw_sql() - before
    assert not {thing for thing in later if thing[0] == "entry"}


def test_an_organisation_that_is_opened_again_sees_its_region(play: Visibility) -> None:
    world = play.world
    world.deactivate(world.pk("gdynia"))
    sent(play, "region_ports")
    world.activate(world.pk("gdynia"))
    play.each_sees_what_the_oracle_says()


# Does it notice at all? Each of these breaks the product in one place, and the history must stumble over it.


def leave_and_keep(organisation: Organisation, region: Region) -> None:
    with as_system("the proof: who leaves keeps its grants"):
        RegionMembership.objects.filter(region=region, organisation=organisation).delete()
        record_access("access.revoked", organisation, [], "left")


def come_and_go(play: Visibility) -> None:
    world, alert = play.world, sent(play)
    world.leave(world.pk("gdynia"), world.pk("baltic"))
    play.each_sees_what_the_oracle_says()
    world.join(world.pk("trieste"), world.pk("baltic"))
    play.each_sees_what_the_oracle_says()
    world.acknowledge(seat(play, "officer", "guard"), alert)
    play.each_sees_what_the_oracle_says()
    world.publish(seat(play, "officer", "gdansk"), Plan("region", "AMBER+STRICT", world.pk("baltic")))


BROKEN = {
    "who joins gets no grant": mock.patch.object(AudienceGrant.objects, "bulk_create", return_value=[]),
    "who leaves keeps its grants": mock.patch.object(actions, "leave_region", leave_and_keep),
    "any label goes anywhere": mock.patch.object(tlp, "allows", return_value=True),
    "the hub takes every member for addressed": mock.patch.object(news, "AUDIENCE_MEMBERS", mutants.EVERYBODY),
    "who resumes gets everything": mock.patch.multiple(
        news, PAGE=news.PAGE.replace(mutants.SHARED, ""), COUNT=news.COUNT.replace(mutants.SHARED, "")
    ),
}


def test_the_whole_of_that_history_is_right(play: Visibility) -> None:
    come_and_go(play)


@pytest.mark.parametrize("what", BROKEN)
def test_it_stumbles_over(stage: Cast, what: str) -> None:
    with BROKEN[what], pytest.raises(AssertionError):
        come_and_go(Visibility())


@pytest.mark.skipif(not LONGER, reason="by chance it takes a minute each: PORTSEC_PROOF_EXAMPLES=100")
@pytest.mark.parametrize("what", BROKEN)
def test_chance_alone_stumbles_over(stage: Cast, what: str) -> None:
    """Without the search for the smallest example."""
    with BROKEN[what], pytest.raises(AssertionError):
        run_state_machine_as_test(Visibility, settings=settings(PROFILE, phases=[Phase.generate]))
