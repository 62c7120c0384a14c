"""The clocks of facilities after a rise: started with it, answered by the port's people (33 CFR 105.230(b))."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ports.models import LevelAttainment, LevelScope, PortFacility, SecurityLevelChange
from ports.queries.attainment import own_clocks, runs
from portsec.access.acting import Acting
from portsec.access.audiences import answer_audience
from portsec.access.models import Audience
from portsec.delivery import actions as delivery
from portsec.journal.actions import record
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields


def start_clocks(acting: Acting, change: SecurityLevelChange) -> list[LevelAttainment]:
    """One for each active facility that a rise concerns; lowering and prolonging start none."""
    if not change.is_rise:
        return []
    facilities = list(concerned(acting, change))
    audiences = {port: _parties(change, port) for port in {one.owner_id for one in facilities}}
    clocks = [
        LevelAttainment(
            owner=acting.organisation,
            audience=audiences[one.owner_id],
            change=change,
            facility=one,
            port_id=one.owner_id,
            due_at=change.effective_at + timedelta(hours=one.attain_hours),
        )
        for one in facilities
    ]
    LevelAttainment.objects.bulk_create(clocks)
    return clocks


def concerned(acting: Acting, change: SecurityLevelChange) -> "QuerySet[PortFacility]":
    if change.facility_id:
        chosen = Q(pk=change.facility_id)
    elif change.scope == LevelScope.REGION:
        chosen = Q(owner__region_memberships__region=change.region_id)
    else:
        chosen = Q(owner=acting.organisation)
    found: QuerySet[PortFacility] = PortFacility.objects.visible_to(acting).filter(chosen, is_active=True)
    return found


def _parties(change: SecurityLevelChange, port: UUID) -> Audience:
    """Who set the level, whose facility it is, and the coordinator where it sees deliveries: what is open yet is nobody else's."""
    return answer_audience([change.owner_id, port, delivery.coordinator_of(change.audience_id)])


def acknowledge_level(
    acting: Acting, change: SecurityLevelChange, *, facilities: Collection[UUID] | None = None, remark: str = ""
) -> list[LevelAttainment]:
    """The notice has been taken, for the given facilities or all of the port's. Raises Conflict where nothing waits for it."""
    with transaction.atomic():
        clocks = _answer(acting, change, "acknowledged", facilities, remark)
        _record(acting, change, clocks, "level.acknowledged", _("%(port)s acknowledged level %(level)d for %(facilities)s"))
    return clocks


def attain_level(
    acting: Acting, change: SecurityLevelChange, *, facilities: Collection[UUID] | None = None, remark: str = ""
) -> list[LevelAttainment]:
    """The measures of the level are in place. Whoever reports that has acknowledged it too. Raises Conflict as above."""
    with transaction.atomic():
        clocks = _answer(acting, change, "attained", facilities, remark)
        _record(acting, change, clocks, "level.attained", _("%(port)s attained level %(level)d at %(facilities)s"))
    return clocks


def _answer(
    acting: Acting, change: SecurityLevelChange, what: str, facilities: Collection[UUID] | None, remark: str
) -> list[LevelAttainment]:
    """The conditional change: of two hands that answer for one facility the first wins."""
    acting.require("level.attain")
    _check_remark(remark)
    mine = own_clocks(acting, change)
    _check_known(mine, facilities)
    waiting = mine.filter(**{f"{what}_at__isnull": True}, **({} if facilities is None else {"facility__in": facilities}))
    answered = [one.pk for one in waiting] if runs(acting, change) else []
    if not answered or _note(acting, waiting.filter(pk__in=answered), what, remark) != len(answered):
        raise Conflict(_nothing_waits(acting, mine, change, what))
    return list(mine.filter(pk__in=answered))


def _note(acting: Acting, clocks: "QuerySet[LevelAttainment]", what: str, remark: str) -> int:
    now = timezone.now()
    if what == "attained":  # whoever has the measures in place has taken the notice
        clocks.filter(acknowledged_at__isnull=True).update(acknowledged_at=now, acknowledged_by=acting.user)
    said = {"remark": remark} if remark else {}
    return clocks.update(**{f"{what}_at": now, f"{what}_by": acting.user}, **said)


def _check_remark(remark: str) -> None:
    others = [field.name for field in LevelAttainment._meta.fields if field.name != "remark"]
    check_fields(LevelAttainment(remark=remark), exclude=others)


def _check_known(mine: "QuerySet[LevelAttainment]", facilities: Collection[UUID] | None) -> None:
    if facilities is None:
        return
    known = set(mine.values_list("facility", flat=True))
    told = _("This change starts no clock for such a facility of yours. Leave it out.")
    faults = [Fault(f"facilities/{place}", told, "unknown") for place, one in enumerate(facilities) if one not in known]
    if faults:
        raise Refused(*faults)


def _nothing_waits(acting: Acting, mine: "QuerySet[LevelAttainment]", change: SecurityLevelChange, what: str) -> str:
    if not mine.exists():
        return _("No facility of yours has a clock for this level: nothing waits for you.")
    if not runs(acting, change):
        return _("This level has been changed meanwhile: its clocks have stopped.")
    if what == "attained":
        return _("Your port has reported this level attained already.")
    return _("Your port has acknowledged this level already.")


def _record(acting: Acting, change: SecurityLevelChange, clocks: list[LevelAttainment], verb: str, sentence: str) -> None:
    """News to who set the level and to the port itself (and the coordinator that sees deliveries), to nobody else."""
    names = ", ".join(one.facility.name for one in clocks)
    shown = names if len(names) <= 120 else ngettext("%d facility", "%d facilities", len(clocks)) % len(clocks)
    record(
        acting,
        verb,
        change,
        sentence % {"port": acting.organisation.name, "level": change.level, "facilities": shown},
        row={"change": change.pk, "port": acting.organisation.pk, "level": change.level, "facilities": shown},
        after={"facilities": [one.facility.imo_number for one in clocks], "remark": clocks[0].remark},
        audience=answer_audience([change.owner_id, delivery.coordinator_of(change.audience_id)]),
    )
