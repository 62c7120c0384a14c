"""Levels that take effect later: planned, cancelled, and set when their time has come."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.actions.levels import audience_of, draft_change, require_scope, set_security_level
from ports.models import PlannedLevel
from portsec.access.acting import Acting, NotAllowedError, acting_for, as_system
from portsec.access.models import Membership
from portsec.access.roles import Role
from portsec.face.wording import local_and_utc
from portsec.journal.actions import record, record_by_system
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

MOST_AHEAD = timedelta(days=14)
State = PlannedLevel.State
KEPT = ("scope", "operation", "level", "reason", "authority", "expected_until")


def plan_security_level(acting: Acting, *, at: datetime, region: UUID | None = None, **content: Any) -> PlannedLevel:
    """Plans a level for an instant at most MOST_AHEAD away. `content` is what `set_security_level` takes, without `replaces`.

    Level 3 asks a person for a second factor now, not at its time. Raises Refused, NotAllowedError.
    """
    _check_time(at)
    change = draft_change(acting, effective_at=at, **content)
    plan = PlannedLevel(
        owner=acting.organisation,
        facility=change.facility,
        effective_at=at,
        set_by=acting.user,
        planned_at=timezone.now(),
        **{name: getattr(change, name) for name in KEPT},
    )
    with transaction.atomic():
        plan.audience = audience_of(acting, region)
        plan.region = plan.audience.region if plan.scope == "region" else None
        plan.save(force_insert=True)
        told = {name: getattr(plan, name) for name in ("scope", "level", "reason", "authority", "effective_at", "expected_until")}
        _record(acting, "level.planned", plan, _("%(who)s plans security level %(level)d for %(for)s: %(reason)s"), after=told)
    return plan


def cancel_plan(acting: Acting, plan: PlannedLevel, *, reason: str = "") -> PlannedLevel:
    """It does not take effect. Raises NotAllowedError; Conflict where it has taken effect or is cancelled already."""
    require_scope(acting, plan.scope)
    if plan.owner_id != acting.organisation.pk:
        raise NotAllowedError(_("Only %s may cancel what it has planned.") % plan.owner.name, code="not_owner")
    plan.note = reason.strip()
    _check_note(plan)
    with transaction.atomic():
        closed = {"state": State.CANCELLED, "closed_at": timezone.now(), "closed_by": acting.user, "note": plan.note}
        if not _claim(acting, plan, closed):
            raise Conflict(_state_of(acting, plan))
        changed = {"before": {"state": State.PLANNED}, "after": {"state": State.CANCELLED, "reason": plan.note}}
        _record(acting, "level.plan_cancelled", plan, _("%(who)s does not plan level %(level)d for %(for)s any more"), **changed)
    return plan


def take_effect(now: datetime) -> int:
    """Sets every planned level whose time has come, in the name of who planned it. Returns how many were set."""
    with as_system("levels that were planned take effect at their time"):
        due = list(PlannedLevel.objects.filter(state=State.PLANNED, effective_at__lte=now).order_by("effective_at", "pk"))
    return sum(_take_effect(plan, now) for plan in due)


def _take_effect(plan: PlannedLevel, now: datetime) -> bool:
    acting = _planner(plan, now)
    if acting is None:
        return _lapse(plan, now, _("Who planned it may no longer act for the organisation."))
    try:
        with acting_for(acting):
            return _set(acting, plan, now)
    except Refused as refused:
        return _lapse(plan, now, " ".join(fault.detail for fault in refused.faults))
    except (Conflict, NotAllowedError) as refusal:
        return _lapse(plan, now, str(refusal))


def _set(acting: Acting, plan: PlannedLevel, now: datetime) -> bool:
    """One transaction: a level that is refused leaves the plan as it was."""
    with transaction.atomic():
        if not _claim(acting, plan, {"state": State.EFFECTIVE, "closed_at": now}):
            return False
        change = set_security_level(
            acting,
            level=plan.level,
            reason=plan.reason,
            until=plan.expected_until,
            scope=plan.scope,
            region=plan.audience.region_id,
            facility=plan.facility_id,
            operation=plan.operation,
            authority=plan.authority,
        )
        PlannedLevel.objects.editable_by(acting).filter(pk=plan.pk).update(change=change)
    return True


def _planner(plan: PlannedLevel, now: datetime) -> Acting | None:
    """Who planned it, in the role of today. The second factor of level 3 was shown when it was planned."""
    active = {"is_active": True, "user__is_active": True, "organisation__is_active": True}
    found = (
        Membership.objects.filter(user=plan.set_by_id, organisation=plan.owner_id, **active).select_related("user", "organisation").first()
    )
    if found is None:
        return None
    scopes = frozenset({"levels:write"}) if found.role == Role.SERVICE else None
    return Acting(found.user, found.organisation, Role(found.role), scopes=scopes, second_factor_at=now)


def _lapse(plan: PlannedLevel, now: datetime, why: str) -> bool:
    with as_system("levels that were planned take effect at their time"):
        mine = PlannedLevel.objects.filter(pk=plan.pk, state=State.PLANNED)
        if mine.update(state=State.LAPSED, closed_at=now, note=why[:300]):
            lapsed = PlannedLevel.objects.select_related("owner", "region", "facility").get(pk=plan.pk)
            summary = _("The planned level %(level)d for %(for)s could not take effect") % _names(lapsed)
            record_by_system(lapsed, "level.plan_lapsed", summary, {})
    return False


def _check_time(at: datetime) -> None:
    now = timezone.now()
    told = {"at": local_and_utc(at)[0], "now": local_and_utc(now)[0], "last": local_and_utc(now + MOST_AHEAD)[0]}
    if at <= now:
        sentence = _("%(at)s is in the past. Choose a time after %(now)s, or leave it empty to set the level now.")
        raise Refused(Fault("effective_at", sentence % told, "past"))
    if at > now + MOST_AHEAD:
        raise Refused(
            Fault("effective_at", _("%(at)s is too far ahead. Choose a time up to %(last)s, 14 days from now.") % told, "too_far")
        )


def _check_note(plan: PlannedLevel) -> None:
    try:
        check_fields(plan, exclude=["owner", "audience", "set_by", "closed_by", "region", "facility", "change"])
    except Refused as refused:
        raise Refused(*(Fault("reason", fault.detail, fault.code) for fault in refused.faults)) from refused


def _claim(acting: Acting, plan: PlannedLevel, closed: dict[str, Any]) -> bool:
    """The conditional change that lets one of two hands win, be one of them the clock."""
    return bool(PlannedLevel.objects.editable_by(acting).filter(pk=plan.pk, state=State.PLANNED).update(**closed))


def _state_of(acting: Acting, plan: PlannedLevel) -> str:
    stands = PlannedLevel.objects.editable_by(acting).get(pk=plan.pk)
    return {
        State.EFFECTIVE: _("This level has taken effect meanwhile. Set another one to change it."),
        State.CANCELLED: _("This plan is cancelled already."),
    }.get(stands.state, _("This plan could not take effect, and is over."))


def _names(plan: PlannedLevel) -> dict[str, Any]:
    return {"who": plan.owner.name, "level": plan.level, "for": plan.subject_name, "reason": plan.reason}


def _record(acting: Acting, verb: str, plan: PlannedLevel, sentence: str, **changed: Any) -> None:
    record(acting, verb, plan, sentence % _names(plan), row={"level": plan.level, "effective_at": plan.effective_at}, **changed)
