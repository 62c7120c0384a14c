"""Pages that answer “Whom do I call?”: the question, one contact point, the sheet for the wall."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from ports.models import ContactPoint, Situation
from ports.queries import contacts as queries
from ports.queries import in_coast_order
from portsec.access.acting import Acting
from portsec.access.middleware import ActingRequest
from portsec.access.models import Audience, Organisation, Region
from portsec.access.tlp import OF_AUDIENCE, Tlp
from portsec.journal.models import Entry

MOST_FOUND = 20


@require_GET
def whom_to_call(request: ActingRequest) -> HttpResponse:
    """The answer stands there at once, for an emergency and every organisation: a call is two taps from the dashboard."""
    acting = request.acting
    situation = request.GET.get("situation", "")
    if situation not in Situation.values:
        situation = Situation.EMERGENCY
    ports, others = choices(acting)
    chosen = chosen_among([*ports, *others], request.GET.get("organisation", ""))
    context = {
        "situations": Situation.choices,
        "situation": situation,
        "situation_name": Situation(situation).label,
        "ports": ports,
        "others": others,
        "chosen": chosen,
        "contacts": queries.whom_to_call(acting, situation=situation, organisation=chosen),
        "export_url": f"{reverse('contact-point-list')}?situation={situation}{f'&organisation={chosen.pk}' if chosen else ''}",
        "regions": acting.organisation.regions.order_by("name"),
    }
    return render(request, "ports/whom_to_call.html", context)


def choices(acting: Acting) -> tuple[list[Organisation], list[Organisation]]:
    """Ports in the coast's order, then agencies and coordination bodies by name. 2 queries."""
    seen = in_coast_order(list(Organisation.objects.visible_to(acting)))
    ports = [one for one in seen if one.kind == Organisation.Kind.PORT]
    return ports, [one for one in seen if one.kind != Organisation.Kind.PORT]


def chosen_among(organisations: Iterable[Organisation], wanted: str) -> Organisation | None:
    """A foreign organisation is as absent as one that does not exist."""
    if not wanted:
        return None
    for one in organisations:
        if str(one.pk) == wanted:
            return one
    raise Http404


@require_GET
def contact_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    contact = the_contact(request, pk)
    context = {
        "reach": queries.Reach(contact, timezone.now()),
        "audience_name": contact.audience.name,
        "is_own": contact.owner_id == request.acting.organisation.pk,
    }
    return render(request, "ports/contact_detail.html", context)


@require_GET
def contact_history(request: ActingRequest, pk: UUID) -> HttpResponse:
    contact = the_contact(request, pk)
    seen = Entry.objects.visible_to(request.acting).of_object("contact_point", contact.pk)
    entries = seen.select_related("owner", "actor").order_by("-at", "-pk")
    return render(request, "journal/history.html", {"subject": contact, "entries": entries, "back_url": contact.get_absolute_url()})


@require_GET
def contact_sheet(request: ActingRequest, pk: UUID) -> HttpResponse:
    """One table an organisation, to hang beside the telephone when the screens are dark."""
    region = get_object_or_404(Region.objects.visible_to(request.acting), pk=pk)
    pages = queries.sheet_of(request.acting, region)
    kinds = {one.contact.audience.kind for page in pages for one in page.contacts}
    context = {"region": region, "pages": pages, "label": label_of(kinds), "printed_at": timezone.now()}
    return render(request, "ports/contact_sheet.html", context)


def label_of(kinds: Iterable[str]) -> str:
    labels = {OF_AUDIENCE[Audience.Kind(kind)] for kind in kinds}
    return next((label for label in Tlp.values if label in labels), Tlp.GREEN)


def the_contact(request: ActingRequest, pk: UUID) -> ContactPoint:
    """The only door of these pages to a contact point: absent and forbidden are both 404."""
    contact: ContactPoint = get_object_or_404(queries.readable(request.acting), pk=pk)
    return contact


def found_contacts(acting: Acting, words: str) -> list[dict[str, Any]]:
    """For the product's search. 1 query."""
    found = queries.matching(queries.readable(acting).filter(is_active=True), words).order_by("owner__name", "call_order", "pk")
    return [{"id": one.pk, "title": str(one), "meta": one.owner.name, "url": one.get_absolute_url()} for one in found[:MOST_FOUND]]
