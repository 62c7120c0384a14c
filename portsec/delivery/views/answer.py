"""Acknowledging from a message, without a sign-in. A link that opens nothing says what happened and where to go, and nothing of
the alert: whoever forwards an old message tells nobody more than it said itself."""

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portsec.access.acting import as_system
from portsec.access.middleware import opens_no_context
from portsec.access.service import acting_as_service
from portsec.delivery.answer_links import BadLinkError, read
from portsec.delivery.facts import Facts, answer_to, facts_of
from portsec.delivery.models import OPEN, Dispatch, State
from portsec.problems import Conflict


@dataclass(frozen=True)
class Asked:
    """What a link asks: an answer for one organisation; `closed` says why not, where it is too late for one."""

    dispatch: Dispatch
    facts: Facts | None
    closed: str


@never_cache
@opens_no_context
@require_http_methods(["GET", "POST"])
def answer_link(request: HttpRequest, signed: str = "") -> HttpResponse:
    """Opening it changes nothing, for mail programs open links by themselves: the button does."""
    asked = _find(signed)
    if asked is None:
        return _closed(request, "unknown", 404 if signed else 200)
    if asked.closed:
        return _closed(request, asked.closed, 410)
    if request.method == "POST":
        return _answer(request, asked)
    return render(request, "delivery/answer.html", {"asked": asked, "facts": asked.facts, "delivery": asked.dispatch.delivery})


def _find(signed: str) -> Asked | None:
    try:
        pk = read(signed)
    except BadLinkError:
        return None
    with as_system("a link in a message is opened, before anybody acts"):
        found = _dispatch(pk)
        if found is None or found.delivery is None:
            return None
        facts = facts_of([(found.delivery.kind, found.delivery.object_id)]).get(found.delivery.object_id)
    return Asked(found, facts, _why_closed(found, facts))


def _dispatch(pk: UUID) -> Dispatch | None:
    """A contact that was retired since does not answer any more."""
    asked = Dispatch.objects.select_related("delivery__recipient__group", "endpoint")
    found: Dispatch | None = asked.filter(pk=pk, endpoint__is_active=True).first()
    return found


def _why_closed(found: Dispatch, facts: Facts | None) -> str:
    told = found.delivery
    if told is None or facts is None or not facts.tells_headline:
        return "unknown"
    if told.state == State.ACKNOWLEDGED:
        return "answered"
    return "" if told.state in OPEN and facts.is_open else "ended"


def _answer(request: HttpRequest, asked: Asked) -> HttpResponse:
    told = asked.dispatch.delivery
    give = answer_to(told.kind) if told else None
    if told is None or give is None:
        return _closed(request, "unknown", 404)
    acting = acting_as_service(told.recipient, {"read", "alerts:acknowledge"})
    try:
        give(acting, told.object_id, asked.dispatch.channel, asked.dispatch.endpoint.label)
    except Conflict:
        return _closed(request, "answered", 409)
    except Http404:
        return _closed(request, "unknown", 404)
    return render(request, "delivery/answered.html", {"organisation": told.recipient.name})


def _closed(request: HttpRequest, state: str, status: int) -> HttpResponse:
    return render(request, "delivery/answer_closed.html", {"state": state}, status=status)
