"""The regions that a coordination body coordinates."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portsec.access import actions, region_queries
from portsec.access.coordination import find_coordinated
from portsec.access.middleware import ActingRequest
from portsec.access.models import Proposal
from portsec.access.region_forms import RegionForm, RegionSettingsForm
from portsec.problems import Conflict, Refused

MOST_SHOWN = 200
SHOWS = ("all", "vacant")


@require_safe
def region_list(request: ActingRequest) -> HttpResponse:
    request.acting.require("region.manage")
    context = {"regions": region_queries.regions(request.acting), "received": region_queries.received_proposals(request.acting)}
    return render(request, "access/region_list.html", context)


@require_http_methods(["GET", "POST"])
def region_create(request: ActingRequest) -> HttpResponse:
    acting = request.acting
    acting.require("region.manage")
    form = RegionForm(request.POST or None)
    if form.is_valid():
        try:
            region = actions.found_region(acting, **form.cleaned_data)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("%s is set up. Bring its ports in.") % region.name)
            return redirect("region_detail", pk=region.pk)
    return render(request, "access/region_create.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
def region_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    """7 queries, however many are in the region; a page holds the first by name."""
    region = find_coordinated(request.acting, "region.manage", pk)
    show = request.GET.get("show") if request.GET.get("show") in SHOWS else "all"
    search = request.GET.get("search", "").strip()[:120]
    found = region_queries.members(region, search, vacant=show == "vacant")
    shown = list(found[: MOST_SHOWN + 1])
    invited = region_queries.first_invitations(request.acting, shown)
    sent = Proposal.objects.sent_by(request.acting).filter(region=region).exclude(answer=Proposal.Answer.WITHDRAWN)
    context: dict[str, Any] = {
        "region": region,
        "members": [(one, invited.get(one.pk)) for one in shown[:MOST_SHOWN]],
        "total": found.count() if len(shown) > MOST_SHOWN else len(shown),
        "most_shown": MOST_SHOWN,
        "linked": region.linked.order_by("name"),
        "proposals": sent.order_by("-created_at")[:50],
        "show": show,
        "shows": [("all", _("All")), ("vacant", _("Without people"))],
        "search": search,
    }
    return render(request, "access/region_detail.html", context)


@require_http_methods(["GET", "POST"])
def region_edit(request: ActingRequest, pk: UUID) -> HttpResponse:
    region = find_coordinated(request.acting, "region.manage", pk)
    stands = {"name": region.name, "coordinator_sees_deliveries": region.coordinator_sees_deliveries}
    form = RegionSettingsForm(request.POST or None, initial=stands)
    if form.is_valid():
        try:
            actions.edit_region(request.acting, region, **form.cleaned_data)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Saved"))
            return redirect("region_detail", pk=region.pk)
    return render(request, "access/region_edit.html", {"form": form, "region": region}, status=422 if form.is_bound else 200)


@require_POST
def region_unlink(request: ActingRequest, pk: UUID, other: UUID) -> HttpResponse:
    region = find_coordinated(request.acting, "region.manage", pk)
    linked = get_object_or_404(region.linked, pk=other)
    try:
        actions.unlink_region(request.acting, region, linked)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, _("%s is no longer linked.") % linked.name)
    return redirect("region_detail", pk=region.pk)
