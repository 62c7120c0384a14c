"""Pages of a port's documents. Opening one that is TLP:RED or AMBER, and each of its files, is on record."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from ports import actions
from ports.actions.profile import require_port
from ports.forms.documents import DocumentEditForm, DocumentForm, RetireForm, VersionForm
from ports.models import PortDocument, PortProfile
from ports.queries import documents as queries
from portsec.access.acting import NotAllowedError
from portsec.access.middleware import ActingRequest
from portsec.files.kinds import SHOWN
from portsec.files.serving import file_response
from portsec.files.store import FileMissing
from portsec.journal.models import Entry, Reading
from portsec.journal.readings import record_reading
from portsec.problems import Conflict, Refused


@require_GET
def port_documents(request: ActingRequest, unlocode: str) -> HttpResponse:
    """Those in use, then the retired ones. 2 queries."""
    acting = request.acting
    port = get_object_or_404(PortProfile.objects.visible_to(acting).select_related("organisation"), unlocode=unlocode)
    found = list(queries.documents(acting, port.pk))
    context = {
        "port": port,
        "documents": [one for one in found if one.is_active],
        "retired": [one for one in found if not one.is_active],
        "may_add": port.pk == acting.organisation.pk and acting.may("document.keep"),
    }
    return render(request, "ports/document_list.html", context)


@require_GET
def document_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    """2 queries, and 1 where the reading is recorded."""
    acting, document = request.acting, the_document(request, pk)
    record_reading(acting, document, document.tlp, Reading.Through.PAGE)
    versions = list(queries.versions(acting, document))
    is_own = document.owner_id == acting.organisation.pk
    context = {
        "document": document,
        "versions": [told(one, before) for one, before in zip(versions, [*versions[1:], None], strict=True)],
        "may_keep": is_own and document.is_active and acting.may("document.keep"),
    }
    return render(request, "ports/document_detail.html", context)


def told(version: Any, before: Any) -> dict[str, Any]:
    """A version beside the one before it: what a reader compares without opening both."""
    same = before is not None and before.sha256 == version.sha256
    grown = version.size - before.size if before is not None else None
    return {"version": version, "is_shown": version.media_type in SHOWN, "is_same": same, "grown": grown, "by": abs(grown or 0)}


@require_GET
def document_history(request: ActingRequest, pk: UUID) -> HttpResponse:
    document = the_document(request, pk)
    record_reading(request.acting, document, document.tlp, Reading.Through.PAGE)
    seen = Entry.objects.visible_to(request.acting).of_object("port_document", document.pk)
    entries = seen.select_related("owner", "actor").order_by("-at", "-pk")
    return render(request, "journal/history.html", {"subject": document, "entries": entries, "back_url": document.get_absolute_url()})


@require_GET
def document_file(request: ActingRequest, pk: UUID, number: int) -> HttpResponseBase:
    """The file of a version. With `?download` it is saved; without, an image or a PDF is shown."""
    document = the_document(request, pk)
    version = get_object_or_404(queries.versions(request.acting, document), number=number)
    record_reading(request.acting, version, document.tlp, Reading.Through.PAGE)
    try:
        return file_response(version.stored_as, version.file_name, version.media_type, download="download" in request.GET)
    except FileMissing:
        messages.error(request, _("The file of version %d is on record, but not in the store. Tell your operator.") % number)
        return redirect(document)


@require_http_methods(["GET", "POST"])
def document_add(request: ActingRequest) -> HttpResponse:
    acting = request.acting
    require_port(acting, "document.keep")
    form = DocumentForm(acting, request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            added = actions.add_document(acting, **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Added: %s") % added.title)
            return redirect(added)
    return render(request, "ports/document_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def document_version_add(request: ActingRequest, pk: UUID) -> HttpResponse:
    document = own_document(request, pk)
    form = VersionForm(request.POST or None, request.FILES or None, initial={"after": document.latest})
    done = _("Added as the newest version")
    return _verb(request, form, document, lambda: actions.add_version(request.acting, document, **form.arguments()), done, "version")


@require_http_methods(["GET", "POST"])
def document_edit(request: ActingRequest, pk: UUID) -> HttpResponse:
    document, changed = own_document(request, pk), own_document(request, pk)
    form = DocumentEditForm(request.POST or None, instance=changed, initial={"version": document.version})
    return _verb(request, form, document, lambda: actions.edit_document(request.acting, changed, **form.arguments()), _("Saved"), "edit")


@require_http_methods(["GET", "POST"])
def document_retire(request: ActingRequest, pk: UUID) -> HttpResponse:
    """Asks first, and why: it cannot be taken back into use."""
    document, retired = own_document(request, pk), own_document(request, pk)
    form = RetireForm(request.POST or None)
    done = _("Retired. It stays readable with its versions.")
    return _verb(request, form, document, lambda: actions.retire_document(request.acting, retired, **form.cleaned_data), done, "retire")


def _verb(request: ActingRequest, form: Any, document: PortDocument, verb: Any, done: str, name: str) -> HttpResponse:
    """One form, one verb: back to the document, or the form again with what is wrong."""
    if form.is_valid():
        try:
            verb()
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, done)
            return redirect(document)
    context = {"form": form, "document": document}
    return render(request, f"ports/document_{name}.html", context, status=422 if form.is_bound else 200)


def the_document(request: ActingRequest, pk: UUID) -> PortDocument:
    """The only door of these pages to a document: absent and forbidden are both 404."""
    document: PortDocument = get_object_or_404(queries.documents(request.acting).select_related("owner__port"), pk=pk)
    return document


def own_document(request: ActingRequest, pk: UUID) -> PortDocument:
    """One that the acting port may change: seen but not one's own is 403."""
    request.acting.require("document.keep")
    document = the_document(request, pk)
    if document.owner_id != request.acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change this document.") % document.owner.name, code="not_owner")
    return document
