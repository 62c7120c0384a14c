"""The way to a provider and back: what the session remembers meanwhile, and whom the provider's word lets in."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import as_system
from portsec.access.actions.members import add_member
from portsec.access.models import Invitation, Membership, OpenIdConnection, OpenIdLink, User
from portsec.access.openid.claims import Identity
from portsec.access.openid.provider import Provider

STARTED = "openid_started"  # of the session: {state: Journey}
LONGEST = 600  # seconds that a person may take at the provider
MOST = 5  # tabs
SCOPE = "openid email profile"


class NotLetIn(Exception):
    """The provider's word is good, and still opens nothing here. The message is for the person."""


@dataclass(frozen=True)
class Journey:
    connection: str
    nonce: str
    verifier: str
    next: str
    at: float


def set_out(session: SessionBase, connection: OpenIdConnection, provider: Provider, *, email: str, next_address: str) -> str:
    """The provider's address to go to; the session remembers the rest."""
    state, now = secrets.token_urlsafe(24), timezone.now().timestamp()
    journey = Journey(str(connection.pk), secrets.token_urlsafe(24), secrets.token_urlsafe(48), next_address, now)
    kept = {name: one for name, one in session.get(STARTED, {}).items() if now - one["at"] < LONGEST}
    session[STARTED] = dict(list({**kept, state: asdict(journey)}.items())[-MOST:])
    return provider.sign_in_address(
        {
            "response_type": "code",
            "client_id": connection.client_id,
            "redirect_uri": callback_address(connection),
            "scope": SCOPE,
            "state": state,
            "nonce": journey.nonce,
            "code_challenge": urlsafe_b64encode(hashlib.sha256(journey.verifier.encode()).digest()).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "login_hint": email,
        }
    )


def come_back(session: SessionBase, state: str, connection_id: str) -> Journey | None:
    """Once for each state, within its time, and to the provider to which it led."""
    started = dict(session.get(STARTED, {}))
    found: dict[str, Any] | None = started.pop(state, None)
    session[STARTED] = started
    if found is None or found["connection"] != connection_id or timezone.now().timestamp() - found["at"] > LONGEST:
        return None
    return Journey(**found)


def callback_address(connection: OpenIdConnection) -> str:
    """Each provider has one of its own, so that a word of one is not taken for a word of another (RFC 9700 §4.4)."""
    return f"{settings.BASE_URL}{reverse('openid_callback', args=[connection.pk])}"


def find_connection(email: str) -> OpenIdConnection | None:
    """By the domain alone: whether the very address is known must not show. A domain counts only where somebody of the
    organisation has an address in it, so that nobody leads others' people to a provider of his own."""
    domain = email.rpartition("@")[2].lower()
    with as_system("a person who is not signed in is led to the provider of the own organisation"):
        found = OpenIdConnection.objects.select_related("organisation").filter(domains__contains=[domain], works=True)
        here = [one for one in found.filter(organisation__is_active=True).order_by("created_at", "pk") if _has_people_at(one, domain)]
        known = [one for one in here if Membership.objects.filter(**_active_in(one), user__email__iexact=email).exists()]
    return next(iter([*known, *here]), None)


def read_connection(pk: Any) -> OpenIdConnection | None:
    with as_system("a person who is not signed in comes back from a provider"):
        found = OpenIdConnection.objects.select_related("organisation").filter(pk=pk, works=True, organisation__is_active=True)
        return found.first()


def admit(connection: OpenIdConnection, identity: Identity) -> User:
    """The person whom the provider means. Raises NotLetIn: an account is neither made for nobody nor taken over by an address.

    Linked already, or a member with that verified address, or invited to it and without an account anywhere.
    """
    try:
        with as_system("a person whom a provider vouches for belongs nowhere yet"):
            link = _links(connection).select_related("user").filter(subject=identity.subject).first()
            user = link.user if link else _by_address(connection, identity)
            if not user.is_active or user.is_service or not Membership.objects.filter(**_active_in(connection), user=user).exists():
                raise NotLetIn(_unknown())
            if link is None:
                OpenIdLink.objects.create(connection=connection, issuer=connection.issuer, subject=identity.subject, user=user)
            return user
    except IntegrityError as error:  # the address belongs to somebody whom the provider has called otherwise before
        raise NotLetIn(_("Your provider knows you under another name than before. Ask your organisation's administrator.")) from error


def _by_address(connection: OpenIdConnection, identity: Identity) -> User:
    if not identity.email or not connection.accepts(identity.email):
        raise NotLetIn(_("Your provider gives no verified address of your organisation. Ask its administrator."))
    known = User.objects.filter(email__iexact=identity.email).first()
    if known is not None and Membership.objects.filter(**_active_in(connection), user=known).exists():
        return known
    invitation = _open_invitation(connection, identity.email)
    if invitation is None:
        raise NotLetIn(_unknown())
    if known is not None:  # an account of another organisation: only who reads its mailbox and signs in to it may join with it
        raise NotLetIn(_("You have an account already. Open the link in your invitation and join with your password first."))
    return _join(invitation, identity)


def _join(invitation: Invitation, identity: Identity) -> User:
    user = User(email=identity.email, name=identity.name or invitation.name)
    user.set_unusable_password()
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    add_member(user, invitation.organisation, invitation.role, actor=user)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    return user


def _open_invitation(connection: OpenIdConnection, email: str) -> Invitation | None:
    found = Invitation.objects.select_for_update(of=("self",)).select_related("organisation")
    invitation = found.filter(organisation=connection.organisation, email__iexact=email, accepted_at=None, withdrawn_at=None).first()
    return invitation if invitation and invitation.is_open else None


def _links(connection: OpenIdConnection) -> Any:
    return OpenIdLink.objects.filter(connection=connection, issuer=connection.issuer)


def _active_in(connection: OpenIdConnection) -> dict[str, Any]:
    return {"organisation": connection.organisation, "is_active": True}


def _has_people_at(connection: OpenIdConnection, domain: str) -> bool:
    return Membership.objects.filter(**_active_in(connection), user__email__iendswith=f"@{domain}", user__is_service=False).exists()


def _unknown() -> str:
    return _("Your provider knows you, and PortSec does not. Ask your organisation's administrator to invite you.")
