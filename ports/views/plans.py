"""The page of a level that takes effect later."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ports import actions
from ports.actions.levels import scopes_of
from ports.models import PlannedLevel
from ports.queries.plans import plans
from portsec.access.middleware import ActingRequest
from portsec.problems import Conflict, Refused


@require_GET
def level_plan(request: ActingRequest, pk: UUID) -> HttpResponse:
    """What shall hold from when, or what became of it. 1 query."""
    acting, plan = request.acting, the_plan(request, pk)
    is_open = plan.state == PlannedLevel.State.PLANNED
    context = {"plan": plan, "may_cancel": is_open and plan.owner_id == acting.organisation.pk and plan.scope in scopes_of(acting)}
    return render(request, "ports/level_plan.html", context)


@require_POST
def level_plan_cancel(request: ActingRequest, pk: UUID) -> HttpResponse:
    plan = the_plan(request, pk)
    try:
        actions.cancel_plan(request.acting, plan, reason=request.POST.get("reason", ""))
    except Refused as refused:
        messages.error(request, " ".join(fault.detail for fault in refused.faults))
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, _("Cancelled. The level stays as it is."))
    return redirect(plan)


def the_plan(request: ActingRequest, pk: UUID) -> PlannedLevel:
    """The only door of these pages to a plan: absent and forbidden are both 404."""
    plan: PlannedLevel = get_object_or_404(plans(request.acting), pk=pk)
    return plan
