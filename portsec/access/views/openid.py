"""Signing in with one's own organisation: an address, the provider's page, and back."""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from portsec.access import lockout
from portsec.access.adapter import hold_up
from portsec.access.authentication import SESSION_KEY
from portsec.access.forms import OrganisationAddressForm
from portsec.access.middleware import opens_no_context
from portsec.access.models import OpenIdConnection, User
from portsec.access.openid.claims import Identity, verify
from portsec.access.openid.flow import Journey, NotLetIn, admit, callback_address, come_back, find_connection, read_connection, set_out
from portsec.access.openid.provider import ProviderError, describe, keys_of, redeem
from portsec.access.sign_in import OPENID
from portsec.outbound import OutboundError

logger = logging.getLogger(__name__)


@never_cache
@opens_no_context
@require_http_methods(["GET", "POST"])
def openid_start(request: HttpRequest) -> HttpResponse:
    """Asks for the address first: a list of organisations to choose from would tell who is here."""
    form = OrganisationAddressForm(request.POST or None, initial={"next": request.GET.get("next", "")})
    if form.is_valid():
        email = form.cleaned_data["email"]
        account, address = f"openid:{email}", request.META.get("REMOTE_ADDR", "")
        hold_up(request, account, address)  # whole lists of domains are not tried out
        connection = find_connection(email)
        if connection:
            lockout.succeed(account, address)  # an office behind one address signs in as often as it likes
        if connection and (answer := _lead_on(request, connection, email, form.cleaned_data["next"])):
            return answer
        form.add_error("email", _("Nobody signs in this way with this address just now. Use your password, or ask your administrator."))
    return render(request, "access/openid_start.html", {"form": form}, status=422 if form.is_bound else 200)


def _lead_on(request: HttpRequest, connection: OpenIdConnection, email: str, wanted: str) -> HttpResponse | None:
    """A page of its own that goes on by itself: a form's answer may not lead to another site (Content-Security-Policy)."""
    try:
        provider = describe(connection.issuer)
    except (ProviderError, OutboundError) as error:
        logger.warning("the OpenID provider of %s does not answer: %s", connection.organisation_id, error)
        return None
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    address = set_out(request.session, connection, provider, email=email, next_address=wanted if is_ours else "")
    return render(request, "access/openid_leave.html", {"address": address, "issuer": connection.issuer})


@never_cache
@opens_no_context
@require_GET
def openid_callback(request: HttpRequest, pk: UUID) -> HttpResponse:
    journey = come_back(request.session, request.GET.get("state", ""), str(pk))
    connection = read_connection(pk) if journey else None
    if journey is None or connection is None:
        return _refused(request, _("This sign-in is too old, or was begun in another browser. Begin again."))
    try:
        identity = _identity(request, connection, journey)
        user = admit(connection, identity)
    except (ProviderError, OutboundError) as error:
        logger.warning("sign-in through %s failed: %s", connection.issuer, error)
        return _refused(request, _("Your organisation's provider did not confirm who you are. Begin again, or tell your administrator."))
    except NotLetIn as refused:
        return _refused(request, str(refused))
    return let_in(request, connection, user, identity, journey.next)


def _identity(request: HttpRequest, connection: OpenIdConnection, journey: Journey) -> Identity:
    if "error" in request.GET or not request.GET.get("code"):
        raise ProviderError(f"the provider answered {request.GET.get('error', 'without a code')[:100]!r}")
    if request.GET.get("iss", connection.issuer) != connection.issuer:  # RFC 9207
        raise ProviderError(f"the answer is from {request.GET['iss'][:200]!r}")
    provider = describe(connection.issuer)
    code, back = request.GET["code"], callback_address(connection)
    token = redeem(provider, connection, code=code, verifier=journey.verifier, back=back)
    return verify(token, keys_of(provider), issuer=connection.issuer, client_id=connection.client_id, nonce=journey.nonce)


def let_in(request: HttpRequest, connection: OpenIdConnection, user: User, identity: Identity, wanted: str) -> HttpResponse:
    """A new session, which acts for this organisation alone. Our own second factor is asked unless the provider's counts."""
    if request.user.is_authenticated:
        logout(request)
    counts = connection.trusts_factor and identity.has_factor
    record_authentication(
        request,
        user,
        OPENID,
        organisation=str(connection.organisation_id),
        second_factor=counts,
        second_factor_at=_timestamp(identity.factor_at) if counts else None,
    )
    request.session[SESSION_KEY] = str(connection.organisation_id)
    answer: HttpResponse = perform_login(request, Login(user=user, redirect_url=wanted or None, email=user.email))
    return answer


def _timestamp(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _refused(request: HttpRequest, words: str) -> HttpResponse:
    context: dict[str, Any] = {"words": words}
    return render(request, "access/openid_refused.html", context, status=403)
