"""How the people of one's own organisation sign in: the second factor, the provider, and whether passwords still do."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portsec.access import actions, queries
from portsec.access.middleware import ActingRequest
from portsec.access.openid.flow import callback_address
from portsec.access.sign_in_forms import ProviderForm, SecondFactorForm
from portsec.access.views.step_up import kept_input, sent_to_confirm, step_up_shown
from portsec.problems import Conflict, Refused


def rules_page(request: ActingRequest, **forms: Any) -> HttpResponse:
    """All of it on one page; a form that was refused comes back with its input."""
    acting = request.acting
    kept = {} if forms else kept_input(request)
    connection, begins = queries.connection(acting), acting.organisation.second_factor_from
    rule = {"required": begins is not None, "begins": timezone.localdate(begins) if begins else None}
    context = {
        "factor_form": SecondFactorForm(initial=rule | kept),
        "provider_form": ProviderForm.of(connection, kept),
        "connection": connection,
        "callback": callback_address(connection) if connection else "",
        "begins": begins,
        "password_allowed": acting.organisation.password_allowed,
        "without": queries.without_second_factor(acting),
        "step_up": step_up_shown(request, reverse("sign_in_rules")),
    }
    return render(request, "access/sign_in_rules.html", context | forms, status=422 if forms else 200)


@require_safe
def sign_in_rules(request: ActingRequest) -> HttpResponse:
    request.acting.require("sign_in.manage")
    return rules_page(request)


@require_POST
def sign_in_factor(request: ActingRequest) -> HttpResponse:
    request.acting.require("sign_in.manage")
    form = SecondFactorForm(request.POST)
    if not form.is_valid():
        return rules_page(request, factor_form=form)
    if away := sent_to_confirm(request, reverse("sign_in_rules")):
        return away
    try:
        actions.require_second_factor_from(request.acting, form.moment())
    except Refused as refused:
        form.add_refusal(refused)
        return rules_page(request, factor_form=form)
    messages.success(request, _("Saved."))
    return redirect("sign_in_rules")


@require_POST
def sign_in_provider(request: ActingRequest) -> HttpResponse:
    request.acting.require("sign_in.manage")
    form = ProviderForm(request.POST, connection=queries.connection(request.acting))
    if not form.is_valid():
        return rules_page(request, provider_form=form)
    if away := sent_to_confirm(request, reverse("sign_in_rules"), never_kept=frozenset({"client_secret"})):
        return away
    try:
        actions.connect_provider(request.acting, **form.arguments())
    except Refused as refused:
        form.add_refusal(refused)
        return rules_page(request, provider_form=form)
    messages.success(request, _("Saved, and tested: the page says what came of it."))
    return redirect("sign_in_rules")


@require_POST
def sign_in_passwords(request: ActingRequest) -> HttpResponse:
    request.acting.require("sign_in.manage")
    if away := sent_to_confirm(request, reverse("sign_in_rules")):
        return away
    return _done(request, lambda: actions.allow_passwords(request.acting, request.POST.get("allowed") == "yes"), _("Saved."))


@require_POST
def sign_in_test(request: ActingRequest) -> HttpResponse:
    return _done(request, lambda: actions.test_provider(request.acting), _("Tested: the page says what came of it."))


@require_POST
def sign_in_remove(request: ActingRequest) -> HttpResponse:
    return _done(
        request, lambda: actions.disconnect_provider(request.acting), _("The provider is removed. Your people sign in with passwords.")
    )


def _done(request: ActingRequest, verb: Any, words: str) -> HttpResponse:
    try:
        verb()
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, words)
    return redirect("sign_in_rules")
