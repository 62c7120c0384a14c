"""Service tokens of one's own organisation: what each may do, until when, and when it was last used.

A new secret is shown on a page of its own, behind a redirect: who reloads it makes no second token.
"""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from portsec.access import actions, queries
from portsec.access.middleware import ActingRequest
from portsec.access.models import ServiceToken
from portsec.access.organisation_forms import RotateForm, TokenForm, scope_choices
from portsec.access.sealing import seal, unseal
from portsec.access.views.step_up import kept_input, sent_to_confirm, step_up_shown
from portsec.problems import Conflict, Refused

NEW_SECRET = "new_token_secret"  # noqa: S105 (of the session, and what its seal is for)
SHOWN_WITHIN = 300  # seconds


@require_safe
def token_list(request: ActingRequest) -> HttpResponse:
    request.acting.require("token.manage")
    return render(request, "access/token_list.html", {"tokens": queries.tokens(request.acting)})


@require_http_methods(["GET", "POST"])
def token_create(request: ActingRequest) -> HttpResponse:
    acting = request.acting
    acting.require("token.manage")
    here = reverse("token_create")
    form = TokenForm(request.POST or None, initial=kept_input(request, frozenset({"scopes"})))
    if form.is_valid():
        if away := sent_to_confirm(request, here):
            return away
        try:
            token, secret = actions.create_token(acting, **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        else:
            return to_secret(request, token, secret)
    context = {"form": form, "step_up": step_up_shown(request, here)}
    return render(request, "access/token_create.html", context, status=422 if form.is_bound else 200)


def to_secret(request: ActingRequest, token: ServiceToken, secret: str, grace: int | None = None) -> HttpResponse:
    """The session carries it to the page that shows it, sealed: whoever reads the table of sessions reads nothing."""
    request.session[NEW_SECRET] = seal(json.dumps([str(token.id), secret, grace]), NEW_SECRET)
    return redirect("token_secret", token.id)


@require_GET
def token_secret(request: ActingRequest, pk: UUID) -> HttpResponse:
    """The one time that the secret is shown, and within minutes: afterwards it is nowhere."""
    token = own_token(request, pk)
    told = json.loads(unseal(request.session.pop(NEW_SECRET, ""), NEW_SECRET, within=SHOWN_WITHIN) or "[]")
    if not told or told[0] != str(token.id):
        messages.error(request, _("A secret is shown once. If you have not copied it, rotate the token."))
        return redirect(page_of(token))
    return render(request, "access/token_secret.html", {"token": token, "secret": told[1], "grace": told[2]})


def own_token(request: ActingRequest, pk: UUID) -> ServiceToken:
    """Of another organisation is as absent as nobody's (404); seen but not allowed comes after."""
    token: ServiceToken = get_object_or_404(queries.tokens(request.acting), id=pk)
    request.acting.require("token.manage")
    return token


@require_safe
def token_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    return token_page(request, own_token(request, pk))


@require_POST
def token_rotate(request: ActingRequest, pk: UUID) -> HttpResponse:
    token = own_token(request, pk)
    form = RotateForm(request.POST)
    if form.is_valid():
        if away := sent_to_confirm(request, page_of(token)):
            return away
        try:
            made, secret = actions.rotate_token(request.acting, token, grace=form.cleaned_data["grace"])
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            return to_secret(request, made, secret, form.cleaned_data["grace"])
    return token_page(request, token, rotate_form=form)


@require_POST
def token_revoke(request: ActingRequest, pk: UUID) -> HttpResponse:
    token = own_token(request, pk)
    try:
        actions.revoke_token(request.acting, token)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, _("%s is revoked. Whatever uses it is refused from now on.") % token.name)
    return redirect("token_list")


def page_of(token: ServiceToken) -> str:
    return reverse("token_detail", args=[token.id])


def token_page(request: ActingRequest, token: ServiceToken, **forms: Any) -> HttpResponse:
    kept = {} if forms else kept_input(request)
    words = dict(scope_choices())
    context = {
        "token": token,
        "scopes": [(scope, words.get(scope, scope)) for scope in token.scopes],
        "rotate_form": RotateForm(initial=kept),
        "step_up": step_up_shown(request, page_of(token)),
    }
    return render(request, "access/token.html", context | forms, status=422 if forms else 200)
