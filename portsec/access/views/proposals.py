"""Proposals: made by a region's coordinator, answered by those whom they concern."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portsec.access import actions
from portsec.access.coordination import find_coordinated
from portsec.access.middleware import ActingRequest
from portsec.access.models import Proposal, Region
from portsec.access.region_forms import WantedForm, WantedRegionForm
from portsec.problems import Conflict, Refused


@require_http_methods(["GET", "POST"])
def membership_propose(request: ActingRequest, pk: UUID) -> HttpResponse:
    region = find_coordinated(request.acting, "organisation.invite", pk)
    told = {
        "title": _("Propose membership"),
        "explanation": _("For an organisation that is here already. Its administrator accepts or declines; until then nothing changes."),
    }
    return proposing(request, region, WantedForm(request.POST or None), actions.propose_membership, told)


@require_http_methods(["GET", "POST"])
def link_propose(request: ActingRequest, pk: UUID) -> HttpResponse:
    region = find_coordinated(request.acting, "region.manage", pk)
    told = {
        "title": _("Propose link"),
        "explanation": _(
            "Linked regions can share with each other. The other region's coordinator accepts or declines; until then nothing changes."
        ),
    }
    return proposing(request, region, WantedRegionForm(request.POST or None), actions.propose_link, told)


def proposing(request: ActingRequest, region: Region, form: Any, verb: Callable[..., Proposal], told: dict[str, str]) -> HttpResponse:
    """Known and unknown names are answered alike, word for word."""
    if form.is_valid():
        try:
            verb(request.acting, region, **form.cleaned_data)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Proposed. Where there is one of this name, it finds the proposal on its dashboard."))
            return redirect("region_detail", pk=region.pk)
    context = {"form": form, "region": region, **told}
    return render(request, "access/propose.html", context, status=422 if form.is_bound else 200)


@require_safe
def proposal_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    return render(request, "access/proposal.html", {"proposal": received(request, pk)})


@require_POST
def proposal_accept(request: ActingRequest, pk: UUID) -> HttpResponse:
    proposal = received(request, pk)
    words = _("Linked with %s.") if proposal.kind == Proposal.Kind.LINK else _("Your organisation is in %s now.")
    return answered(request, proposal, actions.accept_proposal, words % proposal.region.name)


@require_POST
def proposal_decline(request: ActingRequest, pk: UUID) -> HttpResponse:
    return answered(request, received(request, pk), actions.decline_proposal, _("Declined. Nothing was changed."))


def answered(request: ActingRequest, proposal: Proposal, verb: Callable[..., None], words: str) -> HttpResponse:
    try:
        verb(request.acting, proposal)
    except Conflict as conflict:
        return render(request, "access/proposal.html", {"proposal": proposal, "error": str(conflict)}, status=409)
    messages.success(request, words)
    return redirect("dashboard")


@require_POST
def proposal_withdraw(request: ActingRequest, pk: UUID) -> HttpResponse:
    acting = request.acting
    proposal = get_object_or_404(Proposal.objects.sent_by(acting).select_related("region"), pk=pk)
    try:
        actions.withdraw_proposal(acting, proposal)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, _("Proposal withdrawn."))
    return redirect("region_detail", pk=proposal.region_id)


def received(request: ActingRequest, pk: UUID) -> Proposal:
    """To somebody else it is absent (404); seen but not allowed comes after."""
    found = Proposal.objects.received_by(request.acting).select_related("region", "body", "other")
    proposal: Proposal = get_object_or_404(found, pk=pk)
    request.acting.require("region.join")
    return proposal
