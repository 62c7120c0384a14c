"""The organisations of a region: bringing them in, saying who begins them, letting them go."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portsec.access import actions
from portsec.access.actions.regions import is_vacant, may_close
from portsec.access.coordination import find_coordinated
from portsec.access.middleware import ActingRequest
from portsec.access.models import Organisation, Region
from portsec.access.region_forms import FirstAdministratorForm, OrganisationForm
from portsec.access.views.step_up import kept_input, sent_to_confirm, step_up_shown
from portsec.problems import Conflict, Refused


@require_http_methods(["GET", "POST"])
def organisation_add(request: ActingRequest, pk: UUID) -> HttpResponse:
    acting, region = request.acting, find_coordinated(request.acting, "organisation.invite", pk)
    form = OrganisationForm(request.POST or None, initial={"time_zone": acting.organisation.time_zone})
    if form.is_valid():
        try:
            added = actions.set_up_organisation(acting, region, **form.cleaned_data)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("%s is in the region. Invite its first administrator.") % added.name)
            return redirect("first_administrator", pk=region.pk, organisation=added.pk)
    return render(request, "access/organisation_add.html", {"form": form, "region": region}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def first_administrator(request: ActingRequest, pk: UUID, organisation: UUID) -> HttpResponse:
    region, one = found(request, pk, organisation)
    here = reverse("first_administrator", args=[region.pk, one.pk])
    form = FirstAdministratorForm(request.POST or None, initial=kept_input(request))
    if form.is_valid():
        if away := sent_to_confirm(request, here):
            return away
        try:
            actions.invite_first_administrator(request.acting, region, one, **form.cleaned_data)
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Invited. The list below says whether the mail has left."))
            return redirect("region_detail", pk=region.pk)
    context = {"form": form, "region": region, "one": one, "is_vacant": is_vacant(one), "step_up": step_up_shown(request, here)}
    return render(request, "access/first_administrator.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def organisation_remove(request: ActingRequest, pk: UUID, organisation: UUID) -> HttpResponse:
    region, one = found(request, pk, organisation)
    if request.method == "GET":
        return ending(request, region, one)
    if away := sent_to_confirm(request, page_of(region, one)):
        return away
    try:
        actions.remove_from_region(request.acting, region, one)
    except Conflict as conflict:
        return ending(request, region, one, str(conflict))
    messages.success(request, _("%(name)s is no longer in %(region)s.") % {"name": one.name, "region": region.name})
    return redirect("dashboard" if one.pk == request.acting.organisation.pk else reverse("region_detail", args=[region.pk]))


@require_POST
def organisation_close(request: ActingRequest, pk: UUID, organisation: UUID) -> HttpResponse:
    return opened_or_closed(request, pk, organisation, actions.close_organisation, _("%s is closed. Nobody acts for it any more."))


@require_POST
def organisation_reopen(request: ActingRequest, pk: UUID, organisation: UUID) -> HttpResponse:
    return opened_or_closed(request, pk, organisation, actions.reopen_organisation, _("%s is open again."))


def opened_or_closed(request: ActingRequest, pk: UUID, organisation: UUID, verb: Any, words: str) -> HttpResponse:
    region, one = found(request, pk, organisation)
    if away := sent_to_confirm(request, page_of(region, one)):
        return away
    try:
        verb(request.acting, one)
    except Conflict as conflict:
        return ending(request, region, one, str(conflict))
    messages.success(request, words % one.name)
    return redirect("region_detail", pk=region.pk)


def ending(request: ActingRequest, region: Region, one: Organisation, error: str = "") -> HttpResponse:
    context = {
        "region": region,
        "one": one,
        "is_own": one.pk == request.acting.organisation.pk,
        "may_close": may_close(request.acting, one),
        "error": error,
        "step_up": step_up_shown(request, page_of(region, one)),
    }
    return render(request, "access/organisation_remove.html", context, status=409 if error else 200)


def page_of(region: Region, one: Organisation) -> str:
    return reverse("organisation_remove", args=[region.pk, one.pk])


def found(request: ActingRequest, pk: UUID, organisation: UUID) -> tuple[Region, Organisation]:
    """An organisation outside of the region is absent."""
    region = find_coordinated(request.acting, "organisation.invite", pk)
    return region, get_object_or_404(region.organisations, pk=organisation)
