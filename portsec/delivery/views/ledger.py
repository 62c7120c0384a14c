"""The ledger's pages, and the buttons of an escalation."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from portsec.access.middleware import ActingRequest
from portsec.access.models import Organisation
from portsec.access.pages import Key
from portsec.access.views import own_address
from portsec.delivery.figures import figures_of, picture
from portsec.delivery.forms import LedgerForm
from portsec.delivery.ledger import Choice, Show, history_of, ledger_page, readable
from portsec.delivery.progress import step_label
from portsec.delivery.steering import Steering, may_steer, steer
from portsec.problems import Conflict, Refused

PAGE = 50
DONE = {
    Steering.PAUSE: _("Paused. Nobody is reminded until you resume."),
    Steering.RESUME: _("Resumed. What was left to wait is still waited."),
    Steering.RESTART: _("Begun anew, with the first step."),
}


@require_GET
def delivery_list(request: ActingRequest) -> HttpResponse:
    """Three views of one list: sent, received, coordinated. Only a coordination body has the third."""
    form = LedgerForm(request.acting, request.GET)
    if not form.is_valid():
        return render(request, "delivery/list.html", _shown(request, form, Choice()), status=422)
    choice = form.choice()
    page = ledger_page(request.acting, choice, limit=PAGE, before=_place(request, "before"), after=_place(request, "after"))
    real, exercises = figures_of(request.acting, choice)
    neighbours = {"newer_url": _address(request, after=page.newer), "older_url": _address(request, before=page.older)}
    drawn = {"figures": real, "exercises": exercises, "picture": picture(real)}
    return render(request, "delivery/list.html", {**_shown(request, form, choice), **drawn, **neighbours, "lines": page.records})


def _shown(request: ActingRequest, form: LedgerForm, choice: Choice) -> dict[str, Any]:
    coordinates = request.acting.organisation.kind == Organisation.Kind.COORDINATION_BODY
    views = [(value, label) for value, label in Show.choices if value != Show.COORDINATED or coordinates or choice.show == value]
    kept = {name: value for name, value in request.GET.items() if value and name not in {"before", "after", "format"}}
    export = f"{reverse('delivery-list')}?{urlencode({**kept, 'format': 'csv'})}"
    return {"filters": form, "views": views, "show": choice.show, "is_filtered": choice.narrows, "export_url": export}


def _address(request: ActingRequest, **places: Key | None) -> str:
    kept = {name: value for name, value in request.GET.items() if value and name not in {"before", "after"}}
    places = {name: key for name, key in places.items() if key}
    return f"?{urlencode(kept | {name: str(key) for name, key in places.items()})}" if places else ""


def _place(request: ActingRequest, name: str) -> Key | None:
    try:
        return Key.parse(request.GET[name]) if name in request.GET else None
    except ValueError as error:
        raise Http404 from error


@require_GET
def delivery_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    """The whole history of one delivery: what was sent, each try, each step, the answer."""
    delivery = get_object_or_404(readable(request.acting), pk=pk)
    history = history_of(request.acting, delivery)
    left = delivery.escalation_steps[delivery.escalation_step :] if delivery.escalate_at else []
    context = {
        "delivery": delivery,
        "line": history,
        "is_recipient": delivery.recipient_id == request.acting.organisation.pk,
        "next_step": step_label(left[0]["step"]) if left else "",
        "may_steer": may_steer(request.acting, delivery) and delivery.is_open and delivery.acknowledge_by is not None,
        "may_restart": delivery.escalation_step > 0 or delivery.escalation_paused_at is not None,
    }
    return render(request, "delivery/detail.html", context)


@require_POST
def escalation_steer(request: ActingRequest, pk: UUID) -> HttpResponse:
    """Pauses, resumes or begins anew, and goes back to where the button stood."""
    delivery = get_object_or_404(readable(request.acting), pk=pk)
    how = request.POST.get("how", "")
    try:
        steer(request.acting, delivery, how)
    except Conflict as conflict:
        messages.info(request, str(conflict))
    except Refused as refused:
        messages.error(request, refused.faults[0].detail)
    else:
        messages.success(request, DONE[Steering(how)])
    return redirect(own_address(request, request.POST.get("next", "")) or reverse("delivery_detail", args=[pk]))
