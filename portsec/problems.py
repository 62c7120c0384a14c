"""What is wrong with a request, in one shape for pages and programs: RFC 9457 problem documents.

Actions raise `Refused`; the API answers with a problem document, a page shows the same text beside the field.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response

from portsec.access.acting import NotAllowedError
from portsec.access.request_id import current_request_id

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Fault:
    """One thing wrong: `field` as a path of names and positions (`audience/organisations/0`), and what to do about it."""

    field: str
    detail: str
    code: str = "invalid"

    @property
    def pointer(self) -> str:
        return f"/{self.field}" if self.field else ""

    def as_json(self) -> dict[str, str]:
        return {"pointer": _sayable(self.pointer), "detail": _sayable(self.detail), "code": self.code}


def _sayable(text: str) -> str:
    """What was sent is said again, and half of a surrogate pair, which JSON can hold, is no letter that UTF-8 can write."""
    return str(text).encode(errors="replace").decode()


class Refused(Exception):
    """Input that an action does not accept. Nothing has been written."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.detail}" for fault in faults))
        self.faults = faults


class Conflict(Exception):
    """The object is not in a state in which this can be done; the message says what it is in."""


class PreconditionRequired(exceptions.APIException):
    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag of the version that you read, so that nobody's change is lost."
    default_code = "precondition_required"


class PreconditionFailed(exceptions.APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "The object has changed since you read it. Read it again, then decide."
    default_code = "precondition_failed"


class Gone(exceptions.APIException):
    status_code = status.HTTP_410_GONE
    default_detail = "This cursor is older than what is kept. Read your objects afresh, then continue from cursor=latest."
    default_code = "gone"


TITLES = {
    400: "The request cannot be understood",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unsupported media type",
    428: "Precondition required",
    429: "Too many requests",
    500: "Something failed here",
}


def document(code: int, detail: str, faults: tuple[Fault, ...] = (), *, kind: str = "about:blank") -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": kind,
        "title": TITLES.get(code, "Error"),
        "status": code,
        "detail": _sayable(detail),
        "request_id": current_request_id(),
    }
    if faults:
        body["errors"] = [fault.as_json() for fault in faults]
    return body


def answer(code: int, detail: str, faults: tuple[Fault, ...] = (), headers: Mapping[str, str] | None = None) -> Response:
    response = Response(document(code, detail, faults), status=code, headers=headers)
    response.content_type = MEDIA_TYPE
    return response


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal becomes a problem document, and takes the transaction with it."""
    response = _answer_to(error)
    if response is not None and transaction.get_connection().in_atomic_block:
        transaction.set_rollback(True)
    return response


def _answer_to(error: Exception) -> Response | None:
    match error:
        case Refused():
            return answer(400, _count(len(error.faults)), error.faults)
        case exceptions.ValidationError():
            faults = tuple(_faults(error.detail, error.get_codes()))
            return answer(400, _count(len(faults)), faults)
        case NotAllowedError():
            return answer(403, str(error), (Fault("", str(error), error.code),))
        case Conflict():
            return answer(409, str(error))
        case Http404() | exceptions.NotFound():
            return answer(404, "There is no such thing, or it is not shared with your organisation.")
        case PermissionDenied():
            return answer(403, "Your role does not allow this.")
        case exceptions.NotAuthenticated():
            return answer(401, "Send `Authorization: Token <service token>`, or sign in.", headers=_headers(error))
        case exceptions.APIException():
            return answer(error.status_code, str(error.detail), headers=_headers(error))
    return None


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    wait: float | None = getattr(error, "wait", None)
    if isinstance(error, exceptions.Throttled) and wait is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    return headers


def _count(faults: int) -> str:
    return "1 field needs correction." if faults == 1 else f"{faults} fields need correction."


def _faults(detail: Any, codes: Any, path: str = "") -> Iterator[Fault]:
    """Flattens DRF's nested error detail into pointers."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = path if name == "non_field_errors" else f"{path}/{name}".strip("/")
            yield from _faults(inner, codes[name], own)
    elif isinstance(detail, list):
        nested = any(isinstance(inner, dict | list) for inner in detail)
        for position, inner in enumerate(detail):
            yield from _faults(inner, codes[position], f"{path}/{position}".strip("/") if nested else path)
    elif detail:
        yield Fault(path, str(detail), str(codes))
