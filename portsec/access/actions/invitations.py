"""Asking people to join, and joining. Nothing here tells an inviter whether an address has an account elsewhere."""

import hashlib
import secrets
from datetime import timedelta
from functools import partial

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, as_system, current_alias
from portsec.access.actions.members import add_member, check_role
from portsec.access.invitation_mail import deliver
from portsec.access.models import Invitation, Membership, User
from portsec.access.step_up import require_for_members
from portsec.journal.actions import record_own
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

HOUR = 3600
UNCHECKED = {"organisation", "invited_by", "digest", "expires_at"}


def invite_person(acting: Acting, *, email: str, name: str, role: str) -> Invitation:
    """The mail leaves after the commit. Raises Refused naming `email`, `name` or `role`; asks about one's own organisation only."""
    _require(acting)
    invitation = Invitation(
        organisation=acting.organisation, email=email.strip().lower(), name=" ".join(name.split()), role=role, invited_by=acting.user
    )
    check_role(acting.organisation, role)
    check_fields(invitation, exclude=UNCHECKED)
    _check_not_here(acting, invitation.email)
    count_sent(acting, settings.INVITATIONS_PER_HOUR)
    secret = renew(invitation)
    try:
        with transaction.atomic(using=current_alias()):
            invitation.save()
    except IntegrityError as error:  # a colleague pressed the button at the same moment
        raise Refused(_invited_already()) from error
    _tell(acting, invitation, secret, f"{invitation.name} was invited as {invitation.get_role_display()}")
    return invitation


def send_again(acting: Acting, invitation: Invitation) -> None:
    """A new link with a new week; the one before opens nothing any more. Raises Conflict where it was taken up or withdrawn."""
    _require(acting)
    count_sent(acting, settings.INVITATIONS_PER_HOUR)
    secret = renew(invitation)
    renewed = {"digest": invitation.digest, "expires_at": invitation.expires_at, "sent_at": None, "failed_at": None}
    if not Invitation.objects.of(acting).waiting().filter(pk=invitation.pk).update(**renewed):
        raise Conflict(_("This invitation has been taken up or withdrawn. Invite the person anew if need be."))
    _tell(acting, invitation, secret, f"{invitation.name} was invited again as {invitation.get_role_display()}")


def withdraw_invitation(acting: Acting, invitation: Invitation) -> None:
    """The link opens nothing from now on. Raises Conflict where it was taken up or withdrawn. Never asks for a second factor."""
    acting.require("member.manage")
    if not Invitation.objects.of(acting).waiting().filter(pk=invitation.pk).update(withdrawn_at=timezone.now()):
        raise Conflict(_("This invitation has been taken up or withdrawn already."))
    record_own(
        acting, "member.invitation_withdrawn", "invitation", invitation.pk, f"The invitation of {invitation.name} was withdrawn", after={}
    )


def accept_as_new(secret: str, *, name: str, password: str) -> User:
    """Makes the account that the invitation is for. Raises Refused naming `name` or `password`, Conflict where the link is not open."""
    asked = find_invitation(secret)
    if asked is None or not asked.is_open:
        raise Conflict(_("This link is no longer open."))
    user = User(email=asked.email, name=" ".join(name.split()))
    _check_new(user, password)
    user.password = make_password(password)  # before the lock: it takes half a second on purpose
    try:
        with as_system("a person takes up an invitation, and belongs nowhere yet"):
            invitation = _take(secret)
            user.save()
            _join(invitation, user)
    except IntegrityError as error:
        raise Conflict(_("This address has an account meanwhile. Sign in, then open the link again.")) from error
    return user


def accept_as_member(secret: str, user: User) -> Invitation:
    """Who has an account joins with it. Raises Conflict where the link is no longer open, or is for another address."""
    with as_system("a person takes up an invitation, and belongs nowhere yet"):
        invitation = _take(secret)
        if invitation.email.lower() != user.email.lower():
            raise Conflict(_("This invitation is for another address. Sign out, then sign in with that one."))
        if Membership.objects.filter(user=user, organisation=invitation.organisation, is_active=True).exists():
            raise Conflict(_("You belong to %s already.") % invitation.organisation.name)
        _join(invitation, user)
    return invitation


def find_invitation(secret: str) -> Invitation | None:
    """Behind a link, in whatever state. Nobody acts yet, so it is looked up as the system, by the digest alone."""
    with as_system("an invitation is found by its link, before anybody acts"):
        return Invitation.objects.select_related("organisation", "invited_by").filter(digest=_digest(secret)).first()


def has_account(invitation: Invitation) -> bool:
    """For the holder of the link, who reads that mailbox; never for the inviter."""
    return User.objects.filter(email__iexact=invitation.email).exists()


def _require(acting: Acting) -> None:
    acting.require("member.manage")
    require_for_members(acting)


def _check_not_here(acting: Acting, email: str) -> None:
    """Asks about the own organisation alone: elsewhere is nobody's business."""
    here = Membership.objects.filter(organisation=acting.organisation, user__email__iexact=email).first()
    if here is not None and here.is_active:
        raise Refused(Fault("email", _("This person belongs to your organisation already."), "member_already"))
    if here is not None:
        raise Refused(Fault("email", _("This person belonged to your organisation. Reactivate the member instead."), "inactive_member"))
    if Invitation.objects.of(acting).waiting().filter(email__iexact=email).exists():
        raise Refused(_invited_already())


def _invited_already() -> Fault:
    return Fault("email", _("This address is invited already. Send that invitation again, or withdraw it first."), "invited_already")


def count_sent(acting: Acting, most: int, of: str = "invitations") -> None:
    """Mail in our name to strangers is rationed. Without the cache nobody counts, and nobody is held up."""
    key = f"{of}:{acting.organisation.pk}:{int(timezone.now().timestamp()) // HOUR}"
    cache.add(key, 0, HOUR)
    try:
        sent = cache.incr(key)
    except ValueError:
        return
    if sent is not None and sent > most:
        text = _("Your organisation has sent %d invitations within this hour. Send the next one after the full hour.")
        raise Refused(Fault("", text % most, "too_many"))


def renew(invitation: Invitation) -> str:
    """A new secret, of which the row keeps the digest."""
    secret = secrets.token_urlsafe(32)
    invitation.digest = _digest(secret)
    invitation.expires_at = timezone.now() + timedelta(seconds=settings.INVITATION_LIFETIME)
    return secret


def _digest(secret: str) -> str:
    """256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _tell(acting: Acting, invitation: Invitation, secret: str, summary: str) -> None:
    told = {"name": invitation.name, "role": str(invitation.role)}
    record_own(acting, "member.invited", "invitation", invitation.pk, summary, after=told)
    transaction.on_commit(partial(deliver, acting, invitation, secret), using=current_alias())


def _take(secret: str) -> Invitation:
    """Locked until the end of the transaction: a link works once."""
    found = Invitation.objects.select_for_update(of=("self",)).select_related("organisation").filter(digest=_digest(secret)).first()
    if found is None:
        raise Http404
    if not found.is_open or not found.organisation.is_active:
        raise Conflict(_("This link is no longer open."))
    return found


def _join(invitation: Invitation, user: User) -> None:
    """The invitation reached the mailbox, which is all that a verified address means."""
    is_first = not EmailAddress.objects.filter(user=user, primary=True).exists()
    verified = {"verified": True}
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults=verified, create_defaults={**verified, "primary": is_first})
    add_member(user, invitation.organisation, invitation.role, actor=user)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])


def _check_new(user: User, password: str) -> None:
    faults: list[Fault] = []
    try:
        check_fields(Invitation(name=user.name), exclude={*UNCHECKED, "email", "role"})
    except Refused as refused:
        faults += refused.faults
    try:
        validate_password(password, user)
    except ValidationError as error:
        faults += [Fault("password", message, "password") for message in error.messages]
    if faults:
        raise Refused(*faults)
