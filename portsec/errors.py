"""What Django answers outside of any view: problem documents for programs, pages for people."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views import defaults

from portsec.problems import MEDIA_TYPE, document

DETAILS = {
    400: "The request cannot be understood. See /api/v1/docs/.",
    403: "Your role does not allow this.",
    404: "There is no such thing, or it is not shared with your organisation.",
    500: "Something failed here, not with you. The request id helps the operator to find it.",
}


def _answer(request: HttpRequest, status: int, page: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    if not request.path.startswith("/api/"):
        return page()
    response: HttpResponse = JsonResponse(document(status, DETAILS[status]), status=status)
    response.headers["Content-Type"] = MEDIA_TYPE
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _answer(request, 400, lambda: defaults.bad_request(request, exception))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _answer(request, 403, lambda: defaults.permission_denied(request, exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _answer(request, 404, lambda: defaults.page_not_found(request, exception))


def server_error(request: HttpRequest) -> HttpResponseBase:
    return _answer(request, 500, lambda: defaults.server_error(request))
