"""The verbs of port facilities: added, edited and closed by their port."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ports.models import CargoType, PortFacility
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.audiences import AudienceWish, resolve_audience
from portsec.access.models import Organisation
from portsec.journal.actions import record
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

CONTENT = ("name", "imo_number", "cargo_types", "plan_approved_on", "attain_hours")


def add_facility(acting: Acting, *, region: UUID | None = None, **content: Any) -> PortFacility:
    """A facility of the acting port, known to its region. `content` may hold the fields of CONTENT; `region` only where
    the port is in several. Raises Refused, NotAllowedError."""
    require_port(acting)
    facility = PortFacility(owner=acting.organisation, **content)
    _check(facility)
    with transaction.atomic():
        facility.audience = resolve_audience(acting, AudienceWish("region", region))
        _save(acting, facility)
        summary = _("%(port)s added the facility %(facility)s") % _names(acting, facility)
        record(acting, "facility.added", facility, summary, after=content_of(facility))
    return facility


def edit_facility(acting: Acting, facility: PortFacility, *, version: int | None = None, **content: Any) -> PortFacility:
    """Changes what is known of it. `version` is the one that the person saw: Conflict where another one came meanwhile."""
    _require_owner(acting, facility)
    before = content_of(facility)
    for name, value in content.items():
        setattr(facility, name, value)
    _check(facility)
    with transaction.atomic():
        _claim(acting, facility, version)
        _save(acting, facility)
        summary = _("%(port)s changed the facility %(facility)s") % _names(acting, facility)
        record(acting, "facility.edited", facility, summary, before=before, after=content_of(facility))
    return facility


def close_facility(acting: Acting, facility: PortFacility) -> PortFacility:
    """No clock starts for it any more; its history stays. Raises Conflict where it is closed already."""
    _require_owner(acting, facility)
    with transaction.atomic():
        _claim(acting, facility, None)
        facility.is_active = False
        facility.save()
        summary = _("%(port)s closed the facility %(facility)s") % _names(acting, facility)
        record(acting, "facility.closed", facility, summary, before={"is_active": True}, after={"is_active": False})
    return facility


def content_of(facility: PortFacility) -> dict[str, Any]:
    return {name: getattr(facility, name) for name in CONTENT}


def require_port(acting: Acting) -> None:
    acting.require("facility.keep")
    if acting.organisation.kind != Organisation.Kind.PORT:
        raise NotAllowedError(_("%s is no port: only ports have port facilities.") % acting.organisation.name, code="not_a_port")


def _require_owner(acting: Acting, facility: PortFacility) -> None:
    acting.require("facility.keep")
    if facility.owner_id != acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change this facility.") % facility.owner.name, code="not_owner")


def _check(facility: PortFacility) -> None:
    """Each kind of cargo once, in the order of the list, whatever order it came in."""
    check_fields(facility, exclude=["owner", "audience"])
    facility.cargo_types = [one for one in CargoType.values if one in facility.cargo_types]


def _save(acting: Acting, facility: PortFacility) -> None:
    """The database decides whether the number is free: two hands may write the same one at once."""
    try:
        with transaction.atomic():
            facility.save()
    except IntegrityError as error:
        same = PortFacility.objects.editable_by(acting).filter(imo_number=facility.imo_number).exclude(pk=facility.pk).first()
        told = _("%(number)s is %(name)s already. Give this facility its own number.")
        names = {"number": facility.imo_number, "name": same.name if same else _("another facility")}
        raise Refused(Fault("imo_number", told % names, "taken")) from error


def _claim(acting: Acting, facility: PortFacility, version: int | None) -> None:
    """The conditional change that lets one of two hands win."""
    seen = facility.version if version is None else version
    mine = PortFacility.objects.editable_by(acting).filter(pk=facility.pk, version=seen, is_active=True)
    if not mine.update(version=seen + 1):
        raise Conflict(_("This facility has been changed or closed meanwhile. Read it again, then decide."))
    facility.version = seen + 1


def _names(acting: Acting, facility: PortFacility) -> dict[str, str]:
    return {"port": acting.organisation.name, "facility": str(facility)}
