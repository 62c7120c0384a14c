"""Who opens a line: by a ticket, by a service token, or by the browser's session."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from knox.settings import CONSTANTS

from portsec.access.acting import Acting
from portsec.access.authentication import acting_of
from portsec.access.models import User
from portsec.live.desk import Desk
from portsec.live.line import NO_ORGANISATION, SIGNED_OUT, TurnedAway, Visitor
from portsec.live.tickets import fingerprint, read_ticket

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


async def sign_in(query: Mapping[str, str], scope: Mapping[str, Any], desk: Desk) -> Visitor:
    """Raises TurnedAway. A ticket costs no query; a stale one is no worse than none."""
    if "ticket" in query and (visitor := read_ticket(query["ticket"])):
        return visitor
    headers, address = headers_of(scope), address_of(scope)
    if "authorization" in headers:
        return await desk.ask(visitor_by_request, headers, "", address)
    session_key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
    if session_key and is_our_origin(headers.get("origin", "")):
        return await desk.ask(visitor_by_request, headers, session_key, address)
    raise TurnedAway(SIGNED_OUT)


def visitor_by_request(headers: Mapping[str, str], session_key: str, address: str) -> Visitor:
    """As ActingMiddleware would find who acts."""
    request = HttpRequest()
    request.META = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    request.META["REMOTE_ADDR"] = address
    request.session = SessionStore(session_key or None)
    request.user = get_user(request)
    acting, _why_not = acting_of(request)
    if acting is None:
        raise TurnedAway(NO_ORGANISATION if isinstance(request.user, User) else SIGNED_OUT)
    if not acting.may("read") or getattr(request, "lacks_second_factor", False):
        raise TurnedAway(NO_ORGANISATION)
    session = "" if acting.is_service else fingerprint(session_key)
    return Visitor(str(acting.user.pk), str(acting.organisation.pk), acting.is_service, token_key_of(acting, headers), session)


def token_key_of(acting: Acting, headers: Mapping[str, str]) -> str:
    if not acting.is_service:
        return ""
    token = headers["authorization"].partition(" ")[2].strip()
    return token[: CONSTANTS.TOKEN_KEY_LENGTH]


def is_our_origin(origin: str) -> bool:
    """A page of another site could open a socket with our visitor's cookie; its Origin tells it apart.

    Ours are the address of this installation and its other allowed names, with the same scheme and port.
    """
    ours, theirs = urlsplit(settings.BASE_URL), urlsplit(origin)
    try:
        same_door = (theirs.scheme, theirs.port) == (ours.scheme, ours.port)
    except ValueError:
        return False
    return same_door and theirs.hostname in {ours.hostname, *(name.strip("[]") for name in settings.ALLOWED_HOSTS)}


def query_of(scope: Mapping[str, Any]) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode("latin-1")))


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def address_of(scope: Mapping[str, Any]) -> str:
    """The client's, which a service token may be tied to; nothing where the server does not know it."""
    return str((scope.get("client") or [""])[0])
