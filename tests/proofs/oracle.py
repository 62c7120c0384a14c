"""Who may see what, in plain Python, written from access.md and domain.md §7 and from nothing else.

It knows no SQL, no grant and no policy: only who belongs where, what was told to whom, and the rules in words.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

PORT, BODY = "port", "coordination_body"
RULES = ("region_ports", "region", "linked_regions")
NAMED_ONLY, UP_TO_PORTS = {"own", "named"}, {"own", "named", "region_ports"}
# domain.md §7: an audience wider than the label allows is refused.
ALLOWED = {"RED": NAMED_ONLY, "AMBER+STRICT": NAMED_ONLY, "AMBER": UP_TO_PORTS}
EVERY_KIND = ("own", "named", *RULES)
EVERY_LABEL = ("RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR")

Thing = tuple[str, UUID]  # ("alert", its id)


def allows(label: str, kind: str) -> bool:
    return kind in ALLOWED.get(label, EVERY_KIND)


@dataclass(frozen=True)
class Circle:
    """An audience. `owner` is who stays in it whatever the region does; `named` counts for the kind "named" only."""

    kind: str
    region: UUID | None = None
    owner: UUID | None = None
    named: frozenset[UUID] = frozenset()

    @property
    def key(self) -> str:
        """As the documentation of `Audience` gives it."""
        if self.kind == "own":
            return f"own:{self.owner}"
        if self.kind == "named":
            ids = ",".join(sorted(str(one) for one in self.named))
            return f"named:{self.owner}:{hashlib.sha256(ids.encode()).hexdigest()}"
        prefix = {"region_ports": "ports", "region": "region", "linked_regions": "linked"}[self.kind]
        return f"{prefix}:{self.region}" + (f"+{self.owner}" if self.owner else "")


@dataclass
class Region:
    """`joined` keeps the order in which the organisations came."""

    linked: set[UUID] = field(default_factory=set)
    joined: list[UUID] = field(default_factory=list)
    coordinator_sees: bool = True


@dataclass(frozen=True)
class Shared:
    """A record, or a row that carries its record's audience. `persons` narrows TLP:RED."""

    owner: UUID
    circle: Circle
    persons: frozenset[UUID] | None = None


@dataclass
class Told:
    """A delivery: seen by sender, recipient and coordinator, never by another recipient."""

    sender: UUID
    recipient: UUID
    coordinator: UUID | None
    persons: frozenset[UUID] | None
    version: int
    is_acknowledged: bool = False
    is_open: bool = True


@dataclass
class AlertFacts:
    owner: UUID
    circle: Circle
    persons: frozenset[UUID] | None = None
    state: str = "active"
    version: int = 1
    told: list[Told] = field(default_factory=list)  # of all versions


@dataclass
class Oracle:
    kinds: dict[UUID, str] = field(default_factory=dict)  # of organisations
    inactive: set[UUID] = field(default_factory=set)
    regions: dict[UUID, Region] = field(default_factory=dict)
    members: set[tuple[UUID, UUID]] = field(default_factory=set)  # (user, organisation)
    circles: set[Circle] = field(default_factory=set)
    addressed: set[tuple[UUID, Circle]] = field(default_factory=set)  # by which organisation
    alerts: dict[UUID, AlertFacts] = field(default_factory=dict)
    shared: dict[Thing, Shared] = field(default_factory=dict)
    deliveries: dict[UUID, Told] = field(default_factory=dict)

    # Who belongs where

    def regions_of(self, organisation: UUID) -> list[UUID]:
        return [pk for pk, region in self.regions.items() if organisation in region.joined]

    def reach_of(self, circle: Circle) -> set[UUID]:
        """Who is in the audience today."""
        if circle.kind == "own":
            return {circle.owner} if circle.owner else set()
        if circle.kind == "named":
            return set(circle.named)
        assert circle.region is not None
        around = {circle.region} | (self.regions[circle.region].linked if circle.kind == "linked_regions" else set())
        inside = {one for pk in around for one in self.regions[pk].joined}
        if circle.kind == "region_ports":
            inside = {one for one in inside if self.kinds[one] == PORT}
        return inside | ({circle.owner} if circle.owner else set())

    def knows(self, organisation: UUID) -> set[UUID]:
        """Whom an organisation knows to exist: who shares a region with it, or is in a linked one."""
        own = set(self.regions_of(organisation))
        around = own | {linked for pk in own for linked in self.regions[pk].linked}
        return {organisation} | {one for pk in around for one in self.regions[pk].joined if one not in self.inactive}

    def circle_for(self, sender: UUID, kind: str, region: UUID | None, named: Iterable[UUID]) -> Circle:
        """The sender is always in its own audience: a rule that does not mean it gets it as owner."""
        if kind == "own":
            return Circle("own", owner=sender)
        if kind == "named":
            return Circle("named", owner=sender, named=frozenset({sender, *named}))
        rule = Circle(kind, region)
        return rule if sender in self.reach_of(rule) else Circle(kind, region, owner=sender)

    def coordinator_of(self, circle: Circle) -> UUID | None:
        """Of the audience's region, where the region lets it see deliveries and it is itself addressed."""
        if circle.region is None or not self.regions[circle.region].coordinator_sees:
            return None
        bodies = [one for one in self.regions[circle.region].joined if self.kinds[one] == BODY and one not in self.inactive]
        return next((one for one in bodies if one in self.reach_of(circle)), None)

    def recipients_of(self, alert: AlertFacts) -> set[UUID]:
        """Each active organisation of the audience but the sender; of TLP:RED those of the named persons."""
        found = {one for one in self.reach_of(alert.circle) if one not in self.inactive and one != alert.owner}
        if alert.persons is None:
            return found
        return {one for one in found if any((person, one) in self.members for person in alert.persons)}

    # Who sees what

    def may_act(self, user: UUID, organisation: UUID) -> bool:
        return (user, organisation) in self.members and organisation not in self.inactive

    def sees(self, user: UUID, organisation: UUID, row: Shared) -> bool:
        if row.persons is not None and user not in row.persons:
            return False
        return row.owner == organisation or organisation in self.reach_of(row.circle)

    def visible(self, user: UUID, organisation: UUID) -> set[Thing]:
        """Everything that this person sees while acting for this organisation, audiences left out."""
        if not self.may_act(user, organisation):
            return set()
        rows = {thing for thing, row in self.shared.items() if self.sees(user, organisation, row)}
        told = {
            ("delivery", pk)
            for pk, one in self.deliveries.items()
            if organisation in {one.sender, one.recipient, one.coordinator} and (one.persons is None or user in one.persons)
        }
        return rows | told

    def audiences(self, user: UUID, organisation: UUID) -> set[str]:
        """The keys of the audiences that this person sees."""
        if not self.may_act(user, organisation):
            return set()
        return {circle.key for circle in self.circles if organisation in self.reach_of(circle)}

    def audiences_to_name(self, user: UUID, organisation: UUID) -> set[str]:
        """And of those whose name it may read: what it has addressed itself, also after it left the region."""
        if not self.may_act(user, organisation):
            return set()
        return self.audiences(user, organisation) | {circle.key for one, circle in self.addressed if one == organisation}
