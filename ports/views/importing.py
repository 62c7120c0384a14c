"""A file of ports: chosen, looked at line by line, confirmed or thrown away."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from ports import actions
from ports.actions.importing import planned
from ports.forms.importing import PortFileForm, PortForm
from ports.models import PortImport
from ports.queries.imports import waiting_imports
from portsec.access.coordination import find_coordinated, require_coordinated
from portsec.access.middleware import ActingRequest
from portsec.problems import Conflict, Refused

MOST_SHOWN = 100  # of each kind of line; the numbers above are of all
SEPARATORS = {",": gettext_lazy("comma"), ";": gettext_lazy("semicolon"), "\t": gettext_lazy("tab"), "|": gettext_lazy("bar")}


@require_http_methods(["GET", "POST"])
def port_import(request: ActingRequest, pk: UUID) -> HttpResponse:
    acting = request.acting
    region = find_coordinated(acting, "port.import", pk)
    form = PortFileForm(request.POST or None, request.FILES or None, initial={"time_zone": acting.organisation.time_zone})
    if form.is_valid():
        file = form.cleaned_data["file"]
        asked = {name: form.cleaned_data[name] for name in ("time_zone", "encoding")}
        try:
            waiting = actions.look_at_ports(acting, region, data=file.read(), file_name=file.name, **asked)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            return redirect("port_import_review", pk=waiting.pk)
    context = {"form": form, "region": region, "waiting_files": waiting_imports(acting).filter(region=region)}
    return render(request, "ports/port_import.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def port_import_review(request: ActingRequest, pk: UUID) -> HttpResponse:
    asked = own_import(request, pk)
    if request.method == "GET":
        return review(request, asked)
    try:
        plan = actions.import_ports(request.acting, asked, agreed=agreed(request), skip_bad_rows=request.POST.get("skip_bad_rows") == "yes")
    except Conflict as conflict:
        return review(request, asked, str(conflict), status=409)
    except Refused as refused:
        return review(request, asked, refused.faults[0].detail, status=422)
    number = len(plan.new)
    text = ngettext("%(number)d port is in %(region)s now.", "%(number)d ports are in %(region)s now.", number)
    messages.success(request, text % {"number": number, "region": asked.region.name})
    return redirect("region_detail", pk=asked.region_id)


@require_http_methods(["GET", "POST"])
def port_add(request: ActingRequest, pk: UUID) -> HttpResponse:
    """One port by hand; its first administrator is invited on the next page."""
    acting = request.acting
    region = find_coordinated(acting, "port.import", pk)
    form = PortForm(request.POST or None, initial={"time_zone": acting.organisation.time_zone})
    if form.is_valid():
        try:
            added = actions.add_port(acting, region, **form.cleaned_data)
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("%s is in the region. Invite its first administrator.") % added.name)
            return redirect("first_administrator", pk=region.pk, organisation=added.pk)
    return render(request, "ports/port_add.html", {"form": form, "region": region}, status=422 if form.is_bound else 200)


@require_POST
def port_import_discard(request: ActingRequest, pk: UUID) -> HttpResponse:
    asked = own_import(request, pk)
    actions.discard_import(request.acting, asked)
    messages.success(request, _("Thrown away. Nothing of the file was imported."))
    return redirect("port_import", pk=asked.region_id)


def own_import(request: ActingRequest, pk: UUID) -> PortImport:
    """Of another organisation is as absent as nobody's (404); seen but not allowed comes after."""
    asked: PortImport = get_object_or_404(PortImport.objects.waiting(request.acting).select_related("region"), pk=pk)
    require_coordinated(request.acting, "port.import", asked.region)
    return asked


def agreed(request: ActingRequest) -> tuple[int, int, int]:
    """The counts of the page on which the button was pressed; without them they agree with nothing."""
    told = [request.POST.get(name, "") for name in ("new", "known", "refused")]
    new, known, refused = (int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1 for text in told)
    return new, known, refused


def review(request: ActingRequest, asked: PortImport, error: str = "", status: int = 200) -> HttpResponse:
    plan = planned(asked)
    context = {
        "asked": asked,
        "separator": SEPARATORS.get(asked.delimiter, asked.delimiter),
        "counts": plan.counts,
        "new": plan.new[:MOST_SHOWN],
        "refused": plan.refused[:MOST_SHOWN],
        "renamed": plan.renamed[:MOST_SHOWN],
        "renamed_count": len(plan.renamed),
        "most_shown": MOST_SHOWN,
        "error": error,
    }
    return render(request, "ports/port_import_review.html", context, status=status)
