"""Pages on which a port keeps its profile."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from ports import actions
from ports.actions.profile import content_of, description_of, require_port
from ports.forms.profile import ProfileForm, zones
from ports.models import PortDescription, PortProfile
from portsec.access.middleware import ActingRequest
from portsec.problems import Conflict, Refused


@require_GET
def port_description(request: ActingRequest, pk: UUID) -> HttpResponse:
    """What a port tells of itself stands on its page."""
    told = get_object_or_404(PortDescription.objects.visible_to(request.acting).select_related("owner__port"), pk=pk)
    return redirect("port_detail", unlocode=told.owner.port.unlocode)


@require_http_methods(["GET", "POST"])
def profile_edit(request: ActingRequest) -> HttpResponse:
    """The form carries the version that the person saw: of two who edit at once the second is told."""
    acting = request.acting
    require_port(acting, "profile.keep")
    port = PortProfile.objects.visible_to(acting).select_related("organisation").get(pk=acting.organisation.pk)
    told = description_of(acting)
    kept = {**content_of(port, told or PortDescription()), "version": told.version if told else 0}
    regions = [] if told else list(acting.organisation.regions.order_by("name"))
    form = ProfileForm(request.POST or None, initial=kept, regions=regions)
    if form.is_valid():
        try:
            changed = actions.keep_profile(acting, **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Saved"))
            return redirect("port_detail", unlocode=changed.unlocode)
    context = {"form": form, "port": port, "zones": zones()}
    return render(request, "ports/profile_form.html", context, status=422 if form.is_bound else 200)
