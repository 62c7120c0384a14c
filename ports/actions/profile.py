"""What a port tells of itself: its clock, its place, its cargo, the layout of its grounds."""

from math import isfinite
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.models import CargoType, PortDescription, PortProfile
from portsec.access.acting import Acting, NotAllowedError, current_alias
from portsec.access.audiences import AudienceWish, resolve_audience
from portsec.access.models import Audience, Organisation
from portsec.access.text import with_plain_breaks
from portsec.journal.actions import record
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

PLACE = ("unlocode", "latitude", "longitude")
TOLD = ("cargo_types", "layout_notes")


def keep_profile(acting: Acting, *, version: int | None = None, region: UUID | None = None, **content: Any) -> PortProfile:
    """Changes the acting port's profile: `time_zone` and the fields of PLACE and TOLD, those that are given.

    `version` is the one that the person saw, 0 where nothing had been kept: Conflict where another one came meanwhile. What is
    TOLD is for the port's region, and `region` says which, once, where it is in several. Raises Refused, NotAllowedError.
    """
    require_port(acting, "profile.keep")
    port = PortProfile.objects.visible_to(acting).select_related("organisation").get(pk=acting.organisation.pk)
    description = description_of(acting) or PortDescription(owner=acting.organisation, version=0)
    before = content_of(port, description)
    _set(port, description, content)
    after = content_of(port, description)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        with transaction.atomic():
            _claim(acting, description, description.version if version is None else version, region)
            _write_place(port)
            summary = _("%s changed its profile") % acting.organisation.name
            old, new = ({name: values[name] for name in changed} for values in (before, after))
            record(acting, "profile.kept", description, summary, before=old, after=new)
    return port


def require_port(acting: Acting, verb: str) -> None:
    acting.require(verb)
    if acting.organisation.kind != Organisation.Kind.PORT:
        raise NotAllowedError(_("%s is no port: this is for ports.") % acting.organisation.name, code="not_a_port")


def description_of(acting: Acting) -> PortDescription | None:
    found: PortDescription | None = PortDescription.objects.editable_by(acting).first()
    return found


def content_of(port: PortProfile, description: PortDescription) -> dict[str, Any]:
    place = {name: getattr(port, name) for name in PLACE}
    return {"time_zone": port.organisation.time_zone, **place, **{name: getattr(description, name) for name in TOLD}}


def _set(port: PortProfile, description: PortDescription, content: dict[str, Any]) -> None:
    """Takes the values over, each in its one form; raises Refused naming each that cannot stand."""
    for name, value in content.items():
        owner = port.organisation if name == "time_zone" else port if name in PLACE else description
        setattr(owner, name, value)
    faults = [*_place_faults(port), *_zone_faults(port.organisation.time_zone)]
    if faults:
        raise Refused(*faults)
    check_fields(port, exclude=["organisation", "coast_order"])
    description.layout_notes = with_plain_breaks(description.layout_notes)
    check_fields(description, exclude=["owner", "audience", "changed_by"])
    description.cargo_types = [one for one in CargoType.values if one in description.cargo_types]


def _place_faults(port: PortProfile) -> list[Fault]:
    """What the field rules let through: what is no number, and the middle of the sea that an empty position turns into."""
    told = _("Give a number of degrees, as 54.35.")
    faults = [Fault(name, told, "invalid") for name in ("latitude", "longitude") if not isfinite(getattr(port, name))]
    if (port.latitude, port.longitude) == (0, 0):
        faults.append(Fault("latitude", _("0, 0 lies in the open Atlantic. Give the position of the port."), "impossible"))
    return faults


def _zone_faults(zone: str) -> list[Fault]:
    if zone in available_timezones():
        return []
    return [Fault("time_zone", _("No such time zone. Write it as the IANA list does: Europe/Warsaw."), "unknown")]


def _claim(acting: Acting, description: PortDescription, seen: int, region: UUID | None) -> None:
    """The conditional change that lets one of two hands win; of two first ones too."""
    description.changed_at, description.changed_by = timezone.now(), acting.user
    if description.version == 0:
        description.audience = _audience(acting, region)
    taken = seen != description.version
    if not taken and description.version:
        mine = PortDescription.objects.editable_by(acting).filter(pk=description.pk, version=seen)
        taken = not mine.update(version=seen + 1)
    description.version = seen + 1
    if taken or not _saved(description):
        raise Conflict(_("This profile has been changed meanwhile. Read it again, then decide."))


def _saved(description: PortDescription) -> bool:
    try:
        with transaction.atomic():
            description.save()
    except IntegrityError:
        return False
    return True


def _audience(acting: Acting, region: UUID | None) -> Audience:
    try:
        return resolve_audience(acting, AudienceWish("region", region))
    except Refused as refused:
        raise Refused(*(Fault("region", fault.detail, fault.code) for fault in refused.faults)) from refused


def _write_place(port: PortProfile) -> None:
    """The database writes the acting port's row and no other (`app_keep_port`). Whose the UN/LOCODE is else, it does not say."""
    try:
        with transaction.atomic(), connections[current_alias()].cursor() as cursor:
            values: list[str | float] = [port.unlocode, port.latitude, port.longitude, port.organisation.time_zone]
            cursor.execute("SELECT app_keep_port(%s, %s, %s, %s)", values)
    except IntegrityError as error:
        raise Refused(Fault("unlocode", _("This UN/LOCODE is taken."), "taken")) from error
