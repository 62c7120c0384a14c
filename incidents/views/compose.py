"""The composer: write, preview, review, send. What is written is a draft from the first press of a button."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from incidents import actions, queries
from incidents.forms import AlertForm
from incidents.models import Alert
from incidents.models.cap import Severity
from incidents.queries import Reach
from incidents.views.shown import reach_shown
from ports.queries import own_region
from portsec.access import tlp
from portsec.access.acting import Acting
from portsec.access.audiences import AudienceWish
from portsec.access.middleware import ActingRequest
from portsec.access.models import Audience
from portsec.access.step_up import has_fresh_second_factor
from portsec.delivery.policies import seconds_to_answer
from portsec.problems import Conflict, Refused

CHOICES = (Audience.Kind.NAMED, Audience.Kind.REGION_PORTS, Audience.Kind.REGION, Audience.Kind.LINKED_REGIONS)


@require_http_methods(["GET", "POST"])
def alert_compose(request: ActingRequest, pk: str | None = None) -> HttpResponse:
    """A new alert, or a draft taken up again. Saving and reviewing keep what is written; sending is the next page."""
    acting = request.acting
    acting.require("alert.draft")
    draft = own_draft(acting, pk) if pk else None
    form = AlertForm(acting, request.POST or None, instance=draft)
    if form.is_valid():
        try:
            saved = save_draft(acting, form, draft)
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            return after_saving(request, saved)
    context = {
        "form": form,
        "draft": draft,
        **audience_context(acting, form),
    }
    return render(request, "incidents/alert_compose.html", context, status=422 if form.is_bound else 200)


def own_draft(acting: Acting, pk: str) -> Alert:
    draft: Alert = get_object_or_404(Alert.objects.editable_by(acting), pk=pk, state=Alert.State.DRAFT)
    return draft


def save_draft(acting: Acting, form: AlertForm, draft: Alert | None) -> Alert:
    if draft is None:
        return actions.draft_alert(acting, **form.arguments())
    return actions.edit_draft(acting, draft, **form.arguments())


def after_saving(request: ActingRequest, draft: Alert) -> HttpResponse:
    if request.POST.get("then") == "draft":
        messages.success(request, _("Draft saved. Nobody has been told."))
        return redirect("alert_edit", pk=draft.pk)
    return redirect("alert_review", pk=draft.pk)


def audience_context(acting: Acting, form: AlertForm) -> dict[str, Any]:
    region = own_region(acting)
    sizes = queries.audience_sizes(acting, region.pk if region else None)
    label = form["tlp"].value() or tlp.Tlp.AMBER
    chosen = form["audience_kind"].value()
    return {"region": region, "audience_choices": [audience_choice(kind, label, region, sizes, chosen) for kind in CHOICES]}


def audience_choice(kind: Audience.Kind, label: str, region: Any, sizes: dict[str, int], chosen: str) -> dict[str, Any]:
    name = region.name if region else ""
    words = {
        Audience.Kind.NAMED: (_("Named organisations"), _("Choose them one by one")),
        Audience.Kind.REGION_PORTS: (_("Ports of the %s") % name, _("And each that joins later")),
        Audience.Kind.REGION: (_("Whole %s") % name, _("Ports, agencies and the coordinator")),
        Audience.Kind.LINKED_REGIONS: (_("Linked regions too"), _("Everyone here and in the linked regions")),
    }[kind]
    disabled = label in tlp.WIDEST and not tlp.allows(label, kind)
    reason = tlp.too_wide(label, kind) if disabled else ""
    return {
        "value": kind.value,
        "label": words[0],
        "hint": words[1],
        "count": sizes.get(kind),
        "disabled": disabled,
        "reason": reason,
        "checked": kind.value == chosen,
        "too_wide": {one: str(tlp.too_wide(one, kind)) for one in tlp.Tlp.values if not tlp.allows(one, kind)},
    }


@require_POST
def alert_preview(request: ActingRequest) -> HttpResponse:
    """Whom the present choice would reach, for the page beside the form."""
    acting = request.acting
    acting.require("alert.draft")
    form = AlertForm(acting, request.POST)
    form.is_valid()
    said = form.cleaned_data
    reach, refusal = Reach(), ""
    if "audience_kind" in said and "tlp" in said:
        try:
            reach = queries.preview(acting, form.wish(), said["tlp"])
        except Refused as refused:
            refusal = "" if refused.faults[0].code == "required" else refused.faults[0].detail
    return render(request, "incidents/_preview.html", {"reach": reach_shown(reach, refusal)})


@require_http_methods(["GET", "POST"])
def alert_review(request: ActingRequest, pk: str) -> HttpResponse:
    """Exactly what will be sent, and to whom. The button here is the one that tells people."""
    acting = request.acting
    acting.require("alert.publish")
    alert = get_object_or_404(queries.readable(acting), pk=pk, owner=acting.organisation)
    if alert.state != Alert.State.DRAFT:
        return redirect(alert)
    error = ""
    if request.method == "POST":
        try:
            return send(request, alert)
        except Refused as refused:
            error = refused.faults[0].detail
        except Conflict as conflict:
            error = str(conflict)
    return render(request, "incidents/alert_review.html", review_context(acting, alert, error), status=422 if error else 200)


def review_context(acting: Acting, alert: Alert, error: str) -> dict[str, Any]:
    try:
        reach, refusal = queries.preview(acting, AudienceWish.from_json(alert.wish), alert.tlp), ""
    except Refused as refused:
        reach, refusal = Reach(), refused.faults[0].detail
    is_extreme = alert.severity == Severity.EXTREME
    return {
        "alert": alert,
        "reach": reach_shown(reach, refusal),
        "previewed": " ".join(str(one.pk) for one in reach.organisations),
        "is_extreme": is_extreme,
        "answer_within": alert.acknowledge_within or seconds_to_answer(acting, alert.severity) or alert.seconds_to_answer,
        "confirm_word": confirm_word(acting) if is_extreme else "",
        "needs_second_factor": is_extreme and not has_fresh_second_factor(acting),
        "has_second_factor": is_extreme and is_mfa_enabled(acting.user),
        "error": error or refusal,
    }


def confirm_word(acting: Acting) -> str:
    """What the sender of an Extreme alert types: the place's name, in letters that any keyboard has."""
    return slugify(acting.organisation.name.removeprefix("Port of ")).replace("-", " ").upper()


def send(request: ActingRequest, alert: Alert) -> HttpResponse:
    acting = request.acting
    if alert.severity == Severity.EXTREME and request.POST.get("confirm", "").strip().upper() != confirm_word(acting):
        raise Conflict(_("Type %s to send an Extreme alert.") % confirm_word(acting))
    published = actions.publish_draft(acting, alert, previewed=shown_ids(request))
    told = len(published.reached)
    messages.success(request, ngettext("Sent to %d organisation.", "Sent to %d organisations.", told) % told)
    if published.joined:
        names = ", ".join(one.name for one in published.joined)
        messages.info(request, _("Also reached, though not in your preview: %s, which joined meanwhile.") % names)
    return redirect(alert)


def shown_ids(request: ActingRequest) -> list[UUID]:
    """The organisations that the review page showed; what is no id counts as not shown."""
    shown = []
    for text in request.POST.get("previewed", "").split():
        with suppress(ValueError):
            shown.append(UUID(text))
    return shown


@require_POST
def alert_discard(request: ActingRequest, pk: str) -> HttpResponse:
    actions.discard_draft(request.acting, own_draft(request.acting, pk))
    messages.success(request, _("Draft discarded. Nobody had been told."))
    return redirect("alert_list")
