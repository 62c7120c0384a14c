"""Opens the context of each request: request id, then who acts, in a transaction that the database knows."""

import secrets
from collections.abc import Callable
from datetime import UTC
from typing import TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control

from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.authentication import acting_of
from portsec.access.request_id import current_request_id, set_request_id
from portsec.live.context import mark_position

GetResponse = Callable[[HttpRequest], HttpResponseBase]
View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# Views that open their own context, or need none. tests/house/test_context.py holds the list, with a reason for each.
CONTEXT_FREE = "opens_no_context"


def opens_no_context(view: View) -> View:
    """Marks a view that runs outside the request's transaction (sign-in, health, long polls, streams)."""
    setattr(view, CONTEXT_FREE, True)
    return view


def _ask_to_sign_in(request: "ActingRequest") -> HttpResponse:
    """Every page is for people who act for an organisation, unless it says otherwise: nothing is open by being forgotten."""
    if request.user.is_authenticated:
        raise PermissionDenied(str(request.acting_error or ""))
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
        if getattr(view, CONTEXT_FREE, False) or view.__module__.startswith("allauth."):
            return None
        acting, request.acting_error = acting_of(request)
        request.acting = acting  # type: ignore[assignment]  # views behind sign-in never see None
        if acting is None:
            return None if hasattr(view, "cls") else _ask_to_sign_in(request)  # DRF's views answer 401 themselves
        if not hasattr(view, "cls") and not acting.may("read"):
            raise PermissionDenied("This token lacks the scope read.")  # API views say so themselves
        # Programs read UTC (interface.md), people the clock of the organisation for which they act.
        zone = UTC if hasattr(view, "cls") else acting.organisation.time_zone
        with timezone.override(zone), acting_for(acting):
            mark_position(request)
            response = self._run(view, request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True, using="default")
        patch_cache_control(response, private=True, no_store=True)  # a control room's browser is shared
        return response

    def _run(self, view: Callable[..., HttpResponseBase], request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except NotAllowedError as error:
            raise PermissionDenied(str(error)) from error
        if response.streaming and not isinstance(response, FileResponse):  # a file on the disk asks the database nothing
            raise RuntimeError("A streaming answer would run after its context is gone: open one inside the generator.")
        render = getattr(response, "render", None)
        if isinstance(response, HttpResponse) and callable(render) and not getattr(response, "is_rendered", True):
            rendered: HttpResponseBase = render()
            return rendered
        return response
