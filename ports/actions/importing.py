"""Bringing ports into a region from a file: first looked at, then all at once or not at all."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple

from django.db import IntegrityError
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ports.importing import Line, Plan, make_plan, read_lines, read_text
from ports.models import PortImport, PortProfile
from ports.models.port_import import KEPT
from portsec.access.acting import Acting, as_system
from portsec.access.actions.organisations import NewOrganisation, create_organisations, hold_rules, join_many
from portsec.access.coordination import bodies_of, require_coordinated
from portsec.access.models import Organisation, Region, User
from portsec.access.time_zones import check_time_zone
from portsec.journal.actions import record_of
from portsec.problems import Conflict, Fault, Refused

Counts = tuple[int, int, int]


def look_at_ports(acting: Acting, region: Region, *, data: bytes, file_name: str, time_zone: str, encoding: str = "") -> PortImport:
    """Reads the file and keeps it until it is confirmed; brings nothing in. Raises Refused naming `file`, `encoding` or `time_zone`."""
    require_coordinated(acting, "port.import", region)
    check_time_zone(time_zone)
    text, found = read_text(data, encoding)
    reading = read_lines(text)
    PortImport.objects.filter(organisation=acting.organisation, created_at__lt=timezone.now() - KEPT).delete()
    return PortImport.objects.create(
        organisation=acting.organisation,
        region=region,
        made_by=acting.user,
        file_name=_printable(file_name),
        encoding=found,
        delimiter=reading.delimiter,
        time_zone=time_zone,
        lines=[astuple(line) for line in reading.lines],
    )


def planned(asked: PortImport) -> Plan:
    """What it would do as things stand now."""
    return make_plan(asked.region, _lines_of(asked), time_zone=asked.time_zone)


def import_ports(acting: Acting, asked: PortImport, *, agreed: Counts, skip_bad_rows: bool = False) -> Plan:
    """Brings the new ports in. `agreed` are the counts that the person saw: Conflict where things have changed meanwhile.

    Raises Refused where lines are refused and `skip_bad_rows` is not said.
    """
    require_coordinated(acting, "port.import", asked.region)
    if not PortImport.objects.waiting(acting).filter(pk=asked.pk).exists():
        raise Conflict(_("This file has been imported already, or a day has passed. Choose it again to see what is left."))
    plan = _bring_in(
        asked.region,
        _lines_of(asked),
        time_zone=asked.time_zone,
        skip_bad_rows=skip_bad_rows,
        agreed=agreed,
        actor=acting.user,
        told=[acting.organisation],
    )
    PortImport.objects.waiting(acting).filter(pk=asked.pk).update(finished_at=timezone.now(), lines=[])
    return plan


def discard_import(acting: Acting, asked: PortImport) -> None:
    """Nothing of the file was or will be brought in; one that was confirmed meanwhile stays as it is."""
    require_coordinated(acting, "port.import", asked.region)
    PortImport.objects.waiting(acting).filter(pk=asked.pk).delete()


def import_as_operator(region: Region, lines: Sequence[Line], *, time_zone: str, skip_bad_rows: bool = False) -> Plan:
    """As `import_ports`, from the command line; the region's coordination bodies find it in their audit log."""
    check_time_zone(time_zone)
    return _bring_in(region, lines, time_zone=time_zone, skip_bad_rows=skip_bad_rows, told=bodies_of(region))


def add_port(acting: Acting, region: Region, *, name: str, unlocode: str, latitude: str, longitude: str, time_zone: str) -> Organisation:
    """One port by hand, held to the same rules. Raises Refused naming the field, also where it is in the region already."""
    require_coordinated(acting, "port.import", region)
    check_time_zone(time_zone)
    line = Line(1, name, unlocode, latitude, longitude)
    plan = make_plan(region, [line], time_zone=time_zone)
    if plan.refused:
        raise Refused(*plan.refused[0].faults)
    if plan.known:
        raise Refused(Fault("unlocode", _("%s is in this region already.") % plan.known[0].profile.unlocode, "member_already"))
    if plan.renamed:
        raise Refused(Fault("name", _("This name is taken. Choose another, as “%s”.") % plan.new[0].organisation.name, "taken"))
    done = _bring_in(
        region, [line], time_zone=time_zone, skip_bad_rows=False, agreed=(1, 0, 0), actor=acting.user, told=[acting.organisation]
    )
    return done.new[0].profile.organisation


def _bring_in(
    region: Region,
    lines: Sequence[Line],
    *,
    time_zone: str,
    skip_bad_rows: bool,
    agreed: Counts | None = None,
    actor: User | None = None,
    told: Iterable[Organisation],
) -> Plan:
    """The plan is made again under the lock, so that of two who confirm at once the second sees what the first did."""
    try:
        with as_system("ports of a file: organisations that do not exist yet"):
            hold_rules()
            plan = make_plan(region, lines, time_zone=time_zone)
            if agreed is not None and plan.counts != agreed:
                raise Conflict(_("Something changed since you looked: the numbers below are new. Read them, then decide again."))
            if plan.refused and not skip_bad_rows:
                raise Refused(_lines_refused(plan))
            _write(region, plan)
            for body in told:
                _record(body, region, plan, actor, time_zone)
    except IntegrityError as error:  # an organisation of that name was made outside of any import, at the same moment
        raise Conflict(_("A name or UN/LOCODE was taken meanwhile. Nothing was imported; look at the numbers below again.")) from error
    return plan


def _write(region: Region, plan: Plan) -> None:
    wanted = [NewOrganisation(one.organisation.name, one.organisation.kind, one.organisation.time_zone) for one in plan.new]
    made = create_organisations(wanted)
    last = PortProfile.objects.filter(organisation__region_memberships__region=region).aggregate(last=Max("coast_order"))["last"]
    begin = 0 if last is None else last + 1
    for place, (one, organisation) in enumerate(zip(plan.new, made, strict=True)):
        one.profile.organisation, one.profile.coast_order = organisation, begin + place
    PortProfile.objects.bulk_create([one.profile for one in plan.new], batch_size=1000)
    join_many(made, region)


def _record(body: Organisation, region: Region, plan: Plan, actor: User | None, time_zone: str) -> None:
    number = len(plan.new)
    summary = ngettext("%(number)d port was imported into %(region)s", "%(number)d ports were imported into %(region)s", number)
    after = {"region": region.name, "new": number, "known": len(plan.known), "refused": len(plan.refused), "time_zone": time_zone}
    record_of(body, "port.imported", "region", region.pk, summary % {"number": number, "region": region.name}, actor=actor, after=after)


def _lines_refused(plan: Plan) -> Fault:
    number = len(plan.refused)
    text = ngettext(
        "%d line is refused. Correct it in the file, or leave it out.",
        "%d lines are refused. Correct them in the file, or leave them out.",
        number,
    )
    return Fault("file", text % number, "lines_refused")


def _lines_of(asked: PortImport) -> list[Line]:
    return [Line(*values) for values in asked.lines]


def _printable(name: str) -> str:
    """As the browser called the file, for the page alone."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)[-120:]
