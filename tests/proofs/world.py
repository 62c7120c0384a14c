"""A small world of real rows beside the oracle's picture of it. Each act is done through the product's verbs, told to the
oracle in words, and then compared: the rows that appeared are exactly those that the oracle expected."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils import timezone

from incidents import actions as alerts
from incidents.models import Alert
from ports.actions import set_security_level
from portsec.access import actions as access
from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.audiences import AudienceWish
from portsec.access.models import Membership, Organisation, Region, User
from portsec.access.roles import Role
from portsec.problems import Refused
from tests.proofs.oracle import AlertFacts, Circle, Oracle, Shared, Told, allows
from tests.proofs.oracle import Region as RegionFacts

ORGANISATIONS = {"gdansk": "port", "gdynia": "port", "council": "coordination_body", "guard": "agency", "aarhus": "port", "trieste": "port"}
HOMES = {"baltic": ("gdansk", "gdynia", "council", "guard"), "kattegat": ("aarhus",), "adriatic": ("trieste",)}
OFFICER = {"port": Role.SECURITY_OFFICER, "agency": Role.LIAISON, "coordination_body": Role.COORDINATOR}
CONTENT = {"event": "Suspicious craft", "category": ["Security"], "urgency": "Immediate", "severity": "Severe", "certainty": "Observed"}
_numbers = count(1)  # each world has names of its own; the worlds before it stay, as strangers to it

Seat = tuple[UUID, UUID]  # a user in an organisation


@dataclass(frozen=True)
class Plan:
    """An alert that somebody wants to send."""

    kind: str
    label: str
    region: UUID | None = None
    named: tuple[UUID, ...] = ()
    persons: tuple[UUID, ...] = ()
    is_exercise: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        wish = AudienceWish(self.kind, self.region, self.named)
        return {**CONTENT, "wish": wish, "persons": self.persons, "tlp": self.label, "is_exercise": self.is_exercise}


@dataclass
class World:
    oracle: Oracle = field(default_factory=Oracle)
    names: dict[UUID, str] = field(default_factory=dict)  # of everything, for messages
    organisations: dict[UUID, Organisation] = field(default_factory=dict)
    regions: dict[UUID, Region] = field(default_factory=dict)
    users: dict[UUID, User] = field(default_factory=dict)
    seats: dict[Seat, Role] = field(default_factory=dict)  # past and present
    drafts: dict[UUID, Plan] = field(default_factory=dict)
    entries: set[UUID] = field(default_factory=set)
    audiences: dict[str, UUID] = field(default_factory=dict)  # by key
    number: int = field(default_factory=lambda: next(_numbers))

    @classmethod
    def raised(cls) -> "World":
        world = cls()
        baltic = world.open_region("baltic")
        world.open_region("kattegat", linked_to=[baltic])
        world.open_region("adriatic")
        for name, kind in ORGANISATIONS.items():
            world._found(name, kind)
        for region, names in HOMES.items():
            for name in names:
                world.join(world.pk(name), world.pk(region))
        world.take_in(world.pk("officer of gdansk"), world.pk("gdynia"), Role.STAFF)  # one person in two organisations
        return world

    def pk(self, name: str) -> UUID:
        return next(pk for pk, called in self.names.items() if called == name)

    def acting(self, seat: Seat) -> Acting:
        return Acting(self.users[seat[0]], self.organisations[seat[1]], self.seats[seat])

    def alert(self, acting: Acting, pk: UUID) -> Alert:
        return Alert.objects.visible_to(acting).get(pk=pk)

    # Who belongs where

    def open_region(self, name: str, linked_to: Sequence[UUID] = (), *, coordinator_sees: bool = True) -> UUID:
        region = access.create_region(f"{name} {self.number}", linked_to=[self.regions[one] for one in linked_to])
        if not coordinator_sees:
            with as_system("the proof: a region that keeps deliveries from its coordinator"):
                Region.objects.filter(pk=region.pk).update(coordinator_sees_deliveries=False)
        self.regions[region.pk], self.names[region.pk] = region, name
        self.oracle.regions[region.pk] = RegionFacts(set(linked_to), coordinator_sees=coordinator_sees)
        for one in linked_to:
            self.oracle.regions[one].linked.add(region.pk)
        return region.pk

    def _found(self, name: str, kind: str) -> None:
        organisation = access.create_organisation(f"{name} {self.number}", kind)
        self.organisations[organisation.pk], self.names[organisation.pk] = organisation, name
        self.oracle.kinds[organisation.pk] = kind
        with as_system("the proof: people and their seats"):
            for title, role in (("officer", OFFICER[kind]), ("staff", Role.STAFF)):
                user = User.objects.create(email=f"{title}.{name}.{self.number}@proof.example", name=f"{title} of {name}", password="!")
                self.users[user.pk], self.names[user.pk] = user, f"{title} of {name}"
                Membership.objects.create(user=user, organisation=organisation, role=role)
                self._seat((user.pk, organisation.pk), role)
            service = Membership.objects.select_related("user").get(organisation=organisation, role=Role.SERVICE).user
        self.users[service.pk], self.names[service.pk] = service, f"service of {name}"
        self._seat((service.pk, organisation.pk), Role.SERVICE)

    def _seat(self, seat: Seat, role: Role) -> None:
        self.seats[seat] = role
        self.oracle.members.add(seat)

    def join(self, organisation: UUID, region: UUID) -> None:
        access.join_region(self.organisations[organisation], self.regions[region])
        joined = self.oracle.regions[region].joined
        if organisation in joined:
            return self._compare()
        joined.append(organisation)
        return self._compare(entries=[("access.granted", organisation, self._privately(organisation))])

    def leave(self, organisation: UUID, region: UUID) -> None:
        access.leave_region(self.organisations[organisation], self.regions[region])
        self.oracle.regions[region].joined.remove(organisation)
        self._compare(entries=[("access.revoked", organisation, self._privately(organisation))])

    def take_in(self, user: UUID, organisation: UUID, role: Role) -> None:
        access.add_member(self.users[user], self.organisations[organisation], role)
        self._seat((user, organisation), role)
        self._compare(entries=[("member.added", user, self._privately(organisation))])

    def put_out(self, seat: Seat) -> None:
        access.remove_member(self.users[seat[0]], self.organisations[seat[1]])
        self.oracle.members.discard(seat)
        self._compare(entries=[("member.removed", seat[0], self._privately(seat[1]))])

    def deactivate(self, organisation: UUID) -> None:
        self._set_active(organisation, is_active=False)
        self.oracle.inactive.add(organisation)

    def activate(self, organisation: UUID) -> None:
        self._set_active(organisation, is_active=True)
        self.oracle.inactive.discard(organisation)

    def _set_active(self, organisation: UUID, *, is_active: bool) -> None:
        with as_system("the proof: an operator closes an organisation, or opens it again"):
            Organisation.objects.filter(pk=organisation).update(is_active=is_active)

    def _privately(self, organisation: UUID) -> Shared:
        return Shared(organisation, self._circle(Circle("own", owner=organisation)))

    def _circle(self, circle: Circle, addressed_by: UUID | None = None) -> Circle:
        self.oracle.circles.add(circle)
        if addressed_by:
            self.oracle.addressed.add((addressed_by, circle))
        return circle

    # Alerts

    def is_refused(self, seat: Seat, plan: Plan, *, is_draft: bool = False) -> bool:
        """domain.md §7 and architecture.md §3, asked of the oracle."""
        organisation = seat[1]
        if not allows(plan.label, plan.kind) or (plan.label == "RED" and self.seats[seat] == Role.SERVICE):
            return True
        if plan.kind == "named" and not (plan.named and set(plan.named) <= self.oracle.knows(organisation)):
            return True
        if plan.kind not in {"own", "named"} and plan.region not in self.oracle.regions_of(organisation):
            return True
        if plan.label != "RED" or is_draft:
            return False
        homes = {organisation, *plan.named}
        return not plan.persons or not all(any((one, home) in self.oracle.members for home in homes) for one in plan.persons)

    def publish(self, seat: Seat, plan: Plan) -> None:
        refused = self.is_refused(seat, plan)
        acting = self.acting(seat)
        try:
            with acting_for(acting):
                alert = alerts.publish_alert(acting, headline="Sent at once", **plan.arguments).alert
        except Refused:
            assert refused, f"refused although the rules allow it: {plan}"
            return self._compare()
        assert not refused, f"sent although the rules refuse it: {plan}"
        self._privately(seat[1])  # every alert begins as a draft
        return self._sent(seat, alert.pk, plan)

    def _sent(self, seat: Seat, alert: UUID, plan: Plan) -> None:
        circle = self._circle(self.oracle.circle_for(seat[1], plan.kind, plan.region, plan.named), seat[1])
        persons = frozenset({seat[0], *plan.persons}) if plan.label == "RED" else None
        facts = self.oracle.alerts[alert] = AlertFacts(seat[1], circle, persons)
        self.oracle.shared["alert", alert] = Shared(seat[1], circle, persons)
        told = [self._tell(facts, recipient) for recipient in self.oracle.recipients_of(facts)]
        self._compare(entries=[("alert.published", alert, Shared(seat[1], circle, persons))], messages=[(alert, 1)], told=(alert, told))

    def _tell(self, facts: AlertFacts, recipient: UUID) -> Told:
        one = Told(facts.owner, recipient, self.oracle.coordinator_of(facts.circle), facts.persons, facts.version)
        facts.told.append(one)
        return one

    def draft(self, seat: Seat, plan: Plan) -> None:
        acting = self.acting(seat)
        try:
            with acting_for(acting):
                alert = alerts.draft_alert(acting, headline="Drafted", **plan.arguments)
        except Refused:
            assert self.is_refused(seat, plan, is_draft=True), plan
            return self._compare()
        private = self.oracle.shared["alert", alert.pk] = self._of_draft(seat, plan)
        self.drafts[alert.pk] = plan
        return self._compare(entries=[("alert.drafted", alert.pk, private)])

    def edit_draft(self, seat: Seat, pk: UUID, plan: Plan) -> None:
        acting = self.acting(seat)
        try:
            with acting_for(acting):
                alerts.edit_draft(acting, self.alert(acting, pk), headline="Edited", **plan.arguments)
        except Refused:
            assert self.is_refused(seat, plan, is_draft=True), plan
            return self._compare()
        self.drafts[pk] = plan
        private = self.oracle.shared["alert", pk] = self._of_draft(seat, plan)
        return self._compare(entries=[("alert.draft_edited", pk, private)])

    def send_draft(self, seat: Seat, pk: UUID) -> None:
        plan, acting = self.drafts[pk], self.acting(seat)
        refused = self.is_refused(seat, plan)
        try:
            with acting_for(acting):
                alerts.publish_draft(acting, self.alert(acting, pk))
        except Refused:
            assert refused, plan
            return self._compare()
        assert not refused, plan
        del self.drafts[pk]
        return self._sent(seat, pk, plan)

    def discard_draft(self, seat: Seat, pk: UUID) -> None:
        acting = self.acting(seat)
        with acting_for(acting):
            alerts.discard_draft(acting, self.alert(acting, pk))
        del self.drafts[pk]
        private = self.oracle.shared.pop(("alert", pk))
        self._compare(entries=[("alert.draft_discarded", pk, private)])

    def _of_draft(self, seat: Seat, plan: Plan) -> Shared:
        """Its organisation's own; in red its author's alone."""
        return replace(self._privately(seat[1]), persons=frozenset({seat[0]}) if plan.label == "RED" else None)

    def update(self, seat: Seat, pk: UUID, *, ask_again: bool) -> None:
        acting, facts = self.acting(seat), self.oracle.alerts[pk]
        with acting_for(acting):
            alerts.update_alert(acting, self.alert(acting, pk), note="More is known", ask_again=ask_again)
        before = [one for one in facts.told if one.version == facts.version]
        facts.version += 1
        for one in facts.told:
            one.is_open = False
        told = [self._tell(facts, recipient) for recipient in self.oracle.recipients_of(facts)]
        answered = {one.recipient for one in before if one.is_acknowledged and not ask_again}
        for one in told:
            if one.recipient in answered:
                one.is_acknowledged, one.is_open = True, False
        row = Shared(facts.owner, facts.circle, facts.persons)
        self._compare(entries=[("alert.updated", pk, row)], messages=[(pk, facts.version)], told=(pk, told))

    def cancel(self, seat: Seat, pk: UUID) -> None:
        acting, facts = self.acting(seat), self.oracle.alerts[pk]
        with acting_for(acting):
            alerts.cancel_alert(acting, self.alert(acting, pk), reason="All clear")
        facts.version, facts.state = facts.version + 1, "cancelled"
        for one in facts.told:
            one.is_open = False
        row = Shared(facts.owner, facts.circle, facts.persons)
        self._compare(entries=[("alert.cancelled", pk, row)], messages=[(pk, facts.version)])

    def acknowledge(self, seat: Seat, pk: UUID) -> None:
        acting, facts = self.acting(seat), self.oracle.alerts[pk]
        with acting_for(acting):
            alerts.acknowledge_alert(acting, self.alert(acting, pk))
        mine = max((one for one in facts.told if one.recipient == seat[1] and one.is_open), key=lambda one: one.version)
        mine.is_acknowledged, mine.is_open = True, False
        parties = {one for one in (seat[1], mine.sender, self.oracle.coordinator_of(facts.circle)) if one}  # who coordinates today
        circle = self._circle(Circle("named", owner=seat[1], named=frozenset(parties)))
        self._compare(entries=[("alert.acknowledged", pk, Shared(seat[1], circle, facts.persons))])

    def set_level(self, seat: Seat, level: int) -> None:
        acting = replace(self.acting(seat), second_factor_at=timezone.now())
        with acting_for(acting):
            change = set_security_level(acting, level=level, reason="A test of the level")
        circle = self._circle(Circle("region", self.oracle.regions_of(seat[1])[0]), seat[1])
        row = self.oracle.shared["level", change.pk] = Shared(seat[1], circle)
        reached = [one for one in self.oracle.reach_of(circle) if one not in self.oracle.inactive and one != seat[1]]
        told = [Told(seat[1], one, self.oracle.coordinator_of(circle), None, 1) for one in reached]
        self._compare(entries=[("level.changed", change.pk, row)], told=(change.pk, told))

    # What appeared

    def _compare(
        self,
        *,
        entries: Sequence[tuple[str, UUID, Shared]] = (),
        messages: Iterable[tuple[UUID, int]] = (),
        told: tuple[UUID, Sequence[Told]] | None = None,
    ) -> None:
        self._compare_entries(entries)
        self._compare_messages(messages)
        self._compare_deliveries(*(told or (None, ())))
        self._compare_audiences()

    def _compare_entries(self, expected: Sequence[tuple[str, UUID, Shared]]) -> None:
        rows = _rows("SELECT id, verb, object_id, owner_id FROM journal_entry WHERE owner_id = ANY(%s::uuid[])", [list(self.organisations)])
        new = [row for row in rows if row[0] not in self.entries]
        wanted = [(verb, pk, row.owner) for verb, pk, row in expected]
        assert Counter(row[1:] for row in new) == Counter(wanted), "other entries were written than were due"
        rows_of = {(verb, pk, row.owner): row for verb, pk, row in expected}
        for pk, *about in new:
            self.entries.add(pk)
            self.oracle.shared["entry", pk] = rows_of[tuple(about)]  # type: ignore[index]

    def _compare_messages(self, expected: Iterable[tuple[UUID, int]]) -> None:
        for alert, version in expected:
            [(pk,)] = _rows("SELECT id FROM incidents_alertmessage WHERE alert_id = %s AND version = %s", [str(alert), version])
            facts = self.oracle.alerts[alert]
            self.oracle.shared["message", pk] = Shared(facts.owner, facts.circle, facts.persons)

    def _compare_deliveries(self, alert: UUID | None, expected: Sequence[Told]) -> None:
        found = _rows(
            "SELECT id, recipient_id, version FROM delivery_delivery WHERE sender_id = ANY(%s::uuid[]) AND NOT id = ANY(%s::uuid[])",
            [list(self.organisations), list(self.oracle.deliveries)],
        )
        by_recipient = {(one.recipient, one.version): one for one in expected}
        called = {(self.names[recipient], version) for _pk, recipient, version in found}
        assert called == {(self.names[recipient], version) for recipient, version in by_recipient}, (
            f"others were told of {alert} than were due"
        )
        for pk, recipient, version in found:
            self.oracle.deliveries[pk] = by_recipient[recipient, version]

    def _compare_audiences(self) -> None:
        found = _rows(
            "SELECT key, id FROM access_audience WHERE owner_id = ANY(%s::uuid[]) OR region_id = ANY(%s::uuid[])",
            [list(self.organisations), list(self.regions)],
        )
        self.audiences = dict(found)
        assert set(self.audiences) == {circle.key for circle in self.oracle.circles}


def _rows(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    """As the system role, which sees all."""
    with connections["system"].cursor() as cursor:
        cursor.execute(sql, [[str(one) for one in value] if isinstance(value, list) else value for value in parameters])
        return list(cursor.fetchall())
