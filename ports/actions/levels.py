"""Setting a security level: for a region, a port, a facility or a kind of operation (domain.md §4)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.actions.attainment import start_clocks
from ports.models import LevelScope, PortFacility, SecurityLevel, SecurityLevelChange
from ports.models.level import SEVERITY_OF_LEVEL
from ports.queries.levels import above, in_force_of
from ports.rows import level_row
from ports.step_up import require_exceptional
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.audiences import AudienceWish, resolve_audience
from portsec.access.locks import one_at_a_time
from portsec.access.models import Audience, Organisation
from portsec.delivery import actions as delivery
from portsec.face.wording import local_and_utc
from portsec.journal.actions import record
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields


class LevelTaken(Conflict):
    """Somebody was first. `change` is what holds now; the message says its level, reason, person and hour."""

    def __init__(self, change: SecurityLevelChange) -> None:
        local, utc = local_and_utc(change.effective_at)
        told = {
            "person": change.set_by.short_name if change.set_by else change.owner.name,
            "level": change.level,
            "name": change.get_level_display(),
            "at": f"{utc} UTC" if local == utc else local,
            "reason": change.reason,
        }
        super().__init__(_("%(person)s set level %(level)d, %(name)s, at %(at)s: “%(reason)s”. Read it, then decide again.") % told)
        self.change = change


def set_security_level(
    acting: Acting,
    *,
    level: int,
    reason: str,
    until: datetime | None = None,
    scope: str | None = None,
    region: UUID | None = None,
    facility: UUID | None = None,
    operation: str = "",
    authority: str = "",
    replaces: Collection[UUID] | None = None,
) -> SecurityLevelChange:
    """Sets a level from now on, and tells the region (ISPS A/4.1). `until` is when it is expected to end; nothing ends by itself.

    A coordination body sets its region's level; a port its own, a facility's or an operation's, never below what holds above
    it. `region` is needed only by who is in several. `replaces` are the changes that the person saw in force: LevelTaken where
    another one came meanwhile. Level 3 asks a person for a second factor. Raises Refused, NotAllowedError.
    """
    subject: dict[str, Any] = {"scope": scope, "facility": facility, "operation": operation}
    said: dict[str, Any] = {"level": level, "reason": reason, "until": until, "authority": authority}
    change = draft_change(acting, effective_at=timezone.now(), **subject, **said)
    with transaction.atomic():
        change.audience = audience_of(acting, region)
        change.region = change.audience.region if change.scope == LevelScope.REGION else None
        _take_its_turn(acting, change, replaces)
        _refuse_below(acting, change)
        change.save()
        start_clocks(acting, change)
        _tell(acting, change)
    return change


def draft_change(
    acting: Acting,
    *,
    effective_at: datetime,
    level: int,
    reason: str,
    until: datetime | None = None,
    scope: str | None = None,
    facility: UUID | None = None,
    operation: str = "",
    authority: str = "",
) -> SecurityLevelChange:
    """The change as it would be written, checked but for what holds above it; not saved, and without an audience."""
    chosen = require_scope(acting, scope)
    change = SecurityLevelChange(
        owner=acting.organisation,
        scope=chosen,
        facility=_own_facility(acting, chosen, facility),
        operation=_operation(chosen, operation),
        level=level,
        reason=reason,
        authority=authority,
        effective_at=effective_at,
        expected_until=until,
        set_by=acting.user,
    )
    _check(change)
    if change.level == SecurityLevel.EXCEPTIONAL:
        require_exceptional(acting)
    return change


def scopes_of(acting: Acting) -> list[LevelScope]:
    """What the acting person may set a level for; nothing where role or organisation do not allow any."""
    kind = acting.organisation.kind
    if kind == Organisation.Kind.PORT and acting.may("level.change"):
        return [LevelScope.PORT, LevelScope.FACILITY, LevelScope.OPERATION]
    if kind == Organisation.Kind.COORDINATION_BODY and acting.may("level.change_region"):
        return [LevelScope.REGION]
    return []


def require_scope(acting: Acting, scope: str | None) -> str:
    """The role, then the kind of organisation: who holds a level is who may change it. Without a scope the usual one is meant."""
    kind = acting.organisation.kind
    chosen = scope or (LevelScope.REGION if kind == Organisation.Kind.COORDINATION_BODY else LevelScope.PORT)
    acting.require("level.change_region" if chosen == LevelScope.REGION else "level.change")
    if chosen == LevelScope.REGION and kind != Organisation.Kind.COORDINATION_BODY:
        raise NotAllowedError(_("Only a region's coordination body sets the level of a region. Set your own."), code="no_authority")
    if chosen != LevelScope.REGION and kind != Organisation.Kind.PORT:
        raise NotAllowedError(_("%s is no port: it has no security level of its own.") % acting.organisation.name, code="no_authority")
    return chosen


def _own_facility(acting: Acting, scope: str, pk: UUID | None) -> PortFacility | None:
    if scope not in (LevelScope.FACILITY, LevelScope.OPERATION):
        if pk is not None:
            raise Refused(Fault("facility", _("Choose “One facility” as what it holds for, or leave the facility empty."), "unexpected"))
        return None
    if pk is None:
        if scope == LevelScope.FACILITY:
            raise Refused(Fault("facility", _("Choose the facility whose level this is."), "required"))
        return None
    found: PortFacility | None = PortFacility.objects.editable_by(acting).filter(pk=pk, is_active=True).first()
    if found is None:
        raise Refused(Fault("facility", _("Your port has no such open facility. Choose one of its list."), "unknown"))
    return found


def _operation(scope: str, text: str) -> str:
    if scope == LevelScope.OPERATION and not text.strip():
        raise Refused(Fault("operation", _("Name the operation, for example Ferry check-in."), "required"))
    if scope != LevelScope.OPERATION and text.strip():
        told = _("Choose “A kind of operation” as what it holds for, or leave the operation empty.")
        raise Refused(Fault("operation", told, "unexpected"))
    return text.strip()


def _check(change: SecurityLevelChange) -> None:
    check_fields(change, exclude=["owner", "audience", "set_by", "region", "facility"])
    until = change.expected_until
    if until is not None and until <= change.effective_at:
        local, _utc = local_and_utc(until)
        now, _utc = local_and_utc(change.effective_at)
        told = _("%(until)s is in the past. Choose a time after %(now)s, or leave it open.") % {"until": local, "now": now}
        raise Refused(Fault("expected_until", told, "past"))
    if until is not None and not change.is_raised:
        raise Refused(Fault("expected_until", _("Level 1 has no end: leave this empty."), "unexpected"))


def audience_of(acting: Acting, region: UUID | None) -> Audience:
    """The whole region; a refusal names the field that this verb has."""
    try:
        return resolve_audience(acting, AudienceWish(Audience.Kind.REGION, region))
    except Refused as refused:
        raise Refused(*(Fault("region", fault.detail, fault.code) for fault in refused.faults)) from refused


def _take_its_turn(acting: Acting, change: SecurityLevelChange, seen: Collection[UUID] | None) -> None:
    """Of two hands on one subject the second waits here, and then sees the first's change: rows of levels are only ever added."""
    subject = change.region_id or change.facility_id or change.owner_id
    one_at_a_time(f"level {subject} {change.operation.lower()}")
    current = in_force_of(acting, change)
    if current is not None and seen is not None and current.pk not in seen:
        raise LevelTaken(current)
    change.replaces = current
    change.previous_level = current.level if current else SecurityLevel.NORMAL
    if current is not None and current.level == change.level:
        change.rise = current.rise or current


def _refuse_below(acting: Acting, change: SecurityLevelChange) -> None:
    higher = above(acting, change)
    if higher is None:
        return
    told = {"level": higher.level, "since": local_and_utc(higher.effective_at)[0], "subject": higher.subject_name}
    if higher.scope == LevelScope.PORT:
        sentence = _("%(subject)s holds level %(level)d since %(since)s. Choose level %(level)d or higher, or lower the port first.")
    else:
        told |= {"holder": higher.owner.name, "person": higher.set_by.short_name if higher.set_by else higher.owner.name}
        sentence = _(
            "%(holder)s holds %(subject)s at level %(level)d since %(since)s. Choose level %(level)d or higher, "
            "or ask %(person)s, %(holder)s, to lower it."
        )
    raise Refused(Fault("level", sentence % told, "below_level_in_force"))


def _tell(acting: Acting, change: SecurityLevelChange) -> None:
    """Journalled for the region, with a delivery to each of its organisations; a neighbour's answer is not asked."""
    entry = record(
        acting,
        "level.changed",
        change,
        summary_of(change),
        row=level_row(change),
        before=_kept(change.replaces) if change.replaces else {},
        after=_kept(change),
    )
    delivery.fan_out(delivery.Telling(entry, 1, SEVERITY_OF_LEVEL[change.level]))


def summary_of(change: SecurityLevelChange) -> str:
    told: dict[str, Any] = {"who": change.owner.name, "level": change.level, "reason": change.reason, "for": change.subject_name}
    if change.scope == LevelScope.PORT and change.rise_id is None:
        return _("%(who)s set security level %(level)d: %(reason)s") % told
    if change.scope == LevelScope.PORT:
        return _("%(who)s prolonged security level %(level)d: %(reason)s") % told
    if change.rise_id is None:
        return _("%(who)s set security level %(level)d for %(for)s: %(reason)s") % told
    return _("%(who)s prolonged security level %(level)d for %(for)s: %(reason)s") % told


def _kept(change: SecurityLevelChange) -> dict[str, Any]:
    names = ("scope", "level", "reason", "authority", "expected_until")
    return {name: getattr(change, name) for name in names}
