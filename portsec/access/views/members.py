"""The people of one's own organisation: who they are, asking more to join, changing what they are, letting them go."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portsec.access import actions, queries
from portsec.access.actions.members import manages
from portsec.access.middleware import ActingRequest
from portsec.access.models import Membership
from portsec.access.organisation_forms import HandOverForm, InviteForm, RoleForm
from portsec.access.views.step_up import kept_input, sent_to_confirm, step_up_shown
from portsec.problems import Conflict, Refused

SHOWS = ("active", "all")


@require_safe
def organisation(request: ActingRequest) -> HttpResponse:
    acting = request.acting
    acting.require("member.manage")
    show = request.GET.get("show") if request.GET.get("show") in SHOWS else "active"
    people = queries.members(acting)
    context = {
        "people": people if show == "all" else people.filter(is_active=True),
        "invitations": queries.invitations(acting),
        "show": show,
        "shows": [("active", _("Active")), ("all", _("All"))],
    }
    return render(request, "access/organisation.html", context)


@require_http_methods(["GET", "POST"])
def invite(request: ActingRequest) -> HttpResponse:
    """Known and unknown addresses are answered alike, word for word: nothing here asks about other organisations."""
    acting = request.acting
    acting.require("member.manage")
    here = reverse("organisation_invite")
    form = InviteForm(acting.organisation, request.POST or None, initial=kept_input(request))
    if form.is_valid():
        if away := sent_to_confirm(request, here):
            return away
        try:
            actions.invite_person(acting, **form.cleaned_data)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Invited. The list below says whether the mail has left."))
            return redirect("organisation")
    context = {"form": form, "step_up": step_up_shown(request, here)}
    return render(request, "access/invite.html", context, status=422 if form.is_bound else 200)


@require_POST
def invitation_again(request: ActingRequest, pk: UUID) -> HttpResponse:
    invitation = get_object_or_404(queries.invitations(request.acting), pk=pk)
    request.acting.require("member.manage")
    if away := sent_to_confirm(request, reverse("organisation")):
        return away
    return _done(request, lambda: actions.send_again(request.acting, invitation), _("Sent again. The link before works no more."))


@require_POST
def invitation_withdraw(request: ActingRequest, pk: UUID) -> HttpResponse:
    invitation = get_object_or_404(queries.invitations(request.acting), pk=pk)
    return _done(request, lambda: actions.withdraw_invitation(request.acting, invitation), _("Invitation withdrawn."))


def _done(request: ActingRequest, verb: Any, words: str) -> HttpResponse:
    """Back to the list, with what came of it."""
    try:
        verb()
    except Conflict as conflict:
        messages.error(request, str(conflict))
    except Refused as refused:
        messages.error(request, refused.faults[0].detail)
    else:
        messages.success(request, words)
    return redirect("organisation")


def own_member(request: ActingRequest, pk: UUID) -> Membership:
    """Of another organisation is as absent as nobody's (404); seen but not allowed comes after."""
    member: Membership = get_object_or_404(queries.members(request.acting), pk=pk)
    request.acting.require("member.manage")
    return member


@require_safe
def member_detail(request: ActingRequest, pk: UUID) -> HttpResponse:
    return member_page(request, own_member(request, pk))


@require_POST
def member_role(request: ActingRequest, pk: UUID) -> HttpResponse:
    member = own_member(request, pk)
    form = RoleForm(request.acting.organisation, request.POST)
    if form.is_valid():
        if away := sent_to_confirm(request, page_of(member)):
            return away
        try:
            actions.change_role(request.acting, member, form.cleaned_data["role"])
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Role changed."))
            return redirect(page_after(request, member))
    return member_page(request, member, role_form=form)


@require_POST
def member_hand_over(request: ActingRequest, pk: UUID) -> HttpResponse:
    member = own_member(request, pk)
    form = HandOverForm(request.acting.organisation, request.POST)
    if form.is_valid():
        if away := sent_to_confirm(request, page_of(member)):
            return away
        try:
            actions.hand_over(request.acting, member, own_role=form.cleaned_data["own_role"])
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Handed over. %s manages your organisation now.") % member.user.name)
            return redirect("dashboard")
    return member_page(request, member, hand_over_form=form)


@require_POST
def member_deactivate(request: ActingRequest, pk: UUID) -> HttpResponse:
    member = own_member(request, pk)
    if away := sent_to_confirm(request, page_of(member)):
        return away
    try:
        actions.deactivate_member(request.acting, member)
    except Conflict as conflict:
        return member_page(request, member, error=str(conflict))
    messages.success(request, _("%s is deactivated and sees nothing of your organisation any more.") % member.user.name)
    return redirect("dashboard" if member.user_id == request.acting.user.pk else "organisation")


@require_POST
def member_reactivate(request: ActingRequest, pk: UUID) -> HttpResponse:
    member = own_member(request, pk)
    if away := sent_to_confirm(request, page_of(member)):
        return away
    try:
        actions.reactivate_member(request.acting, member)
    except Conflict as conflict:
        return member_page(request, member, error=str(conflict))
    messages.success(request, _("%s is active again.") % member.user.name)
    return redirect(page_of(member))


def page_of(member: Membership) -> str:
    return reverse("member_detail", args=[member.pk])


def page_after(request: ActingRequest, member: Membership) -> str:
    """Who changed the own role may have lost the page with it."""
    return "dashboard" if member.user_id == request.acting.user.pk else page_of(member)


def member_page(request: ActingRequest, member: Membership, *, error: str = "", **forms: Any) -> HttpResponse:
    """One person with what can be done; a form that was refused comes back with its input."""
    acting = request.acting
    kept = {} if forms or error else kept_input(request)
    context = {
        "member": member,
        "is_self": member.user_id == acting.user.pk,
        "is_manager": manages(member.role, acting.organisation),
        "role_form": RoleForm(acting.organisation, initial={"role": member.role} | kept, auto_id="role_%s"),
        "hand_over_form": HandOverForm(acting.organisation, initial=kept),
        "tokens_made": queries.tokens(acting).filter(created_by=member.user_id, replaced_at=None).count(),
        "error": error,
        "step_up": step_up_shown(request, page_of(member)),
    }
    return render(request, "access/member.html", context | forms, status=422 if forms or error else 200)
