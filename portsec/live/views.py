from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from portsec.access.middleware import ActingRequest, opens_no_context, stands_on_wall
from portsec.live import health
from portsec.live.context import position_of, seal_for
from portsec.live.sign_in import token_key_of
from portsec.live.tickets import fingerprint, make_ticket


@stands_on_wall
@require_GET
@never_cache
def live_ticket(request: ActingRequest) -> JsonResponse:
    """For a page that was open for longer than its ticket is good."""
    acting = request.acting
    acting.require("read")
    session = "" if acting.is_service else fingerprint(request.session.session_key)
    ticket = make_ticket(acting, token_key_of(acting, request.headers), session)
    return JsonResponse({"ticket": ticket, "cursor": seal_for(acting, position_of(request))})


@opens_no_context
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives. It asks no database: restarting this process would not heal that one."""
    return HttpResponse("ok", content_type="text/plain")


@opens_no_context
@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    found = health.look()
    return JsonResponse(found.as_json(), status=200 if found.is_ready else 503)
