"""On the way to a verb that asks for a fresh second factor: what was typed is kept, the person confirms, and comes back to it."""

from typing import Any
from urllib.parse import urlencode

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portsec.access.middleware import ActingRequest
from portsec.access.queries import SECOND_FACTORS
from portsec.access.step_up import has_fresh_second_factor

KEPT = "kept_for_step_up"  # of the session: {"address", "fields"}


def sent_to_confirm(request: ActingRequest, back: str, *, never_kept: frozenset[str] = frozenset()) -> HttpResponse | None:
    """None where the factor is fresh. Otherwise the way to confirm it; who has none is told on `back` to set one up.

    `never_kept` are fields that hold a secret: they are typed again.
    """
    if has_fresh_second_factor(request.acting, within=settings.MEMBER_STEP_UP_AGE):
        return None
    fields = {name: values for name, values in request.POST.lists() if name not in {"csrfmiddlewaretoken", *never_kept}}
    request.session[KEPT] = {"address": back, "fields": fields}
    if has_second_factor(request):
        return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': back})}")
    return redirect(back)


def kept_input(request: ActingRequest, lists: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What was typed here before the person went to confirm: once, as initial values. `lists` are the fields of many values."""
    kept = request.session.get(KEPT)
    if not kept or kept["address"] != request.path:
        return {}
    del request.session[KEPT]
    return {name: values if name in lists else values[-1] for name, values in kept["fields"].items()}


def has_second_factor(request: ActingRequest) -> bool:
    return bool(is_mfa_enabled(request.acting.user, SECOND_FACTORS))


def step_up_shown(request: ActingRequest, back: str) -> dict[str, Any]:
    """For `portsec/step_up.html`. 1 query where the factor is not fresh."""
    if has_fresh_second_factor(request.acting, within=settings.MEMBER_STEP_UP_AGE):
        return {"needs_factor": False}
    return {"needs_factor": True, "has_factor": has_second_factor(request), "back": back}
