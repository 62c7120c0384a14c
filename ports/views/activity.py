"""Pages of a port's yearly volumes."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from ports import actions
from ports.actions.activity import YearTaken, this_year
from ports.actions.profile import require_port
from ports.forms.profile import ActivityForm
from ports.models import PortActivity, PortProfile
from ports.queries.profile import activities
from ports.views.activity_chart import LABELS, chart, first_reported
from ports.views.facilities import seen_version
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.middleware import ActingRequest
from portsec.problems import Conflict, Refused


@require_GET
def port_activity(request: ActingRequest, unlocode: str) -> HttpResponse:
    """Every year of a port as a picture of one figure, and as a table of all. 2 queries."""
    acting = request.acting
    port = get_object_or_404(PortProfile.objects.visible_to(acting).select_related("organisation"), unlocode=unlocode)
    years = list(activities(acting, port.pk))
    measure = request.GET.get("measure", "")
    measure = measure if measure in LABELS else first_reported(years)
    context = {
        "port": port,
        "years": years,
        "measures": LABELS.items(),
        "measure": measure,
        "chart": chart(years, measure),
        "this_year": this_year(acting),
        "may_keep": may_keep(acting, port),
    }
    return render(request, "ports/activity_list.html", context)


def may_keep(acting: Acting, port: PortProfile) -> bool:
    return port.pk == acting.organisation.pk and acting.may("profile.keep")


@require_GET
def activity_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    """A year is told among the others of its port."""
    activity = get_object_or_404(activities(request.acting).select_related("owner__port"), pk=pk)
    return redirect("port_activity", unlocode=activity.owner.port.unlocode)


@require_http_methods(["GET", "POST"])
def activity_add(request: ActingRequest) -> HttpResponse:
    acting = request.acting
    require_port(acting, "profile.keep")
    form = ActivityForm(request.POST or None, initial={"year": this_year(acting) - 1}, regions=regions_of(acting))
    context: dict[str, Any] = {"form": form, "activity": None}
    if form.is_valid():
        try:
            added = actions.record_activity(acting, wish=form.wish(), **form.arguments())
        except YearTaken as taken:
            form.add_refusal(taken)
            context["taken"] = taken.activity
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("%d recorded") % added.year)
            return to_years(acting)
    return render(request, "ports/activity_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def activity_edit(request: ActingRequest, pk: UUID) -> HttpResponse:
    acting, activity = request.acting, own_activity(request, pk)
    stands = own_activity(request, pk)  # as it is in the database, whatever a refused form sets
    initial = {"audience_kind": stands.audience.kind, "region": stands.audience.region_id}
    form = ActivityForm(request.POST or None, instance=activity, initial=initial, regions=regions_of(acting))
    if form.is_valid():
        try:
            actions.edit_activity(acting, activity, version=seen_version(request), wish=changed_wish(form, stands), **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Saved"))
            return to_years(acting)
    return render(request, "ports/activity_form.html", {"form": form, "activity": stands}, status=422 if form.is_bound else 200)


def changed_wish(form: ActivityForm, stands: PortActivity) -> Any:
    """None where the person left the audience as it was: a region that the port has left is not asked again."""
    wish = form.wish()
    region = wish.region or stands.audience.region_id
    return None if (wish.kind, region) == (stands.audience.kind, stands.audience.region_id) else wish


def own_activity(request: ActingRequest, pk: UUID) -> PortActivity:
    """One that the acting port may change: seen but not one's own is 403."""
    request.acting.require("profile.keep")
    activity: PortActivity = get_object_or_404(activities(request.acting), pk=pk)
    if activity.owner_id != request.acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change its figures.") % activity.owner.name, code="not_owner")
    return activity


def regions_of(acting: Acting) -> Any:
    return list(acting.organisation.regions.order_by("name"))


def to_years(acting: Acting) -> HttpResponse:
    return redirect(reverse("port_activity", args=[acting.organisation.port.unlocode]))
