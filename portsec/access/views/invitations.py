"""The page behind an invitation's link. It is open to whoever holds the link, and tells the others nothing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portsec.access import actions
from portsec.access.actions.invitations import find_invitation, has_account
from portsec.access.authentication import SESSION_KEY
from portsec.access.middleware import opens_no_context
from portsec.access.models import Invitation, User
from portsec.access.organisation_forms import JoinForm
from portsec.access.sign_in import read_sign_in
from portsec.problems import Conflict, Refused


@never_cache
@opens_no_context
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str = "") -> HttpResponse:
    """A new person sets a name and a password; who has an account signs in and accepts."""
    found = find_invitation(secret) if secret else None
    if found is None:
        return render(request, "access/invitation_closed.html", {"state": "unknown" if secret else "none"}, status=404 if secret else 200)
    if not found.is_open or not found.organisation.is_active:
        return render(request, "access/invitation_closed.html", {"state": found.state}, status=410)
    return join_with_account(request, secret, found) if has_account(found) else join_anew(request, secret, found)


def join_with_account(request: HttpRequest, secret: str, found: Invitation) -> HttpResponse:
    user, error = request.user, ""
    is_theirs = isinstance(user, User) and user.email.lower() == found.email.lower()
    if request.method == "POST" and isinstance(user, User) and read_sign_in(request, user).through:
        # Whoever runs another organisation's provider could be sitting here as this person.
        error = _("You signed in with your organisation. To join another one, sign in with your own password first.")
    elif request.method == "POST" and isinstance(user, User):
        try:
            actions.accept_as_member(secret, user)
        except Conflict as conflict:
            error = str(conflict)
        else:
            request.session[SESSION_KEY] = str(found.organisation_id)
            messages.success(request, _("You belong to %s now, and act for it from here.") % found.organisation.name)
            return redirect("dashboard")
    context = {"invitation": found, "is_theirs": is_theirs, "error": error}
    return render(request, "access/invitation_accept.html", context, status=422 if error else 200)


def join_anew(request: HttpRequest, secret: str, found: Invitation) -> HttpResponse:
    form = JoinForm(request.POST if request.method == "POST" else None, initial={"name": found.name})
    if form.is_valid():
        try:
            actions.accept_as_new(secret, **form.cleaned_data)
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Your account is ready. Sign in with your address and your new password."))
            return redirect("account_login")
    context = {"invitation": found, "form": form}
    return render(request, "access/invitation_join.html", context, status=422 if form.is_bound else 200)
