"""What a coordination body does with its regions and with the organisations in them. A region's rules decide what others see,
so each verb asks role and region first and then writes as the system."""

from django.db import IntegrityError
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, as_system
from portsec.access.actions.organisations import (
    NewOrganisation,
    create_organisations,
    hold_rules,
    join_region,
    leave_region,
    unlink_regions,
)
from portsec.access.coordination import bodies_of, coordinated_regions, require_coordinated
from portsec.access.models import Membership, Organisation, Region, RegionMembership
from portsec.access.step_up import require_for_members
from portsec.access.time_zones import check_time_zone
from portsec.journal.actions import record_access, record_of
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import plain_line

LONGEST_NAME = 120


def found_region(acting: Acting, *, name: str) -> Region:
    """A new region, which the acting body coordinates. Raises Refused naming `name`, also where it is taken, by whomever."""
    acting.require("region.manage")
    wanted = _name(name)
    try:
        with as_system("a region of a coordination body"):
            region = Region.objects.create(name=wanted)
            join_region(acting.organisation, region)
            record_of(
                acting.organisation,
                "region.created",
                "region",
                region.pk,
                f"{wanted} was set up",
                actor=acting.user,
                after={"name": wanted},
            )
    except IntegrityError as error:
        raise Refused(_taken()) from error
    return region


def edit_region(acting: Acting, region: Region, *, name: str, coordinator_sees_deliveries: bool) -> None:
    """Raises Refused naming `name`. Its coordination bodies find the change in their audit log."""
    require_coordinated(acting, "region.manage", region)
    wanted = {"name": _name(name), "coordinator_sees_deliveries": coordinator_sees_deliveries}
    try:
        with as_system("a region of a coordination body"):
            held = Region.objects.select_for_update(no_key=True).get(pk=region.pk)
            before = {key: getattr(held, key) for key in wanted}
            if before == wanted:
                return
            Region.objects.filter(pk=region.pk).update(**wanted)
            _tell_bodies(region, acting, "region.edited", f"{before['name']} was changed", before=before, after=wanted)
    except IntegrityError as error:
        raise Refused(_taken()) from error


def set_up_organisation(acting: Acting, region: Region, *, name: str, kind: str, time_zone: str) -> Organisation:
    """A new organisation in the region, without people. Raises Refused naming `name`, `kind` or `time_zone`."""
    require_coordinated(acting, "organisation.invite", region)
    if kind not in (Organisation.Kind.AGENCY, Organisation.Kind.COORDINATION_BODY):  # a port has a place: ports.actions.add_port
        raise Refused(Fault("kind", _("Choose agency or coordination body. Ports are added with their position."), "invalid_choice"))
    check_time_zone(time_zone)
    wanted = NewOrganisation(_name(name), kind, time_zone)
    try:
        with as_system("a new organisation in a region"):
            (organisation,) = create_organisations([wanted])
            join_region(organisation, region)
            _tell_bodies(
                region, acting, "organisation.added", f"{organisation.name} was added to {region.name}", after={"name": organisation.name}
            )
    except IntegrityError as error:
        raise Refused(_taken()) from error
    return organisation


def remove_from_region(acting: Acting, region: Region, organisation: Organisation) -> None:
    """It loses sight of the region's records at once, but for its own. Asks for the second factor.

    Raises Conflict where it is not in the region, or is the last that coordinates it.
    """
    require_coordinated(acting, "organisation.invite", region)
    require_for_members(acting)
    with as_system("membership of a region and its grants"):
        hold_rules()
        if not RegionMembership.objects.filter(region=region, organisation=organisation).exists():
            raise Conflict(_("%(name)s is not in %(region)s any more.") % {"name": organisation.name, "region": region.name})
        if list(bodies_of(region)) == [organisation]:
            raise Conflict(_("%s is the last that coordinates this region. Bring another coordination body in first.") % organisation.name)
        leave_region(organisation, region)
        _tell_bodies(region, acting, "organisation.removed", f"{organisation.name} was removed from {region.name}", after={})


def unlink_region(acting: Acting, region: Region, other: Region) -> None:
    """Either side may end a link, at once. Raises Conflict where they are not linked."""
    require_coordinated(acting, "region.manage", region)
    with as_system("a region of a coordination body"):
        if not unlink_regions(region, other):
            raise Conflict(_("%(one)s and %(other)s are not linked any more.") % {"one": region.name, "other": other.name})
        for side, away in ((region, other), (other, region)):
            _tell_bodies(side, acting, "region.unlinked", f"{side.name} and {away.name} are no longer linked", after={"other": away.name})


def close_organisation(acting: Acting, organisation: Organisation) -> None:
    """Nobody acts for it from now on; its records stay. Asks for the second factor. Raises Conflict where it is closed already."""
    _require_all_regions(acting, organisation)
    _set_open(acting, organisation, False)


def reopen_organisation(acting: Acting, organisation: Organisation) -> None:
    """Its people act for it again, and have lost nothing. Raises Conflict where it is open."""
    _require_all_regions(acting, organisation)
    _set_open(acting, organisation, True)


def may_close(acting: Acting, organisation: Organisation) -> bool:
    """Who coordinates each of its regions; never one's own."""
    homes = set(organisation.regions.values_list("pk", flat=True))
    ours = set(coordinated_regions(acting).values_list("pk", flat=True))
    return bool(homes) and homes <= ours and organisation.pk != acting.organisation.pk


def is_vacant(organisation: Organisation) -> bool:
    """Nobody has ever belonged to it: only then may a coordinator say who its first administrator is."""
    return not Membership.objects.filter(organisation=organisation, user__is_service=False).exists()


def _require_all_regions(acting: Acting, organisation: Organisation) -> None:
    acting.require("organisation.invite")
    require_for_members(acting)
    if not may_close(acting, organisation):
        raise Conflict(_("%s is also in a region that you do not coordinate. Remove it from yours instead.") % organisation.name)


def _set_open(acting: Acting, organisation: Organisation, is_open: bool) -> None:
    done = _("reopened") if is_open else _("closed")
    with as_system("an organisation is closed, or opened again"):
        if not Organisation.objects.filter(pk=organisation.pk, is_active=not is_open).update(is_active=is_open):
            raise Conflict(_("%(name)s is %(state)s already.") % {"name": organisation.name, "state": done})
        verb = "organisation.reopened" if is_open else "organisation.closed"
        summary = f"{organisation.name} was {'reopened' if is_open else 'closed'}"
        record_access(verb, organisation, [], summary, actor=acting.user)
        record_of(acting.organisation, verb, "organisation", organisation.pk, summary, actor=acting.user, after={"is_active": is_open})


def _tell_bodies(
    region: Region, acting: Acting, verb: str, summary: str, *, before: dict[str, object] | None = None, after: dict[str, object]
) -> None:
    """In the audit log of each body that coordinates the region. Who did it is named to the body for which it was done alone."""
    for body in bodies_of(region):
        actor = acting.user if body.pk == acting.organisation.pk else None
        record_of(body, verb, "region", region.pk, summary, actor=actor, before=before, after=after)


def _name(text: str) -> str:
    name = plain_line("name", text)
    if not name:
        raise Refused(Fault("name", _("Write a name."), "required"))
    if len(name) > LONGEST_NAME:
        raise Refused(Fault("name", _("This name is longer than %d letters. Shorten it.") % LONGEST_NAME, "max_length"))
    return name


def _taken() -> Fault:
    """Never by whom: it may be somebody whom the asker does not see."""
    return Fault("name", _("This name is taken. Choose another."), "taken")
