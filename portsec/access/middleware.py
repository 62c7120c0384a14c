"""Opens the context of each request: request id, then who acts, in a transaction that the database knows."""

import secrets
from collections.abc import Callable
from datetime import UTC
from typing import TypeVar
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.authentication import acting_of
from portsec.access.first_run import is_new_installation
from portsec.access.request_id import current_request_id, set_request_id
from portsec.access.sign_in import refuse_to_vouched
from portsec.live.context import mark_position
from portsec.tables import FinishedFile

GetResponse = Callable[[HttpRequest], HttpResponseBase]
View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# Views that open their own context, or need none. tests/house/test_context.py holds the list, with a reason for each.
CONTEXT_FREE = "opens_no_context"
# Views that a person reaches whose organisation requires a second factor, and who has not proven one yet: what an alert asks
# of a control room must not wait for a phone. tests/access/test_require_second_factor.py holds the list.
NEVER_BLOCKED = "never_blocked"


def opens_no_context(view: View) -> View:
    """Marks a view that runs outside the request's transaction (sign-in, health, long polls, streams)."""
    setattr(view, CONTEXT_FREE, True)
    return view


# A browser that somebody has locked to the wall screen shows that and nothing else until it is signed out.
WALL_ONLY = "wall_only"  # in its session
ON_WALL = "stands_on_wall"
ALWAYS_OPEN = {"account_logout", "javascript_catalog", "healthz", "readyz"}


def stands_on_wall(view: View) -> View:
    """Marks what a browser that is locked to the wall may still ask: it must change nothing."""
    setattr(view, ON_WALL, True)
    return view


def _locked_out(request: "ActingRequest", view: Callable[..., HttpResponseBase]) -> HttpResponseBase | None:
    if not request.session.get(WALL_ONLY) or getattr(view, ON_WALL, False):
        return None
    if request.resolver_match is not None and request.resolver_match.url_name in ALWAYS_OPEN:
        return None
    if request.method == "GET" and not request.path.startswith("/api/"):
        return redirect("wall")
    raise PermissionDenied(_("This browser is locked to the wall screen. Sign out, then sign in to act."))


def never_blocked(view: View) -> View:
    """For API views the class says it: `never_blocked = frozenset({"acknowledge"})`, by names of actions."""
    setattr(view, NEVER_BLOCKED, True)
    return view


def _is_never_blocked(view: Callable[..., HttpResponseBase], method: str) -> bool:
    actions: dict[str, str] = getattr(view, "actions", None) or {}
    if hasattr(view, "cls"):
        return actions.get("get" if method == "HEAD" else method.lower(), "") in getattr(view.cls, NEVER_BLOCKED, frozenset())
    return bool(getattr(view, NEVER_BLOCKED, False))


def _ask_to_sign_in(request: "ActingRequest") -> HttpResponse:
    """Every page is for people who act for an organisation, unless it says otherwise: nothing is open by being forgotten."""
    if request.user.is_authenticated:
        raise PermissionDenied(str(request.acting_error or ""))
    if is_new_installation():
        return redirect("setup")
    return redirect_to_login(request.get_full_path())


class ActingRequest(HttpRequest):
    """A request after ActingMiddleware, for annotations: `acting` is None where nobody is signed in."""

    acting: Acting  # views that allow None say so themselves
    acting_error: Exception | None


class RequestIdMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        set_request_id(f"{secrets.token_hex(4)}-{secrets.token_hex(2)}")
        response = self.get_response(request)
        response.headers["X-Request-Id"] = current_request_id()
        if response.status_code == 429:
            response.headers.setdefault("Retry-After", "60")  # allauth's own answers say only that
        return response


class ActingMiddleware:
    """Finds who acts, and runs the view in that organisation's transaction.

    An answer of 400 and above takes back what the view wrote. What must outlive a refusal therefore lives in the cache
    (lock-out counters), or is written before the transaction opens (a token's last use).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: ActingRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: ActingRequest, view: Callable[..., HttpResponseBase], args: list[object], kwargs: dict[str, object]
    ) -> HttpResponseBase | None:
        if (elsewhere := _locked_out(request, view)) is not None:
            return elsewhere
        if view.__module__.startswith("allauth."):
            refuse_to_vouched(request)
            return None
        if getattr(view, CONTEXT_FREE, False):
            return None
        acting, request.acting_error = acting_of(request)
        request.acting = acting  # type: ignore[assignment]  # views behind sign-in never see None
        if acting is None:
            return None if hasattr(view, "cls") else _ask_to_sign_in(request)  # DRF's views answer 401 themselves
        if not hasattr(view, "cls") and not acting.may("read"):
            raise PermissionDenied("This token lacks the scope read.")  # API views say so themselves
        if getattr(request, "lacks_second_factor", False) and not _is_never_blocked(view, request.method or ""):
            return self._ask_for_second_factor(request, view)
        # Programs read UTC (interface.md), people the clock of the organisation for which they act.
        zone = UTC if hasattr(view, "cls") else acting.organisation.time_zone
        with timezone.override(zone), acting_for(acting):
            mark_position(request)
            response = self._run(view, request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True, using="default")
        patch_cache_control(response, private=True, no_store=True)  # a control room's browser is shared
        return response

    def _ask_for_second_factor(self, request: ActingRequest, view: Callable[..., HttpResponseBase]) -> HttpResponseBase | None:
        if not hasattr(view, "cls"):
            return redirect(f"{reverse('second_factor')}?{urlencode({'next': request.get_full_path()})}")
        words = _("Your organisation asks everybody for a second factor. Sign in on a page and add or confirm yours.")
        request.acting, request.acting_error = None, NotAllowedError(words, code="second_factor_required")  # type: ignore[assignment]
        return None  # the view answers 403 itself

    def _run(self, view: Callable[..., HttpResponseBase], request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except NotAllowedError as error:
            raise PermissionDenied(str(error)) from error
        if response.streaming and not isinstance(response, FinishedFile):  # a file asks the database nothing
            raise RuntimeError("A streaming answer would run after its context is gone: open one inside the generator.")
        render = getattr(response, "render", None)
        if isinstance(response, HttpResponse) and callable(render) and not getattr(response, "is_rendered", True):
            rendered: HttpResponseBase = render()
            return rendered
        return response
