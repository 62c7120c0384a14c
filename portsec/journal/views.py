"""The page of the audit log."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portsec.access.middleware import ActingRequest
from portsec.access.pages import Key
from portsec.journal.audit import AuditPage, audit_page
from portsec.journal.export import MOST, export_log
from portsec.journal.forms import AuditForm
from portsec.problems import Refused
from portsec.tables import known_form

PAGE = 50
NOTHING = AuditPage([])


@require_GET
def audit_log(request: ActingRequest) -> HttpResponseBase:
    """What the organisation's people and tokens did and read, newest first; with `?format=csv` or `xlsx` as a file."""
    request.acting.require("audit.read")
    form = AuditForm(request.acting, request.GET)
    if not form.is_valid():
        return _shown(request, form, NOTHING, status=422)
    if known_form(request.GET.get("format", "")):
        return _exported(request, form)
    page = audit_page(request.acting, form.choice(), limit=PAGE, before=_place(request, "before"), after=_place(request, "after"))
    return _shown(request, form, page)


def _exported(request: ActingRequest, form: AuditForm) -> HttpResponseBase:
    try:
        return export_log(request.acting, form.choice()).as_answer(request.GET["format"])
    except Refused as refused:
        for fault in refused.faults:
            form.add_error(fault.field, fault.detail)
        return _shown(request, form, NOTHING, status=422)


def _shown(request: ActingRequest, form: AuditForm, page: AuditPage, *, status: int = 200) -> HttpResponse:
    kept = {name: value for name, value in request.GET.items() if value and name not in {"before", "after", "format"}}
    context = {
        "lines": page.records,
        "filters": form,
        "is_filtered": bool(kept),
        "most": MOST,
        "export_url": f"?{urlencode(kept)}",
        "newer_url": f"?{urlencode({**kept, 'after': str(page.newer)})}" if page.newer else "",
        "older_url": f"?{urlencode({**kept, 'before': str(page.older)})}" if page.older else "",
    }
    return render(request, "journal/audit_log.html", context, status=status)


def _place(request: ActingRequest, name: str) -> Key | None:
    try:
        return Key.parse(request.GET[name]) if name in request.GET else None
    except ValueError as error:
        raise Http404 from error
