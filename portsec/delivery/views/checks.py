"""Pages of communications checks, and the link by which a contact confirms without a sign-in."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from portsec.access.acting import Acting
from portsec.access.middleware import ActingRequest, opens_no_context
from portsec.access.models import Region
from portsec.delivery.answer_links import BadLinkError, read
from portsec.delivery.checks import confirm, find_checked, may_be_asked, result_of, start_check
from portsec.delivery.models import CheckedContact, CommunicationsCheck
from portsec.delivery.policies import coordinated_regions
from portsec.face.forms import RefusalMixin
from portsec.problems import Conflict, Refused

LISTED = 50
LENGTHS = [(30, gettext_lazy("30 minutes")), (60, gettext_lazy("1 hour")), (240, gettext_lazy("4 hours")), (1440, gettext_lazy("24 hours"))]


class CheckForm(RefusalMixin, forms.Form):
    """A coordination body chooses among its region's members; others ask their own contacts."""

    organisations = forms.MultipleChoiceField(
        label=gettext_lazy("Whom to check"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one organisation."),
            "invalid_choice": gettext_lazy("No such organisation among those that you may check."),
        },
    )
    lasts = forms.TypedChoiceField(label=gettext_lazy("Confirm within"), choices=LENGTHS, coerce=int, initial=60)
    is_drill = forms.BooleanField(label=gettext_lazy("It is part of a drill"), required=False)
    remark = forms.CharField(label=gettext_lazy("Remark"), required=False, max_length=300)

    def __init__(self, acting: Acting, region: Region | None, data: Any = None) -> None:
        super().__init__(data)
        choices = [(str(one.pk), one.name) for one in may_be_asked(acting, region)]
        field: Any = self.fields["organisations"]
        field.choices, field.initial = choices, [pk for pk, _name in choices]

    def arguments(self) -> dict[str, Any]:
        said = self.cleaned_data
        chosen = [UUID(one) for one in said["organisations"]]
        kept = {name: said[name] for name in ("is_drill", "remark")}
        return {"organisations": chosen, "lasts": timedelta(minutes=said["lasts"]), **kept}


@require_http_methods(["GET", "POST"])
def check_list(request: ActingRequest) -> HttpResponse:
    """The checks that one started or was asked in, newest first; and the form that starts one."""
    acting = request.acting
    region = next(iter(coordinated_regions(acting)), None)
    form = CheckForm(acting, region, request.POST or None) if acting.may("check.start") else None
    if request.method == "POST":
        acting.require("check.start")
        form = CheckForm(acting, region, request.POST)
        if form.is_valid() and (started := _start(request, form, region)) is not None:
            messages.success(request, _("Sent. Answers stand here as they come."))
            return redirect("check_detail", pk=started.pk)
    related = ("organisation", "region", "started_by")
    checks = CommunicationsCheck.objects.visible_to(acting).select_related(*related).order_by("-started_at", "-pk")[:LISTED]
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "delivery/checks.html", {"checks": checks, "form": form, "region": region}, status=status)


def _start(request: ActingRequest, form: CheckForm, region: Region | None) -> CommunicationsCheck | None:
    try:
        return start_check(request.acting, region=region, **form.arguments())
    except Refused as refused:
        form.add_refusal(refused)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
    return None


@require_GET
def check_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    """Who has confirmed and how fast. While it runs the page asks again by itself."""
    found = CommunicationsCheck.objects.visible_to(request.acting).select_related("organisation", "region", "started_by")
    check = get_object_or_404(found, pk=pk)
    return render(request, "delivery/check.html", {"check": check, "result": result_of(request.acting, check)})


@never_cache
@opens_no_context
@require_http_methods(["GET", "POST"])
def check_link(request: HttpRequest, signed: str = "") -> HttpResponse:
    """Opening it changes nothing, for mail programs open links by themselves: the button does."""
    checked = _find(signed)
    if checked is None:
        return _closed(request, "unknown", 404 if signed else 200)
    if checked.confirmed_at is not None:
        return _closed(request, "confirmed", 410)
    if not checked.communications_check.is_running:
        return _closed(request, "ended", 410)
    if request.method == "GET":
        return render(request, "delivery/check_confirm.html", {"checked": checked, "check": checked.communications_check})
    counted = confirm(checked, timezone.now())
    return _closed(request, "done" if counted else "confirmed", 200 if counted else 409)


def _find(signed: str) -> CheckedContact | None:
    try:
        return find_checked(read(signed))
    except BadLinkError:
        return None


def _closed(request: HttpRequest, state: str, status: int) -> HttpResponse:
    return render(request, "delivery/check_closed.html", {"state": state}, status=status)
