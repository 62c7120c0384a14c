"""Webhooks of one's own organisation: which systems are called, with what secret, and how each call went."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portsec.access.middleware import ActingRequest
from portsec.delivery import actions, queries
from portsec.delivery.endpoint_forms import WebhookForm
from portsec.delivery.models import Channel, Endpoint
from portsec.delivery.secrets import open_secret
from portsec.delivery.views.endpoints import as_read, own_endpoint, saved, tries_of
from portsec.problems import Conflict, Refused

SHOWN_ONCE = "webhook_secret_to_show"  # in the session: of which webhook, never the secret itself


@require_safe
def webhook_list(request: ActingRequest) -> HttpResponse:
    """1 query."""
    request.acting.require("webhook.manage")
    return render(request, "delivery/webhook_list.html", {"webhooks": queries.webhooks(request.acting)})


@require_http_methods(["GET", "POST"])
def webhook_add(request: ActingRequest) -> HttpResponse:
    request.acting.require("webhook.manage")
    form = WebhookForm(None, request.POST or None)
    if form.is_valid():
        try:
            webhook, _secret = actions.add_webhook(request.acting, **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        else:
            return shown_once(request, webhook)
    return render(request, "delivery/webhook_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def webhook_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    webhook = own_webhook(request, pk)
    form = WebhookForm(webhook, request.POST or None)
    if form.is_valid() and saved(request, form, lambda: actions.edit_webhook(request.acting, as_read(webhook, form), **form.arguments())):
        return redirect("webhook_detail", pk=pk)
    return render(request, "delivery/webhook_detail.html", context_of(request, pk, form), status=422 if form.is_bound else 200)


@require_POST
def webhook_rotate(request: ActingRequest, pk: UUID) -> HttpResponse:
    webhook = own_webhook(request, pk)
    try:
        actions.rotate_secret(request.acting, webhook)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("webhook_detail", pk=pk)
    return shown_once(request, webhook)


def shown_once(request: ActingRequest, webhook: Endpoint) -> HttpResponse:
    """The next page shows the secret, and no page after it."""
    request.session[SHOWN_ONCE] = str(webhook.pk)
    return redirect("webhook_detail", pk=webhook.pk)


def own_webhook(request: ActingRequest, pk: UUID) -> Endpoint:
    webhook = own_endpoint(request, pk)
    if webhook.channel != Channel.WEBHOOK:
        raise Http404
    return webhook


def context_of(request: ActingRequest, pk: UUID, form: WebhookForm) -> dict[str, Any]:
    """As it is in the database, whatever a refused form has set."""
    webhook = own_webhook(request, pk)
    is_new = request.session.get(SHOWN_ONCE) == str(pk) and request.session.pop(SHOWN_ONCE)
    return {
        "endpoint": webhook,
        "form": form,
        "secret": open_secret(webhook.sealed_secret) if is_new else "",
        **tries_of(webhook),
    }
