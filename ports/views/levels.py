"""Pages of security levels: setting one, and what became of it."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ports import actions
from ports.actions.levels import require_scope, scopes_of
from ports.forms.levels import AnswerForm, LevelForm
from ports.models import LevelAttainment, LevelScope, PlannedLevel, SecurityLevelChange
from ports.queries.attainment import clocks, own_clocks, runs
from ports.queries.declaration_waits import proposal_of
from ports.queries.facilities import facilities
from ports.queries.levels import own_in_force
from ports.queries.plans import own_plans
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.middleware import ActingRequest, never_blocked
from portsec.access.step_up import has_fresh_second_factor
from portsec.delivery import actions as delivery
from portsec.delivery.models import Delivery
from portsec.problems import Conflict, Refused


@require_http_methods(["GET", "POST"])
def level_set(request: ActingRequest) -> HttpResponse:
    """Sets a level. A second press after somebody else's change is a decision: the page has shown that change by then."""
    acting = request.acting
    scopes = scopes_of(acting)
    if not scopes:
        require_scope(acting, None)
    held = list(own_in_force(acting))
    form = level_form(request, scopes, held)
    if form.is_valid():
        try:
            made = set_or_plan(request, form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
            held = list(own_in_force(acting))
        except NotAllowedError as error:
            if error.code != "second_factor_required":
                raise
            form.add_error("level", str(error))
        else:
            return redirect(made)
    context = {
        "form": form,
        "held": held,
        "planned": list(own_plans(acting)),
        "replaces": " ".join(str(one.pk) for one in held),
        "needs_second_factor": not acting.is_service and not has_fresh_second_factor(acting),
        "has_second_factor": is_mfa_enabled(acting.user),
        "is_region": LevelScope.REGION in scopes,
    }
    return render(request, "ports/level_form.html", context, status=422 if form.is_bound else 200)


def set_or_plan(request: ActingRequest, said: dict[str, Any]) -> SecurityLevelChange | PlannedLevel:
    """From now on, or where the person gave a time, from then on."""
    if at := said.pop("at", None):
        plan = actions.plan_security_level(request.acting, at=at, **said)
        messages.success(request, _("Level %d is planned. It can be cancelled until then.") % plan.level)
        return plan
    change = actions.set_security_level(request.acting, replaces=seen_changes(request), **said)
    messages.success(request, _("Level %d is set. Your region has been told.") % change.level)
    return change


def level_form(request: ActingRequest, scopes: list[LevelScope], held: list[SecurityLevelChange]) -> LevelForm:
    acting = request.acting
    return LevelForm(
        request.POST or None,
        scopes=scopes,
        facilities=facilities(acting, acting.organisation.pk, active=True),
        regions=list(acting.organisation.regions.order_by("name")),
        initial=level_initial(held, request.GET.get("of", "")),
    )


def level_initial(held: list[SecurityLevelChange], of: str) -> dict[str, Any]:
    """The form as it is opened to prolong or lower a level: filled in with what holds; else empty but for the scope."""
    for one in held:
        if str(one.pk) == of:
            facility = str(one.facility_id) if one.facility_id else ""
            kept = {name: getattr(one, name) for name in ("scope", "operation", "level", "reason", "authority")}
            return {**kept, "facility": facility, "region": str(one.region_id or "")}
    return {"scope": LevelScope.PORT}


def seen_changes(request: ActingRequest) -> list[UUID]:
    """The changes that the page showed as in force; what is no id counts as not shown."""
    shown = []
    for text in request.POST.get("replaces", "").split():
        with suppress(ValueError):
            shown.append(UUID(text))
    return shown


@never_blocked
@require_GET
def level_change(request: ActingRequest, pk: str) -> HttpResponse:
    """What, who and why; how far each facility has come; who has been told."""
    return render(request, "ports/level_detail.html", detail_context(request.acting, the_change(request, pk)))


def detail_context(acting: Acting, change: SecurityLevelChange, form: AnswerForm | None = None) -> dict[str, Any]:
    told = list(Delivery.objects.visible_to(acting).filter(object_id=change.pk).select_related("recipient", "seen_by"))
    if any(one.recipient_id == acting.organisation.pk and one.seen_at is None for one in told):
        delivery.see(acting, change.pk)
    running = runs(acting, change)
    shown = list(clocks(acting, change))
    waiting = [one for one in shown if running and one.port_id == acting.organisation.pk and one.attained_at is None]
    later = SecurityLevelChange.objects.visible_to(acting).filter(replaces=change).select_related("owner", "set_by").first()
    return {
        "change": change,
        "later": later,
        "due": change.due() if later is None else "",
        "is_own": change.owner_id == acting.organisation.pk,
        "may_set": change.owner_id == acting.organisation.pk and change.scope in scopes_of(acting),
        "clocks": [clock_row(one, running=running) for one in shown],
        "attained": sum(one.attained_at is not None for one in shown),
        "answer_form": form or (AnswerForm(clocks=waiting) if waiting and acting.may("level.attain") else None),
        "is_acknowledged": all(one.acknowledged_at for one in waiting),
        "proposal": proposal_of(acting, change) if later is None else None,
        "deliveries": sorted((one for one in told if one.sender_id == change.owner_id), key=lambda one: one.recipient.name),
    }


def clock_row(one: LevelAttainment, *, running: bool) -> dict[str, Any]:
    left = (one.due_at - timezone.now()).total_seconds()
    return {
        "clock": one,
        "person": person.short_name if (person := one.attained_by or one.acknowledged_by) else "",
        "left": left if running and one.attained_at is None else None,
        "within": (one.due_at - one.change.effective_at).total_seconds(),
        "is_late": running and one.attained_at is None and left < 0,
        "took": (one.attained_at - one.change.effective_at).total_seconds() if one.attained_at else None,
    }


@never_blocked
@require_POST
def level_acknowledge(request: ActingRequest, pk: str) -> HttpResponse:
    return answer(request, pk, actions.acknowledge_level, _("Acknowledged"))


@never_blocked
@require_POST
def level_attain(request: ActingRequest, pk: str) -> HttpResponse:
    return answer(request, pk, actions.attain_level, _("Reported as attained"))


def answer(request: ActingRequest, pk: str, verb: Any, done: str) -> HttpResponse:
    acting, change = request.acting, the_change(request, pk)
    acting.require("level.attain")
    mine = list(own_clocks(acting, change))
    form = AnswerForm(request.POST, clocks=mine)
    if mine and not form.is_valid():
        return render(request, "ports/level_detail.html", detail_context(acting, change, form), status=422)
    try:
        verb(acting, change, **(form.cleaned_data if mine else {}))
    except Refused as refused:
        form.add_refusal(refused)
        return render(request, "ports/level_detail.html", detail_context(acting, change, form), status=422)
    except Conflict as conflict:
        messages.info(request, str(conflict))
    else:
        messages.success(request, done)
    return redirect(change)


def the_change(request: ActingRequest, pk: str) -> SecurityLevelChange:
    """The only door of these pages to a change: absent and forbidden are both 404."""
    people = ("owner__port", "set_by", "region", "facility", "replaces", "rise")
    change: SecurityLevelChange = get_object_or_404(SecurityLevelChange.objects.visible_to(request.acting).select_related(*people), pk=pk)
    return change
