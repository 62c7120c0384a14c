"""Where an organisation is told besides its dashboards. Everybody of it may see that; who manages it changes it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portsec.access.middleware import ActingRequest
from portsec.delivery import actions, queries
from portsec.delivery.actions.endpoints import require_for
from portsec.delivery.actions.testing import not_set_up
from portsec.delivery.endpoint_forms import MailboxForm, ThresholdForm, WebhookForm
from portsec.delivery.models import Channel, Endpoint
from portsec.delivery.models.endpoint import Kind
from portsec.problems import Conflict, Refused


@require_safe
def endpoint_list(request: ActingRequest) -> HttpResponse:
    """In the order in which they are told. 1 query."""
    found = queries.house_endpoints(request.acting)
    missing = queries.unreached(found)
    context = {
        "contacts": [one for one in found if one.contact_point],
        "mailboxes": [one for one in found if not one.contact_point and one.channel == Channel.EMAIL],
        "webhooks": [one for one in found if one.channel == Channel.WEBHOOK],
        "missing": queries.said_unreached(missing) if missing else "",
        "missing_is_urgent": bool(queries.URGENT & set(missing)),
        "not_set_up": not_set_up(Channel.SMS),
    }
    return render(request, "delivery/endpoint_list.html", context)


@require_http_methods(["GET", "POST"])
def endpoint_add(request: ActingRequest) -> HttpResponse:
    """A shared mailbox."""
    acting = request.acting
    acting.require("endpoint.manage")
    form = MailboxForm(None, request.POST or None)
    form.initial = {"kinds": Kind.values, "threshold": "all"}
    if form.is_valid():
        try:
            one = actions.add_mailbox(acting, **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Added: %s. Send a test to see whether it arrives.") % one.label)
            return redirect("endpoint_detail", pk=one.pk)
    return render(request, "delivery/endpoint_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def endpoint_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    """How it is told, how that went, and a test."""
    endpoint = own_endpoint(request, pk)
    if endpoint.person_id is not None or endpoint.channel == Channel.WEBHOOK:
        return redirect(page_of(endpoint))
    form = (ThresholdForm if endpoint.contact_point else MailboxForm)(endpoint, request.POST or None)
    if form.is_valid() and saved(request, form, lambda: actions.edit_endpoint(request.acting, as_read(endpoint, form), **form.arguments())):
        return redirect("endpoint_list")
    context = {"endpoint": own_endpoint(request, pk), "form": form, **tries_of(endpoint)}
    return render(request, "delivery/endpoint_detail.html", context, status=422 if form.is_bound else 200)


@require_safe
def endpoint_tries(request: ActingRequest, pk: UUID) -> HttpResponse:
    """The part of a page that says how it went: asked for again while a test is on its way."""
    endpoint = own_endpoint(request, pk)
    return render(request, "delivery/_tries.html", {"endpoint": endpoint, **tries_of(endpoint)})


@require_POST
def endpoint_test(request: ActingRequest, pk: UUID) -> HttpResponse:
    endpoint = own_endpoint(request, pk)
    done(request, lambda: actions.send_test(request.acting, endpoint), "")
    return redirect(page_of(endpoint))


@require_POST
def endpoint_switch(request: ActingRequest, pk: UUID) -> HttpResponse:
    endpoint, on = own_endpoint(request, pk), request.POST.get("on") == "1"
    sentence = _("Switched on: %s") if on else _("Switched off: %s")
    done(request, lambda: actions.switch_endpoint(request.acting, endpoint, on=on), sentence % endpoint.label)
    return redirect(page_of(endpoint))


@require_POST
def endpoint_remove(request: ActingRequest, pk: UUID) -> HttpResponse:
    endpoint = own_endpoint(request, pk)
    done(request, lambda: actions.remove_endpoint(request.acting, endpoint), _("Taken away: %s") % endpoint.label)
    return redirect(list_of(endpoint))


def own_endpoint(request: ActingRequest, pk: UUID) -> Endpoint:
    """One that who acts may change. Of others it does not exist (404); of one's own organisation but not one's to change is 403."""
    endpoint: Endpoint = get_object_or_404(queries.reachable(request.acting), pk=pk)
    require_for(request.acting, endpoint)
    return endpoint


def as_read(endpoint: Endpoint, form: ThresholdForm | WebhookForm) -> Endpoint:
    """As the writer of the form has read it: a change since then is a conflict."""
    endpoint.version = form.cleaned_data["version"] or 0
    return endpoint


def saved(request: ActingRequest, form: ThresholdForm | WebhookForm, verb: Callable[[], Endpoint]) -> bool:
    """Runs the verb; what it refuses stands in the form."""
    try:
        messages.success(request, _("Saved: %s") % verb().label)
    except Refused as refused:
        form.add_refusal(refused)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
    return not form.errors


def done(request: ActingRequest, verb: Callable[[], Any], sentence: str) -> None:
    """Runs the verb, and says what came of it."""
    try:
        verb()
    except Refused as refused:
        messages.error(request, " ".join(fault.detail for fault in refused.faults))
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        if sentence:
            messages.success(request, sentence)


def page_of(endpoint: Endpoint) -> str:
    """Where it is changed; with `#tries`, so that the outcome of a test is what one sees."""
    return f"{_address_of(endpoint)}#tries"


def _address_of(endpoint: Endpoint) -> str:
    if endpoint.person_id is not None:
        return reverse("own_delivery")
    return reverse("webhook_detail" if endpoint.channel == Channel.WEBHOOK else "endpoint_detail", args=[endpoint.pk])


def list_of(endpoint: Endpoint) -> str:
    if endpoint.person_id is not None:
        return "own_delivery"
    return "webhook_list" if endpoint.channel == Channel.WEBHOOK else "endpoint_list"


def tries_of(endpoint: Endpoint) -> dict[str, Any]:
    """2 queries."""
    return {"test": queries.last_test(endpoint), "tries": queries.last_tries(endpoint), "not_set_up": not_set_up(endpoint.channel)}
