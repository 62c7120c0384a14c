"""Pages that show Declarations of Security: the list, one of them, its history, the sheet to print."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ports.actions.declaration_answers import sides_of
from ports.declaration_content import digest_of, text_of
from ports.forms.declarations import EndForm, ReasonForm, RemarkForm
from ports.measures import REFERENCE, shares
from ports.models import DeclarationOfSecurity, Side
from ports.models.declaration import OPEN
from ports.queries import declarations as queries
from ports.queries.declaration_waits import proposals
from ports.queries.declarations import Standing, standing
from portsec.access.acting import Acting
from portsec.access.middleware import ActingRequest
from portsec.access.models import Organisation, ShareableQuerySet
from portsec.access.pages import Key, newest_page
from portsec.access.tlp import Tlp
from portsec.delivery import actions as delivery
from portsec.delivery.models import Delivery
from portsec.journal.models import Entry

State = DeclarationOfSecurity.State
PAGE, MOST, MOST_FOUND = 50, 100, 20
FILTERS = ("active", "waiting", "ended")
BADGES = {Standing.IN_FORCE: "ok", Standing.REQUESTED: "warn", Standing.AGREED: "warn", Standing.SIGNED_BY_ONE: "warn"}


@require_GET
def declaration_list(request: ActingRequest) -> HttpResponse:
    """Those in force first, then what is on its way there; what is over has pages of its own. 2 to 4 queries."""
    acting = request.acting
    show = request.GET.get("show", "")
    show = show if show in FILTERS else "active"
    context: dict[str, Any] = {"show": show, "may_request": may_request(acting), "proposals": proposals(acting)}
    context |= ended_page(request) if show == "ended" else parts(acting, show)
    return render(request, "ports/declaration_list.html", context)


def parts(acting: Acting, show: str) -> dict[str, Any]:
    """1 query for what waits; 2 for what is active and what is on its way."""
    found, now = queries.readable(acting).order_by("-created_at", "-pk"), timezone.now()
    if show == "waiting":
        return {"declarations": rows(queries.waiting(acting, found, now))}
    return {"declarations": rows(queries.active(found, now)), "coming": rows(queries.current(found, now))}


def rows(found: ShareableQuerySet) -> list[dict[str, Any]]:
    return [row(one) for one in found[:MOST]]


def row(one: DeclarationOfSecurity) -> dict[str, Any]:
    now = standing(one)
    return {"declaration": one, "standing": now, "label": now.label, "badge": BADGES.get(now, "")}


def ended_page(request: ActingRequest) -> dict[str, Any]:
    """2 queries."""
    acting, now = request.acting, timezone.now()
    before, after = (read_key(request, name) for name in ("before", "after"))
    page = newest_page(queries.over(queries.readable(acting), now), acting, limit=PAGE, by="created_at", before=before, after=after)
    links = {"newer_url": neighbour("after", page.newer), "older_url": neighbour("before", page.older)}
    return {"declarations": [row(one) for one in page.records], **links}


def read_key(request: HttpRequest, name: str) -> Key | None:
    try:
        return Key.parse(request.GET.get(name, ""))
    except ValueError:
        return None


def neighbour(name: str, key: Key | None) -> str:
    return f"?{urlencode({'show': 'ended', name: str(key)})}" if key else ""


def may_request(acting: Acting) -> bool:
    return acting.organisation.kind == Organisation.Kind.PORT and acting.may("declaration.request")


@require_GET
def declaration_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    return render(request, "ports/declaration_detail.html", detail_context(request.acting, the_declaration(request.acting, pk)))


def detail_context(acting: Acting, one: Any, **forms: Any) -> dict[str, Any]:
    """What the page shows, and what this person may do with it now. 2 queries, and one more to note that it was seen."""
    told = Delivery.objects.received_by(acting).filter(object_id=one.pk, seen_at__isnull=True)
    if one.owner_id != acting.organisation.pk and told.exists():
        delivery.see(acting, one.pk)
    now = standing(one)
    is_own = one.owner_id == acting.organisation.pk
    is_running = now not in (Standing.EXPIRED, *CLOSED_STANDINGS)
    given = queries.signatures(acting, one)
    return {
        "declaration": one,
        **row(one),
        "shares": shares(one.measures, one.additional),
        "reference": REFERENCE,
        "sha256": digest_of(text_of(one)),
        "signatures": [one_given for one_given in given if not one_given.is_cleared],
        "cleared": [one_given for one_given in given if one_given.is_cleared],
        "unsigned": unsigned(acting, one) if one.state == State.AGREED and is_running else [],
        "may_edit": is_own and is_running and may_request(acting),
        "may_answer": now == Standing.REQUESTED and one.answering_port == acting.organisation.pk and may_request(acting),
        "may_end": may_end(acting, one) and is_running,
        "may_delete": is_own and may_request(acting) and (now == Standing.DRAFT or may_be_deleted(one)),
        "kept_until": one.retain_until or (one.kept_until(one.valid_to) if one.valid_to else None),
        "remark_form": RemarkForm(initial={"text_version": one.text_version}),
        "reason_form": ReasonForm(auto_id="id_decline_%s"),
        "end_form": EndForm(auto_id="id_end_%s"),
        **forms,
    }


def may_end(acting: Acting, one: DeclarationOfSecurity) -> bool:
    """The owner what it has requested; either side what was agreed."""
    held = one.owner_id == acting.organisation.pk and one.state in OPEN
    return acting.may("declaration.end") and (held or (one.other_port_id == acting.organisation.pk and one.state == State.AGREED))


CLOSED_STANDINGS = (Standing.DECLINED, Standing.ENDED, Standing.CANCELLED)


def may_be_deleted(one: DeclarationOfSecurity) -> bool:
    return one.retain_until is not None and one.retain_until <= timezone.now()


def unsigned(acting: Acting, one: Any) -> list[dict[str, str]]:
    """The sides that still lack a signature which this person may give or record."""
    if not acting.may("declaration.sign"):
        return []
    open_sides = [side for side in sides_of(acting, one) if not (one.facility_signed if side == Side.FACILITY else one.other_signed)]
    return [{"side": str(side), "name": one.named["facility"] if side == Side.FACILITY else one.other_name} for side in open_sides]


@require_GET
def declaration_history(request: ActingRequest, pk: UUID) -> HttpResponse:
    one = the_declaration(request.acting, pk)
    seen = Entry.objects.visible_to(request.acting).of_object("declaration_of_security", one.pk)
    entries = seen.select_related("owner", "actor").order_by("-at", "-pk")
    return render(request, "journal/history.html", {"subject": one, "entries": entries, "back_url": one.get_absolute_url()})


@require_GET
def declaration_sheet(request: ActingRequest, pk: UUID) -> HttpResponse:
    """On paper: for the ship to sign, and for an inspector to see."""
    one = the_declaration(request.acting, pk)
    context = {**detail_context(request.acting, one), "printed_at": timezone.now(), "tlp_label": Tlp.AMBER_STRICT}
    return render(request, "ports/declaration_sheet.html", context)


def the_declaration(acting: Acting, pk: UUID) -> Any:
    """The only door of these pages to a declaration: absent and forbidden are both 404."""
    return get_object_or_404(queries.readable(acting), pk=pk)


def found_declarations(acting: Acting, words: str) -> Iterable[dict[str, Any]]:
    """For the product's search. 1 query."""
    found = queries.matching(queries.readable(acting), words).order_by("-created_at", "-pk")
    return [{"id": one.pk, "title": str(one), "meta": standing(one).label, "url": one.get_absolute_url()} for one in found[:MOST_FOUND]]


def of_port(acting: Acting, port: UUID) -> list[dict[str, Any]]:
    """For a port's page: those in force or on their way there in which it takes part. 1 query."""
    found = queries.not_over(queries.between(acting, port), timezone.now())
    return [row(one) for one in found.order_by("-created_at", "-pk")[:MOST]]
