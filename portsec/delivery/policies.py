"""Escalation policies: who has one, how it is changed, and how long an answer is waited for where a sender says nothing.

What is under way keeps the steps with which it was told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, NotAllowedError
from portsec.access.models import Organisation, Region
from portsec.delivery.models import EscalationPolicy
from portsec.delivery.models.escalation import DEFAULT_STEPS
from portsec.delivery.policy_content import check_policy
from portsec.delivery.severity import Severity
from portsec.journal.actions import record_own
from portsec.problems import Conflict, Fault, Refused


@dataclass(frozen=True)
class Place:
    """Whose policy, and of which severity (empty: of all that have none of their own)."""

    region: Region | None = None
    severity: str = ""

    def owner(self, acting: Acting) -> dict[str, Any]:
        return {"region": self.region, "organisation": None} if self.region else {"organisation": acting.organisation, "region": None}

    def find(self, acting: Acting) -> EscalationPolicy | None:
        found: EscalationPolicy | None = (
            EscalationPolicy.objects.visible_to(acting).filter(severity=self.severity, **self.owner(acting)).first()
        )
        return found


def coordinated_regions(acting: Acting) -> list[Region]:
    """Whose policies the acting organisation keeps. 1 query for a coordination body, none for others."""
    if acting.organisation.kind != Organisation.Kind.COORDINATION_BODY:
        return []
    return list(Region.objects.filter(memberships__organisation=acting.organisation).order_by("name"))


def require_keeper(acting: Acting, region: Region | None) -> None:
    if region is None:
        acting.require("policy.edit")
        return
    acting.require("policy.edit_region")
    if region not in coordinated_regions(acting):
        raise NotAllowedError(_("Only the coordination body of %s may change its policy.") % region.name, code="not_coordinator")


def save_policy(acting: Acting, place: Place, *, acknowledge_within: int | None, steps: Sequence[Any], version: int) -> EscalationPolicy:
    """Sets or changes the policy that was read as `version` (0: there was none). Raises Refused, NotAllowedError, and Conflict
    where another hand was faster."""
    require_keeper(acting, place.region)
    if place.severity and place.severity not in Severity.values:
        raise Refused(Fault("severity", _("Give one of: %s.") % ", ".join(Severity.values), "invalid_choice"))
    kept = {"acknowledge_within": acknowledge_within, "steps": check_policy(acknowledge_within, steps)}
    with transaction.atomic():
        stands = place.find(acting)
        saved = _change(acting, stands, version, kept) if stands else _add(acting, place, version, kept)
        before = content_of(stands) if stands else {}
        _record(acting, "escalation_policy.changed", saved, _("%s changed what happens when nobody answers"), before, content_of(saved))
    return saved


def _change(acting: Acting, stands: EscalationPolicy, version: int, kept: dict[str, Any]) -> EscalationPolicy:
    mine = EscalationPolicy.objects.visible_to(acting).filter(pk=stands.pk, version=version)
    if not mine.update(**kept, version=F("version") + 1, updated_at=timezone.now(), updated_by=acting.user):
        raise Conflict(changed_meanwhile(stands))
    saved: EscalationPolicy = EscalationPolicy.objects.select_related("organisation", "region", "updated_by").get(pk=stands.pk)
    return saved


def _add(acting: Acting, place: Place, version: int, kept: dict[str, Any]) -> EscalationPolicy:
    if version:
        raise Conflict(_("Somebody has gone back to the default meanwhile. Read it again, then decide."))
    made = EscalationPolicy(severity=place.severity, updated_by=acting.user, **place.owner(acting), **kept)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("Somebody else has set this policy meanwhile. Read it again, then decide.")) from error
    return made


def changed_meanwhile(stands: EscalationPolicy) -> str:
    who = stands.updated_by.short_name if stands.updated_by else _("Somebody else")
    return _("%s has changed this policy meanwhile. Read it again, then decide.") % who


def reset_policy(acting: Acting, place: Place, *, version: int) -> None:
    """Back to the default: the region's policy, or that of the product. Raises NotAllowedError, Conflict."""
    require_keeper(acting, place.region)
    with transaction.atomic():
        stands = place.find(acting)
        if stands is None:
            raise Conflict(_("The default holds here already."))
        if not EscalationPolicy.objects.visible_to(acting).filter(pk=stands.pk, version=version).delete()[0]:
            raise Conflict(changed_meanwhile(stands))
        summary = _("%s went back to the default of what happens when nobody answers")
        _record(acting, "escalation_policy.reset", stands, summary, content_of(stands), {})


def content_of(policy: EscalationPolicy) -> dict[str, Any]:
    return {
        "region": str(policy.region_id) if policy.region_id else None,
        "severity": policy.severity,
        "acknowledge_within": policy.acknowledge_within,
        "steps": policy.steps,
    }


def _record(acting: Acting, verb: str, policy: EscalationPolicy, sentence: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    record_own(acting, verb, "escalation_policy", policy.pk, sentence % acting.organisation.name, before=before, after=after)


def policies_of(acting: Acting) -> list[EscalationPolicy]:
    """All that the acting organisation may read: its own first. 1 query."""
    found = EscalationPolicy.objects.visible_to(acting).select_related("organisation", "region", "updated_by")
    return sorted(found, key=lambda one: (one.region is not None, one.region.name if one.region else "", _rank(one.severity)))


def _rank(severity: str) -> int:
    return Severity.values.index(severity) + 1 if severity else 0


def steps_in_force(acting: Acting, place: Place) -> list[dict[str, Any]]:
    """What would happen without a policy at this place: the wider one of the same owner, its region's, the default. 1 query."""
    wider = [
        one for one in policies_of(acting) if one.severity in ("", place.severity) and (place.region is None or one.region == place.region)
    ]
    return list(wider[0].steps) if wider else list(DEFAULT_STEPS)


def seconds_to_answer(acting: Acting, severity: str) -> int | None:
    """How long what the acting organisation sends waits for an answer: by its own policy, else its region's; None: the severity's
    default. 1 query."""
    found = EscalationPolicy.objects.visible_to(acting).filter(severity__in=["", severity], acknowledge_within__isnull=False)
    ranked = sorted(found, key=lambda one: (one.organisation_id is None, one.severity == "", str(one.pk)))
    return ranked[0].acknowledge_within if ranked else None
