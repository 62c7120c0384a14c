"""Pages on which an organisation says what happens when nobody answers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portsec.access.middleware import ActingRequest
from portsec.access.models import Region
from portsec.delivery.models import EscalationPolicy
from portsec.delivery.models.escalation import DEFAULT_STEPS
from portsec.delivery.policies import (
    Place,
    coordinated_regions,
    policies_of,
    require_keeper,
    reset_policy,
    save_policy,
    steps_in_force,
)
from portsec.delivery.policy_forms import (
    PolicyForm,
    StepForm,
    readable_steps,
    rows_of,
    show_refusal,
    shown_rows,
    step_forms,
    written,
)
from portsec.delivery.progress import in_minutes, step_label
from portsec.delivery.severity import Severity
from portsec.delivery.timeline import picture, timeline
from portsec.problems import Conflict, Refused

ALL = "all"
USUAL_ANSWER = 900  # seconds: drawn where nothing is said


@require_GET
def escalation_policies(request: ActingRequest) -> HttpResponse:
    """Whose policies hold: one's own, and those of one's regions. 1 query, 2 for a coordination body."""
    acting = request.acting
    found = policies_of(acting)
    own = _group("own", _("Policies of %s") % acting.organisation.name, [one for one in found if one.organisation_id])
    kept = coordinated_regions(acting)
    others = {one.region for one in found if one.region} - set(kept)
    regions = [_group(str(region.pk), _("Policies of the %s") % region.name, [p for p in found if p.region == region]) for region in kept]
    read = [_group("", _("Policies of the %s") % region.name, [p for p in found if p.region == region]) for region in others if region]
    groups = [{**own, "may": acting.may("policy.edit")}, *({**one, "may": acting.may("policy.edit_region")} for one in regions), *read]
    return render(request, "delivery/policies.html", {"groups": groups, "default": _sentences(DEFAULT_STEPS)})


def _group(whose: str, title: str, policies: Sequence[EscalationPolicy]) -> dict[str, Any]:
    taken = {one.severity for one in policies}
    free = [(value or ALL, label) for value, label in [("", _("any severity")), *Severity.choices] if value not in taken]
    rows = [{"policy": one, "severity": one.severity or ALL, "steps": _sentences(one.steps)} for one in policies]
    return {"whose": whose, "title": title, "rows": rows, "free": free, "may": False}


def _sentences(steps: Sequence[dict[str, Any]]) -> list[str]:
    return [_sentence(one["after"], step_label(one["step"])) for one in steps]


def _sentence(after: int, step: str) -> str:
    words = _("%(minutes)s min after the deadline: %(step)s") if after else _("At the deadline: %(step)s")
    return words % {"minutes": in_minutes(after), "step": step}


@require_http_methods(["GET", "POST"])
def escalation_policy(request: ActingRequest, whose: str, severity: str) -> HttpResponse:
    """One policy. Rows are added and taken away, and the picture drawn anew, without anything being saved."""
    place = the_place(request, whose, severity)
    require_keeper(request.acting, place.region)
    stands = place.find(request.acting)
    if request.method == "GET":
        steps = stands.steps if stands else steps_in_force(request.acting, place)
        answer = in_minutes(stands.acknowledge_within if stands else None)
        form = PolicyForm(initial={"version": stands.version if stands else 0, "acknowledge_within": answer})
        return _page(request, place, stands, form, step_forms(shown_rows(steps), bound=False), shown_rows(steps))
    then, rows = request.POST.get("then", "save"), rows_of(request.POST)
    if then != "save":
        rows = _rearranged(rows, then)
        form = PolicyForm(initial={name: request.POST.get(name, "") for name in PolicyForm.base_fields})
        return _page(request, place, stands, form, step_forms(rows, bound=False), rows)
    return _save(request, place, stands, rows)


def _rearranged(rows: list[dict[str, str]], then: str) -> list[dict[str, str]]:
    """`add` puts a row before the last, which stays the coordinator's; `remove-2` takes the third away."""
    if then == "add":
        return [*rows[:-1], {"after": "", "step": ""}, *rows[-1:]]
    word, _dash, number = then.partition("-")
    return [row for place, row in enumerate(rows) if not (word == "remove" and number == str(place))]


def _save(request: ActingRequest, place: Place, stands: EscalationPolicy | None, rows: list[dict[str, str]]) -> HttpResponse:
    form, steps = PolicyForm(request.POST), step_forms(rows, bound=True)
    if all([form.is_valid(), *(one.is_valid() for one in steps)]):
        try:
            save_policy(
                request.acting, place, acknowledge_within=form.seconds(), steps=written(steps), version=form.cleaned_data["version"]
            )
        except Refused as refused:
            show_refusal(form, steps, refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Saved. What is under way keeps its steps."))
            return redirect("escalation_policies")
    if any(one.errors for one in steps):
        form.add_error(None, _("Correct the steps that are marked below."))
    return _page(request, place, stands, form, steps, rows, status=422)


def _page(
    request: ActingRequest,
    place: Place,
    stands: EscalationPolicy | None,
    form: PolicyForm,
    steps: Sequence[StepForm],
    rows: Sequence[dict[str, str]],
    *,
    status: int = 200,
) -> HttpResponse:
    stops = timeline(request.acting, place.region, place.severity, readable_steps(rows))
    within = (form.is_bound and form.is_valid() and form.seconds()) or (stands and stands.acknowledge_within) or USUAL_ANSWER
    context = {
        "place": place,
        "whose": str(place.region.pk) if place.region else "own",
        "severity": place.severity or ALL,
        "severity_label": Severity(place.severity).label if place.severity else _("any severity"),
        "policy": stands,
        "form": form,
        "steps": list(zip(steps, range(len(steps)), strict=True)),
        "drawn": picture(stops, within),
    }
    return render(request, "delivery/policy.html", context, status=status)


@require_POST
def escalation_policy_reset(request: ActingRequest, whose: str, severity: str) -> HttpResponse:
    """Back to the default."""
    place = the_place(request, whose, severity)
    version = request.POST.get("version", "")
    try:
        reset_policy(request.acting, place, version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, _("The default holds again. What is under way keeps its steps."))
    return redirect("escalation_policies")


def the_place(request: ActingRequest, whose: str, severity: str) -> Place:
    """404 for a region that is not one's own, as for one that does not exist."""
    if severity != ALL and severity not in Severity.values:
        raise Http404
    return Place(None if whose == "own" else own_region(request, whose), "" if severity == ALL else severity)


def own_region(request: ActingRequest, whose: str) -> Region:
    try:
        pk = UUID(whose)
    except ValueError as error:
        raise Http404 from error
    found: Region = get_object_or_404(Region.objects.filter(memberships__organisation=request.acting.organisation), pk=pk)
    return found
