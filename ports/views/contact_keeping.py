"""Pages on which an organisation keeps its own contact points."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ports import actions
from ports.forms.contacts import ContactPointForm, NewContactPointForm
from ports.models import ContactPoint
from ports.queries import contacts as queries
from ports.views.contacts import the_contact
from portsec.access.acting import NotAllowedError
from portsec.access.middleware import ActingRequest
from portsec.problems import Conflict, Refused


@require_GET
def contacts_own(request: ActingRequest) -> HttpResponse:
    """In the order in which the organisation is called; the retired ones below. 2 queries."""
    acting = request.acting
    contacts = queries.contacts_of(acting, acting.organisation)
    context = {
        "contacts": contacts,
        "retired": queries.contacts_of(acting, acting.organisation, is_active=False),
        "stale": sum(one.is_stale for one in contacts),
        "export_url": f"{reverse('contact-point-list')}?organisation={acting.organisation.pk}",
    }
    return render(request, "ports/contacts_own.html", context)


@require_http_methods(["GET", "POST"])
def contact_add(request: ActingRequest) -> HttpResponse:
    acting = request.acting
    acting.require("contact.manage")
    form = NewContactPointForm(acting, request.POST or None)
    if form.is_valid():
        try:
            contact = actions.add_contact_point(acting, wish=form.wish(), **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Added: %s") % contact)
            return redirect("contacts_own")
    return render(request, "ports/contact_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def contact_edit(request: ActingRequest, pk: UUID) -> HttpResponse:
    """Carries the version that was read, so that nobody writes over what somebody else has changed meanwhile."""
    acting, contact = request.acting, own_contact(request, pk)
    form = ContactPointForm(contact, request.POST or None)
    if form.is_valid():
        contact.version = form.cleaned_data["version"]
        try:
            actions.edit_contact_point(acting, contact, **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Saved: %s") % contact)
            return redirect("contacts_own")
    stands = the_contact(request, pk)  # as it is in the database, whatever a refused form has set
    return render(request, "ports/contact_form.html", {"form": form, "contact": stands}, status=422 if form.is_bound else 200)


@require_POST
def contact_verify(request: ActingRequest, pk: UUID) -> HttpResponse:
    return done(request, lambda: actions.verify_contact_point(request.acting, own_contact(request, pk)), _("Verified today: %s"))


@require_POST
def contact_move(request: ActingRequest, pk: UUID) -> HttpResponse:
    """One place up or down in the order in which the organisation is called."""
    acting, contact = request.acting, own_contact(request, pk)
    order = [one.contact.pk for one in queries.contacts_of(acting, acting.organisation)]
    place = (order.index(contact.pk) if contact.pk in order else 0) + (2 if request.POST.get("direction") == "down" else 0)
    try:
        actions.reorder(acting, contact, place=min(max(place, 1), max(len(order), 1)))
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return redirect("contacts_own")


@require_http_methods(["GET", "POST"])
def contact_retire(request: ActingRequest, pk: UUID) -> HttpResponse:
    """Asks first: it cannot be undone, only added anew."""
    contact = own_contact(request, pk)
    if request.method == "POST":
        return done(request, lambda: actions.retire_contact_point(request.acting, contact), _("Retired: %s"))
    context = {"contact": contact, "reach": queries.Reach(contact, timezone.now()), "audience_name": contact.audience.name}
    return render(request, "ports/contact_retire.html", context)


def done(request: ActingRequest, verb: Any, sentence: str) -> HttpResponse:
    """Runs the verb, says what came of it, and goes back to the list."""
    try:
        messages.success(request, sentence % verb())
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return redirect("contacts_own")


def own_contact(request: ActingRequest, pk: UUID) -> ContactPoint:
    """One that the acting organisation may change: seen but not one's own is 403."""
    request.acting.require("contact.manage")
    contact = the_contact(request, pk)
    if contact.owner_id != request.acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change this contact point.") % contact.owner.name, code="not_owner")
    return contact
