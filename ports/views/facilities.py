"""Pages of port facilities. They are listed on their port's page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ports import actions
from ports.actions.facilities import require_port
from ports.forms.levels import FacilityForm
from ports.models import PortFacility
from ports.queries.facilities import facilities
from portsec.access.middleware import ActingRequest
from portsec.problems import Conflict, Refused


@require_GET
def facility_detail(request: ActingRequest, pk: str) -> HttpResponse:
    """A facility is told on the page of its port."""
    facility = get_object_or_404(facilities(request.acting).select_related("owner__port"), pk=pk)
    return redirect("port_detail", unlocode=facility.owner.port.unlocode)


@require_http_methods(["GET", "POST"])
def facility_add(request: ActingRequest) -> HttpResponse:
    acting = request.acting
    require_port(acting)
    form = FacilityForm(request.POST or None, regions=list(acting.organisation.regions.order_by("name")))
    if form.is_valid():
        try:
            added = actions.add_facility(acting, **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("%s added") % added.name)
            return redirect("port_detail", unlocode=acting.organisation.port.unlocode)
    return render(request, "ports/facility_form.html", {"form": form, "facility": None}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def facility_edit(request: ActingRequest, pk: str) -> HttpResponse:
    """The form carries the version that the person saw: of two who edit at once the second is told."""
    acting, facility = request.acting, own_facility(request, pk)
    acting.require("facility.keep")
    stands = own_facility(request, pk)  # as it is in the database, whatever a refused form sets
    form = FacilityForm(request.POST or None, instance=facility)
    if form.is_valid():
        try:
            actions.edit_facility(acting, facility, version=seen_version(request), **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Saved"))
            return redirect("port_detail", unlocode=acting.organisation.port.unlocode)
    return render(request, "ports/facility_form.html", {"form": form, "facility": stands}, status=422 if form.is_bound else 200)


def seen_version(request: ActingRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@require_POST
def facility_close(request: ActingRequest, pk: str) -> HttpResponse:
    closed = actions.close_facility(request.acting, own_facility(request, pk))
    messages.success(request, _("%s is closed. Its history stays.") % closed.name)
    return redirect("port_detail", unlocode=request.acting.organisation.port.unlocode)


def own_facility(request: ActingRequest, pk: str) -> PortFacility:
    mine = facilities(request.acting, request.acting.organisation.pk, active=True)
    facility: PortFacility = get_object_or_404(mine, pk=pk)
    return facility
