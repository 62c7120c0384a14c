"""Pages about oneself: for whom one acts, how the pages look, what each role may do."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portsec.access.authentication import SESSION_KEY, active_memberships
from portsec.access.forms import AccountForm, ThemeForm
from portsec.access.middleware import ActingRequest, never_blocked
from portsec.access.roles import VERBS, Role


@never_blocked
@require_POST
def switch_organisation(request: ActingRequest) -> HttpResponse:
    """Acts for another of one's own organisations from now on; a foreign one does not exist."""
    wanted = request.POST.get("organisation", "")
    memberships = getattr(request, "memberships", None) or active_memberships(request.acting.user)  # a token has but one
    if wanted not in {str(membership.organisation_id) for membership in memberships}:
        raise Http404
    request.session[SESSION_KEY] = wanted
    return redirect("dashboard")


@require_POST
def set_theme(request: ActingRequest) -> HttpResponse:
    form = ThemeForm(request.POST, instance=request.acting.user)
    if form.is_valid():
        form.save()
    return HttpResponseRedirect(own_address(request, request.POST.get("next", "")) or "/")


def own_address(request: ActingRequest, address: str) -> str:
    """The address where it is on this site, or nothing: a form must not send anyone elsewhere."""
    return address if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()) else ""


def roles(request: ActingRequest) -> HttpResponse:
    """What each role may do, from the one table that decides it."""
    verbs = [
        {"label": capfirst(verb.label), "scope": verb.scope, "allowed": [(role, role in verb.roles) for role in Role]}
        for verb in VERBS.values()
    ]
    return render(request, "portsec/roles.html", {"roles": list(Role), "verbs": verbs})


@require_http_methods(["GET", "POST"])
def account(request: ActingRequest) -> HttpResponse:
    form = AccountForm(request.POST or None, instance=request.acting.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("account")
    return render(request, "portsec/account.html", {"form": form}, status=422 if form.is_bound else 200)
