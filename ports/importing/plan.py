"""What an import would do to a region: which lines become ports, which are there already, which are refused and why."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from ports.importing.checks import as_port
from ports.importing.lines import Line
from ports.models import PortProfile
from portsec.access.models import Organisation, Region
from portsec.problems import Fault, Refused


@dataclass(frozen=True)
class New:
    """`organisation` and `profile` are not saved; the name may carry the country or the code, where the file's own is not unique."""

    line: Line
    organisation: Organisation
    profile: PortProfile

    @property
    def is_renamed(self) -> bool:
        return self.organisation.name != " ".join(self.line.name.split())


@dataclass(frozen=True)
class Known:
    line: Line
    profile: PortProfile


@dataclass(frozen=True)
class RefusedLine:
    line: Line
    faults: Sequence[Fault]


@dataclass(frozen=True)
class Plan:
    """In the order of the coast. `counts` is what a person agrees to."""

    new: Sequence[New] = field(default=())
    known: Sequence[Known] = field(default=())
    refused: Sequence[RefusedLine] = field(default=())

    @property
    def counts(self) -> tuple[int, int, int]:
        return len(self.new), len(self.known), len(self.refused)

    @property
    def renamed(self) -> list[New]:
        return [one for one in self.new if one.is_renamed]


def make_plan(region: Region, lines: Sequence[Line], *, time_zone: str) -> Plan:
    """3 queries, however many lines. Of a port elsewhere it says that its code is taken, never by whom."""
    refused: list[RefusedLine] = []
    sound = _unless_doubled(_checked(lines, time_zone, refused), refused)
    held = {one.unlocode: one for one in PortProfile.objects.filter(unlocode__in=[one.profile.unlocode for one in sound])}
    here = set(region.memberships.filter(organisation__port__isnull=False).values_list("organisation", flat=True))
    known = [Known(one.line, held[one.profile.unlocode]) for one in sound if _is_among(one, held, here)]
    fresh = _unless_taken([one for one in sound if not _is_among(one, held, here)], held, refused)
    return Plan(_named_apart(fresh, refused), known, sorted(refused, key=lambda one: one.line.number))


def _is_among(one: New, held: dict[str, PortProfile], here: set[UUID]) -> bool:
    profile = held.get(one.profile.unlocode)
    return profile is not None and profile.pk in here


def _checked(lines: Iterable[Line], time_zone: str, refused: list[RefusedLine]) -> list[New]:
    found = []
    for line in lines:
        try:
            found.append(New(line, *as_port(line, time_zone)))
        except Refused as error:
            refused.append(RefusedLine(line, error.faults))
    return found


def _unless_doubled(found: Sequence[New], refused: list[RefusedLine]) -> list[New]:
    """A code that stands twice is refused twice: which of the two is right, nobody can know here."""
    lines = defaultdict(list)
    for one in found:
        lines[one.profile.unlocode].append(one.line.number)
    for one in found:
        others = [str(number) for number in lines[one.profile.unlocode] if number != one.line.number]
        if others:
            text = _("%(code)s stands in line %(lines)s, too. Keep it where it is right, and correct or remove the others.")
            told = text % {"code": one.profile.unlocode, "lines": ", ".join(others[:5])}
            refused.append(RefusedLine(one.line, [Fault("unlocode", told, "double")]))
    return [one for one in found if len(lines[one.profile.unlocode]) == 1]


def _unless_taken(found: Sequence[New], held: dict[str, PortProfile], refused: list[RefusedLine]) -> list[New]:
    for one in found:
        if one.profile.unlocode in held:
            text = _("%s is taken by a port outside of this region. Propose the membership to it instead, on the region's page.")
            refused.append(RefusedLine(one.line, [Fault("unlocode", text % one.profile.unlocode, "taken")]))
    return [one for one in found if one.profile.unlocode not in held]


def _named_apart(found: Sequence[New], refused: list[RefusedLine]) -> list[New]:
    """A name that is not unique gets its country, and where that is not enough its code: "Newport (GBNPO)"."""
    taken = _taken_names(found)
    names = Counter(one.organisation.name.casefold() for one in found)
    both = Counter(_with_country(one).casefold() for one in found)
    for one in found:
        plain, wider = one.organisation.name, _with_country(one)
        if names[plain.casefold()] == 1 and plain.casefold() not in taken:
            continue
        is_enough = wider != plain and both[wider.casefold()] == 1 and wider.casefold() not in taken | names.keys()
        one.organisation.name = wider if is_enough else _with_code(one)
    final = Counter(one.organisation.name.casefold() for one in found)
    blocked = [one for one in found if one.organisation.name.casefold() in taken or final[one.organisation.name.casefold()] > 1]
    for one in blocked:
        text = _("The name “%s” is taken, with its code, too. Write another name.")
        refused.append(RefusedLine(one.line, [Fault("name", text % one.organisation.name, "taken")]))
    numbers = {one.line.number for one in blocked}
    return [one for one in found if one.line.number not in numbers]


def _with_code(one: New) -> str:
    return f"{one.organisation.name} ({one.profile.unlocode})"


def _with_country(one: New) -> str:
    country = " ".join(one.line.country.split())
    wider = f"{one.organisation.name} ({country})"
    return wider if country and len(wider) <= 120 else one.organisation.name


def _taken_names(found: Sequence[New]) -> set[str]:
    """Of all that the lines could be called, in any letters, what an organisation of whatever kind is called already. 1 query."""
    wanted = [
        name for one in found for name in (one.organisation.name, _with_country(one), f"{one.organisation.name} ({one.profile.unlocode})")
    ]
    held = Organisation.objects.annotate(low=Lower("name")).filter(low__in={name.lower() for name in wanted})
    return {name.casefold() for name in held.values_list("name", flat=True)}
