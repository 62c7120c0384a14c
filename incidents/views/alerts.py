"""Pages of alerts. Each view reads, asks one action or query, and shows what came of it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents import actions, queries
from incidents.forms import CancelForm, ListForm, RemarkForm, UpdateForm
from incidents.models import Alert
from incidents.reading import read_on_page
from incidents.views.shown import answer_of, board_shown, chain, row
from portsec.access.acting import Acting
from portsec.access.middleware import ActingRequest, never_blocked
from portsec.access.pages import Key, newest_page
from portsec.access.views import own_address
from portsec.delivery import actions as delivery
from portsec.delivery.models import OPEN, Delivery
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused

PAGE = 25


@never_blocked
@require_GET
def alert_list(request: ActingRequest) -> HttpResponse:
    """Alerts that the organisation sent or was sent, newest first."""
    form = ListForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    show = chosen.get("show") or "active"
    found = queries.filtered(
        request.acting,
        show=show,
        severity=chosen.get("severity", ""),
        search=chosen.get("search", ""),
        exercises=not chosen.get("hide_exercises", False),
    )
    by = "created_at" if show == "drafts" else "published_at"
    page = newest_page(found, request.acting, limit=PAGE, by=by, before=place(request, "before"), after=place(request, "after"))
    context = {
        "alerts": list_items(request.acting, page.records),
        "filters": form,
        "show": show,
        "newer_url": neighbour(request, "after", page.newer),
        "older_url": neighbour(request, "before", page.older),
        "export_url": f"{reverse('alert-list')}?{urlencode(as_parameters(show, chosen))}",
    }
    return render(request, "incidents/alert_list.html", context)


def as_parameters(show: str, chosen: dict[str, Any]) -> dict[str, str]:
    """The page's filters as the API calls them: the file holds what the list shows."""
    kept = {name: chosen[name] for name in ("severity", "search") if chosen.get(name)}
    return {"show": show, **kept, **({"is_exercise": "false"} if chosen.get("hide_exercises") else {})}


def place(request: HttpRequest, name: str) -> Key | None:
    try:
        return Key.parse(request.GET[name]) if name in request.GET else None
    except ValueError as error:
        raise Http404 from error


def neighbour(request: HttpRequest, name: str, key: Key | None) -> str:
    kept = {key: value for key, value in request.GET.items() if key not in {"before", "after"}}
    return f"?{urlencode(kept | {name: str(key)})}" if key else ""


def list_items(acting: Acting, alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """Rows of the list with what became of each for the acting organisation. 1 query."""
    received = Delivery.objects.received_by(acting).filter(object_id__in=[alert.pk for alert in alerts]).order_by("version")
    by_alert = {one.object_id: one for one in received}
    return [list_item(acting, alert, by_alert.get(alert.pk)) for alert in alerts]


def list_item(acting: Acting, alert: Alert, received: Delivery | None) -> dict[str, Any]:
    return {**row(alert, received), "answer": answer_of(alert, received, is_own=alert.owner_id == acting.organisation.pk)}


@never_blocked
@require_GET
def alert_detail(request: ActingRequest, pk: str) -> HttpResponse:
    """The sender's live board, or the recipient's answer. A draft opens in the composer."""
    acting, alert = request.acting, the_alert(request, pk)
    if alert.state == Alert.State.DRAFT:
        return redirect("alert_edit", pk=alert.pk)
    read_on_page(acting, alert)
    return render(request, "incidents/alert_detail.html", detail_context(acting, alert))


def detail_context(acting: Acting, alert: Alert) -> dict[str, Any]:
    is_sender = alert.owner_id == acting.organisation.pk
    received = None if is_sender else queries.own_delivery(acting, alert.pk)
    if received is not None and received.seen_at is None:
        delivery.see(acting, alert.pk)
    return {
        "alert": alert,
        "is_sender": is_sender,
        "audience_name": alert.audience.name,
        "chain": chain(alert.messages.select_related("sent_by")),
        "board": board_shown(queries.board(acting, alert)) if queries.watches(acting, alert) else None,
        "delivery": received,
        "left": queries.Waiting(alert, received).left if received else None,
        "is_waiting": bool(received and alert.is_active and received.state in OPEN),
        "cancel_form": CancelForm(),
        "remark_form": RemarkForm(),
    }


@require_GET
def alert_board(request: ActingRequest, pk: str) -> HttpResponse:
    """The board alone, fetched again when an answer comes."""
    alert = the_alert(request, pk)
    if not queries.watches(request.acting, alert):
        raise Http404
    return render(request, "incidents/_board.html", {"alert": alert, "board": board_shown(queries.board(request.acting, alert))})


@never_blocked
@require_POST
def alert_acknowledge(request: ActingRequest, pk: str) -> HttpResponse:
    """Answers, and goes back to where the button stood. The page's script uses the API instead; this works without it."""
    alert, form = the_alert(request, pk), RemarkForm(request.POST)
    if not form.is_valid():
        context = {**detail_context(request.acting, alert), "remark_form": form}
        return render(request, "incidents/alert_detail.html", context, status=422)
    try:
        actions.acknowledge_alert(request.acting, alert, remark=form.cleaned_data["remark"])
    except Conflict as conflict:
        messages.info(request, str(conflict))
    else:
        messages.success(request, _("Acknowledged %s") % alert.ref_id)
    return back(request, alert)


def back(request: ActingRequest, alert: Alert) -> HttpResponse:
    return HttpResponseRedirect(own_address(request, request.POST.get("next", "")) or alert.get_absolute_url())


@require_http_methods(["GET", "POST"])
def alert_update(request: ActingRequest, pk: str) -> HttpResponse:
    acting, alert = request.acting, own_alert(request, pk)
    acting.require("alert.update")
    if request.method == "GET":
        read_on_page(acting, alert)  # the form holds its whole text
    form = UpdateForm(alert, request.POST or None)
    if form.is_valid():
        try:
            actions.update_alert(acting, alert, **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Update sent"))
            return redirect("alert_detail", pk=pk)
    stands = the_alert(request, pk)  # as it is in the database, whatever a refused form has set
    return render(request, "incidents/alert_update.html", {"alert": stands, "form": form}, status=422 if form.is_bound else 200)


@never_blocked
@require_POST
def alert_cancel(request: ActingRequest, pk: str) -> HttpResponse:
    acting, alert = request.acting, own_alert(request, pk)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return render(request, "incidents/alert_detail.html", {**detail_context(acting, alert), "cancel_form": form}, status=422)
    try:
        actions.cancel_alert(acting, alert, reason=form.cleaned_data["reason"])
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, _("Cancelled. Everyone who was told is told so."))
    return redirect("alert_detail", pk=pk)


@require_GET
def alert_history(request: ActingRequest, pk: str) -> HttpResponse:
    """Each change of the alert as a readable difference."""
    alert = the_alert(request, pk)
    read_on_page(request.acting, alert)
    entries = Entry.objects.visible_to(request.acting).of_object("alert", alert.pk).select_related("owner", "actor").order_by("-at", "-pk")
    return render(request, "journal/history.html", {"subject": alert, "entries": entries, "back_url": alert.get_absolute_url()})


def the_alert(request: ActingRequest, pk: str) -> Alert:
    """The only door of these pages to an alert: absent and forbidden are both 404."""
    alert: Alert = get_object_or_404(queries.readable(request.acting), pk=pk)
    return alert


def own_alert(request: ActingRequest, pk: str) -> Alert:
    """An alert of one's own that can still change."""
    mine = queries.readable(request.acting).filter(owner=request.acting.organisation, state=Alert.State.ACTIVE)
    alert: Alert = get_object_or_404(mine, pk=pk)
    return alert
