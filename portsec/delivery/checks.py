"""Communications checks: sending one, confirming by the link of a message, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, NotAllowedError, as_system, current_alias
from portsec.access.locks import one_at_a_time
from portsec.access.models import Organisation, Region
from portsec.access.service import acting_as_service
from portsec.delivery.models import CheckedContact, CommunicationsCheck, Endpoint
from portsec.delivery.policies import coordinated_regions
from portsec.journal.actions import record_own
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=24)
Reached = Callable[[Acting, UUID], None]  # the organisation, its contact point
_reached: list[Reached] = []


def register_reached(note: Reached) -> None:
    """Who keeps contact points is told here which of them has answered. Raises nothing that would undo the confirmation."""
    _reached[:] = [note]


def may_be_asked(acting: Acting, region: Region | None) -> list[Organisation]:
    """Whose contacts a check may ask: one's own, or those of the region's members. 1 query."""
    if region is None:
        return [acting.organisation]
    return list(Organisation.objects.filter(region_memberships__region=region, is_active=True).order_by("name"))


def start_check(
    acting: Acting,
    *,
    region: Region | None,
    organisations: Sequence[UUID],
    lasts: timedelta,
    is_drill: bool = False,
    remark: str = "",
) -> CommunicationsCheck:
    """Sends to every contact of the chosen organisations, once. Raises Refused, NotAllowedError, and Conflict while one runs."""
    acting.require("check.start")
    _check_region(acting, region)
    if not SHORTEST <= lasts <= LONGEST:
        raise Refused(Fault("lasts", _("Choose between 10 minutes and 24 hours."), "out_of_range"))
    asked = _check_organisations(acting, region, organisations)
    now = timezone.now()
    made = CommunicationsCheck(organisation=acting.organisation, region=region, is_drill=is_drill, remark=remark, started_at=now)
    made.started_by, made.ends_at = acting.user, now + lasts
    check_fields(made, exclude={"organisation", "region", "started_by"})
    with transaction.atomic():
        _refuse_a_second(acting)
        made.save(force_insert=True)
        if not (sent := _send(made, asked)):
            raise Refused(Fault("organisations", _("None of them has a contact that can be sent to. Add contact points first."), "nobody"))
        after = {"region": str(region.pk) if region else None, "organisations": len(asked), "contacts": sent, "is_drill": is_drill}
        said = _("%s started a communications check") % acting.organisation.name
        record_own(acting, "communications_check.started", "communications_check", made.pk, said, after=after)
    return made


def _check_region(acting: Acting, region: Region | None) -> None:
    if region is not None and region not in coordinated_regions(acting):
        raise NotAllowedError(_("Only the coordination body of %s may check its members.") % region.name, code="not_coordinator")


def _check_organisations(acting: Acting, region: Region | None, organisations: Sequence[UUID]) -> list[UUID]:
    if not organisations:
        raise Refused(Fault("organisations", _("Choose at least one organisation."), "required"))
    known = {one.pk for one in may_be_asked(acting, region)}
    unknown = _("No such organisation among those that you may check.")
    faults = [Fault(f"organisations/{number}", unknown, "unknown") for number, pk in enumerate(organisations) if pk not in known]
    if faults:
        raise Refused(*faults)
    return list(dict.fromkeys(organisations))


def _refuse_a_second(acting: Acting) -> None:
    """Two hands on one button: the second waits here, and then finds the first one's."""
    one_at_a_time(f"check {acting.organisation.pk}")
    running = CommunicationsCheck.objects.started_by_us(acting).filter(ends_at__gt=timezone.now()).first()
    if running is not None:
        raise Conflict(_("A check is running until %s. Wait for its end.") % f"{timezone.localtime(running.ends_at):%H:%M}")


def _send(made: CommunicationsCheck, organisations: Sequence[UUID]) -> int:
    with connections[current_alias()].cursor() as cursor:
        cursor.execute("SELECT app_send_check(%s, %s::uuid[])", [made.pk, [str(one) for one in organisations]])
        return int(cursor.fetchone()[0])


def find_checked(dispatch: UUID) -> CheckedContact | None:
    """What the link in a message belongs to; None where the contact was retired since. 1 query."""
    with as_system("a link in a message is opened, before anybody acts"):
        related = ("communications_check__organisation", "organisation__group", "dispatch__endpoint")
        found: CheckedContact | None = (
            CheckedContact.objects.select_related(*related).filter(dispatch=dispatch, dispatch__endpoint__is_active=True).first()
        )
        return found


def confirm(checked: CheckedContact, now: datetime) -> bool:
    """Once, while the check runs: whether it counted. The contact point counts as verified."""
    with as_system("a link in a message is opened, before anybody acts"):
        open_ones = CheckedContact.objects.filter(pk=checked.pk, confirmed_at=None, communications_check__ends_at__gt=now)
        counted = bool(open_ones.update(confirmed_at=now))
    contact = checked.dispatch.endpoint.contact_point
    if counted and contact is not None:
        for note in _reached:
            note(acting_as_service(checked.organisation, {"read", "contacts:write"}), contact)
    return counted


@dataclass(frozen=True)
class Row:
    """One contact of the result; `endpoint` is known to its own organisation alone."""

    checked: CheckedContact
    endpoint: Endpoint | None

    @property
    def seconds(self) -> int | None:
        at = self.checked.confirmed_at
        return int((at - self.checked.communications_check.started_at).total_seconds()) if at else None

    @property
    def has_failed(self) -> bool:
        return self.checked.confirmed_at is None and self.checked.dispatch.state == "failed"


@dataclass(frozen=True)
class Result:
    rows: Sequence[Row]

    @property
    def confirmed(self) -> int:
        return sum(row.seconds is not None for row in self.rows)

    @property
    def failed(self) -> int:
        return sum(row.has_failed for row in self.rows)

    @property
    def silent(self) -> int:
        return len(self.rows) - self.confirmed - self.failed

    @property
    def median(self) -> float | None:
        return median(found) if (found := [row.seconds for row in self.rows if row.seconds is not None]) else None


def result_of(acting: Acting, check: CommunicationsCheck) -> Result:
    """2 queries. An organisation that was asked sees its own contacts only."""
    related = ("communications_check", "organisation", "dispatch")
    asked = CheckedContact.objects.visible_to(acting).filter(communications_check=check).select_related(*related)
    found: list[Any] = list(asked.order_by("organisation__name", "place", "dispatch__channel", "pk"))
    own = Endpoint.objects.of_house(acting).in_bulk([one.dispatch.endpoint_id for one in found])
    return Result([Row(one, own.get(one.dispatch.endpoint_id)) for one in found])
