"""Pages on which a port writes a declaration: three steps, each saved, so that nothing is lost between two calls by radio."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from ports import actions
from ports.actions.declarations import require_port
from ports.forms.declarations import MeasuresForm, OtherFacilityForm, PeriodForm, ShipForm, SidesForm, period_initial
from ports.models import Counterpart, DeclarationOfSecurity, SecurityLevel
from ports.queries import port_levels
from ports.queries.declarations import choosable, signatures
from ports.views.declarations import the_declaration
from ports.views.facilities import seen_version
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.middleware import ActingRequest
from portsec.problems import Conflict, Refused

State = DeclarationOfSecurity.State
STEPS = {"sides": gettext_lazy("Who"), "period": gettext_lazy("What and when"), "measures": gettext_lazy("Measures")}
ORDER = tuple(STEPS)


@require_http_methods(["GET", "POST"])
def declaration_new(request: ActingRequest) -> HttpResponse:
    """Step 1. `kind` is ship or facility; `with` the port on whose facilities the person came here."""
    acting = request.acting
    require_port(acting, "declaration.request")
    kind = Counterpart.FACILITY if request.GET.get("kind") == Counterpart.FACILITY else Counterpart.SHIP
    form = sides_form(acting, kind, request.POST or None, initial=initial_of_new(acting, request.GET.get("with", "")))
    if form.is_valid():
        try:
            one = actions.draft_declaration(acting, **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        else:
            return redirect("declaration_period", pk=one.pk)
    context = {"form": form, "kind": kind, "step": "sides", "steps": steps_of("sides"), "declaration": None}
    return render(request, "ports/declaration_step.html", context, status=422 if form.is_bound else 200)


def sides_form(acting: Acting, kind: str, data: Any, initial: dict[str, Any]) -> SidesForm:
    form_class = ShipForm if kind == Counterpart.SHIP else OtherFacilityForm
    return form_class(data, acting=acting, facilities=list(choosable(acting)), initial=initial)


def initial_of_new(acting: Acting, other: str) -> dict[str, Any]:
    """The own level as it is in force; the other facility where that port has one only. Up to 3 queries."""
    levels = {one.port.pk: int(one.level) for one in port_levels(acting)}
    initial: dict[str, Any] = {"own_level": levels.get(acting.organisation.pk, int(SecurityLevel.NORMAL))}
    with suppress(ValueError):
        theirs = list(choosable(acting).filter(owner=UUID(other))[:2]) if other else []
        if len(theirs) == 1:
            initial["other_facility"] = str(theirs[0].pk)
    return initial


def steps_of(step: str) -> list[dict[str, Any]]:
    return [{"name": name, "label": label, "is_here": name == step, "is_done": ORDER.index(name) < ORDER.index(step)}
            for name, label in STEPS.items()]  # fmt: skip


@require_http_methods(["GET", "POST"])
def declaration_edit(request: ActingRequest, pk: UUID, step: str) -> HttpResponse:
    """A draft goes from step to step. Of what was requested one step is changed, and makes a new version of the text."""
    acting, one = request.acting, own_declaration(request.acting, pk)
    form = step_form(acting, one, step, request.POST or None)
    if form.is_valid():
        try:
            said = {"version": seen_version(request), "clear_signatures": bool(request.POST.get("clear_signatures")), **form.arguments()}
            actions.edit_declaration(acting, one, **said)
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            return next_page(request, one, step)
    stands = the_declaration(acting, pk)  # as it is in the database, whatever a refused form has set
    context = {
        "form": form,
        "kind": stands.counterpart,
        "step": step,
        "steps": steps_of(step) if stands.state == State.DRAFT else [],
        "declaration": stands,
        "standing_signatures": [given for given in signatures(acting, stands) if not given.is_cleared],
    }
    return render(request, "ports/declaration_step.html", context, status=422 if form.is_bound else 200)


def step_form(acting: Acting, one: DeclarationOfSecurity, step: str, data: Any) -> Any:
    if step == "measures":
        return MeasuresForm(data, declaration=one)
    if step == "period":
        return PeriodForm(data, initial=period_initial(one))
    names = ("own_level", "other_level", "ship_name", "ship_imo", "ship_flag", "ship_person", "ship_role", "ship_contact")
    facilities = {"facility": str(one.facility_id), "other_facility": str(one.other_facility_id or "")}
    return sides_form(acting, one.counterpart, data, {**{name: getattr(one, name) for name in names}, **facilities})


def next_page(request: ActingRequest, one: DeclarationOfSecurity, step: str) -> HttpResponse:
    if one.state != State.DRAFT:
        messages.success(request, _("Version %d is written. It waits for an answer, then for signatures.") % one.text_version)
        return redirect(one)
    place = ORDER.index(step) + 1
    return redirect(f"declaration_{ORDER[place]}", pk=one.pk) if place < len(ORDER) else redirect(one)


def own_declaration(acting: Acting, pk: UUID) -> Any:
    """One that the acting port may change: seen but not one's own is 403."""
    one = the_declaration(acting, pk)
    require_port(acting, "declaration.request")
    if one.owner_id != acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change this declaration. Decline it, and say why.") % one.owner.name, code="not_owner")
    return one


@require_POST
def declaration_request(request: ActingRequest, pk: UUID) -> HttpResponse:
    """What is missing is said where the draft stands, with the way to the step that asks for it."""
    one = own_declaration(request.acting, pk)
    try:
        actions.request_declaration(request.acting, one, version=seen_version(request))
    except Refused as refused:
        messages.error(request, " ".join(dict.fromkeys(fault.detail for fault in refused.faults)))
        return redirect(f"declaration_{step_of(refused)}", pk=pk)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        told = _("%(ref)s is requested of %(other)s.") % {"ref": one.ref_id, "other": one.other_name}
        messages.success(request, told)
    return redirect("declaration_detail", pk=pk)


def step_of(refused: Refused) -> str:
    field = refused.faults[0].field.partition("/")[0]
    if field in ("activities", "reason", "valid_from", "valid_to"):
        return "period"
    return "measures" if field in ("measures", "additional") else "sides"


@require_POST
def declaration_delete(request: ActingRequest, pk: UUID) -> HttpResponse:
    one = own_declaration(request.acting, pk)
    try:
        actions.delete_declaration(request.acting, one)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("declaration_detail", pk=pk)
    messages.success(request, _("Deleted: %s") % one)
    return redirect("declaration_list")
