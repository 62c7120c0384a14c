"""From a request to an `Acting`: the browser's session, or an organisation's service token."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from portsec.access.acting import Acting, NotAllowedError
from portsec.access.models import Membership, ServiceToken, User
from portsec.access.roles import Role
from portsec.access.sign_in import read_sign_in
from portsec.access.token_use import comes_from, note_use

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it loads the classes of this module

    from portsec.access.middleware import ActingRequest

SESSION_KEY = "acting_organisation"
HEADER = "Portsec-Organisation"


def acting_of(request: HttpRequest) -> tuple[Acting | None, Exception | None]:
    """Who acts, and why nobody does: a wrong token or organisation is an answer of its own in the API."""
    if request.headers.get("Authorization"):
        return _acting_of_token(request)
    user = request.user
    if not isinstance(user, User):
        return None, None
    sign_in = read_sign_in(request, user)
    memberships = [membership for membership in active_memberships(user) if sign_in.is_good_for(membership)]
    wanted = request.headers.get(HEADER) or request.session.get(SESSION_KEY, "")
    chosen = next((m for m in memberships if str(m.organisation_id) == wanted), None)
    if chosen is None and request.headers.get(HEADER):
        return None, AuthenticationFailed(f"You do not belong to the organisation named in {HEADER}. See /api/v1/me/ for those you do.")
    chosen = chosen or next(iter(memberships), None)
    if chosen is None:
        return None, AuthenticationFailed("You act for no organisation with this sign-in. Ask your administrator how your people sign in.")
    request.memberships = memberships  # type: ignore[attr-defined]
    acting = Acting(user, chosen.organisation, Role(chosen.role), second_factor_at=sign_in.second_factor_at)
    request.lacks_second_factor = sign_in.lacks_second_factor_for(chosen.organisation)  # type: ignore[attr-defined]
    return acting, None


def active_memberships(user: User) -> list[Membership]:
    found = Membership.objects.filter(user=user, is_active=True, organisation__is_active=True)
    return list(found.select_related("organisation").order_by("created_at", "pk"))


def _acting_of_token(request: HttpRequest) -> tuple[Acting | None, Exception | None]:
    try:
        found = TokenAuthentication().authenticate(request)
    except (AuthenticationFailed, UnicodeError):
        return None, AuthenticationFailed("This token is unknown, revoked or expired. Ask your administrator for another.")
    if found is None:
        return None, AuthenticationFailed("Send `Authorization: Token <service token>`.")
    token: ServiceToken = found[1]
    if not any(membership.organisation_id == token.organisation_id for membership in active_memberships(token.user)):
        return None, AuthenticationFailed("This token's organisation is closed. Ask its administrator.")
    wanted = request.headers.get(HEADER)
    if wanted and wanted != str(token.organisation_id):
        return None, AuthenticationFailed(f"A service token acts for its own organisation only. Leave {HEADER} out.")
    if not comes_from(token.networks, request.META.get("REMOTE_ADDR", "")):
        return None, AuthenticationFailed("This token is not taken from your network. Its organisation's administrator can change that.")
    note_use(token)
    return Acting(token.user, token.organisation, Role.SERVICE, scopes=frozenset(token.scopes)), None


class ActingAuthentication(SessionAuthentication):
    """Hands on what ActingMiddleware found; a browser's session needs its CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, Acting] | None:
        inner: ActingRequest = request._request  # type: ignore[assignment]
        acting, error = getattr(inner, "acting", None), getattr(inner, "acting_error", None)
        if isinstance(error, APIException | NotAllowedError):
            raise error
        if acting is None:
            return None
        if not acting.is_service:
            self.enforce_csrf(request)
        return acting.user, acting

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class IsActing(BasePermission):
    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.auth, Acting)


class ActingThrottle(SimpleRateThrottle):
    scope = "acting"

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        acting = request.auth
        if not isinstance(acting, Acting):
            return f"throttle_anonymous_{self.get_ident(request)}"
        return f"throttle_acting_{acting.user.pk}_{acting.organisation.pk}"


class ServiceTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ActingAuthentication
    name = ["serviceToken", "session"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token <service token>`"},
            {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        ]
