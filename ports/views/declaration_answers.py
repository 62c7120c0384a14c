"""Pages on which either side answers, signs or ends a declaration."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ports import actions
from ports.actions.declarations import require_port
from ports.declaration_content import digest_of, text_of
from ports.forms.declarations import EndForm, PaperForm, ReasonForm, RemarkForm, SignForm
from ports.models import DeclarationOfSecurity, Side
from ports.models.declaration import ShipRole
from ports.views.declarations import detail_context, the_declaration, unsigned
from portsec.access.acting import Acting
from portsec.access.middleware import ActingRequest
from portsec.access.views.step_up import kept_input, sent_to_confirm, step_up_shown
from portsec.problems import Conflict, Refused


@require_POST
def declaration_agree(request: ActingRequest, pk: UUID) -> HttpResponse:
    return answer(request, pk, RemarkForm(request.POST), "remark_form", actions.agree_declaration, _("Agreed. It waits for signatures."))


@require_POST
def declaration_decline(request: ActingRequest, pk: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="id_decline_%s")
    return answer(request, pk, form, "reason_form", actions.decline_declaration, _("Declined. The other side reads why."))


@require_POST
def declaration_end(request: ActingRequest, pk: UUID) -> HttpResponse:
    """Never asks for a second factor."""
    form = EndForm(request.POST, auto_id="id_end_%s")
    return answer(request, pk, form, "end_form", actions.end_declaration, _("Ended. It stays on record."), verb="declaration.end")


def answer(
    request: ActingRequest, pk: UUID, form: Any, name: str, action: Any, done: str, *, verb: str = "declaration.request"
) -> HttpResponse:
    acting, one = request.acting, the_declaration(request.acting, pk)
    require_port(acting, verb)
    if form.is_valid():
        try:
            action(acting, one, **form.cleaned_data)
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            messages.error(request, str(conflict))
            return redirect("declaration_detail", pk=pk)
        else:
            messages.success(request, done)
            return redirect("declaration_detail", pk=pk)
    context = detail_context(acting, the_declaration(acting, pk), **{name: form})
    return render(request, "ports/declaration_detail.html", context, status=422)


@require_http_methods(["GET", "POST"])
def declaration_sign(request: ActingRequest, pk: UUID) -> HttpResponse:
    """The whole text, then the signature: of one's own hand, or of what was signed on paper. 404 where nothing is left to sign."""
    acting, one = request.acting, the_declaration(request.acting, pk)
    require_port(acting, "declaration.sign")
    here = reverse("declaration_sign", args=[pk])
    sides = unsigned(acting, one) if one.state == DeclarationOfSecurity.State.AGREED else []
    kept = kept_input(request)
    wanted = request.POST.get("side") or request.GET.get("side") or kept.get("side", "")
    chosen = next((side for side in sides if side["side"] == wanted), sides[0] if sides else None)
    if chosen is None:
        return nothing_to_sign(request, one)
    form = sign_form(acting, one, chosen["side"], request.POST or None, kept)
    if form.is_valid():
        if away := sent_to_confirm(request, here):
            return away
        if (done := signed(request, one, form)) is not None:
            return done
    shown = detail_context(acting, the_declaration(acting, pk))
    context = {**shown, "form": form, "chosen": chosen, "step_up": step_up_shown(request, here)}
    return render(request, "ports/declaration_sign.html", context, status=422 if form.is_bound else 200)


def nothing_to_sign(request: ActingRequest, one: DeclarationOfSecurity) -> HttpResponse:
    if request.acting.organisation.pk not in (one.owner_id, one.other_port_id):
        raise Http404
    messages.info(request, _("Nothing is left for you to sign here."))
    return redirect(one)


def sign_form(acting: Acting, one: DeclarationOfSecurity, side: str, data: Any, kept: dict[str, Any]) -> SignForm:
    initial = {"sha256": digest_of(text_of(one)), "side": side, "capacity": acting.get_role_display()}
    if side == Side.OTHER and one.other_port_id is None:
        role = str(ShipRole(one.ship_role).label) if one.ship_role else ""
        now = timezone.now().replace(second=0, microsecond=0)
        return PaperForm(data, initial={**initial, "person": one.ship_person, "capacity": role, "signed_at": now, **kept})
    return SignForm(data, initial={**initial, **kept})


def signed(request: ActingRequest, one: DeclarationOfSecurity, form: SignForm) -> HttpResponse | None:
    """None where the form has to be shown again."""
    try:
        signature = actions.sign_declaration(request.acting, one, **form.cleaned_data)
    except Refused as refused:
        form.add_refusal(refused)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
    else:
        messages.success(request, _("%(person)s has signed %(ref)s.") % {"person": signature.person, "ref": one.ref_id})
        return redirect(one)
    return None
