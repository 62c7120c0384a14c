"""The mail of an invitation: sent after the commit, and its outcome written on the row, so that it can be sent again."""

import logging

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.models import Invitation

logger = logging.getLogger(__name__)


def deliver(acting: Acting, invitation: Invitation, secret: str) -> None:
    """Never raises for a mail that could not be sent: the list of people says so, beside "Send again"."""
    outcome = _send(acting, invitation, secret)
    with acting_for(acting):
        Invitation.objects.of(acting).filter(pk=invitation.pk, digest=invitation.digest).update(**{outcome: timezone.now()})


def deliver_to_first(acting: Acting, invitation: Invitation, secret: str) -> None:
    """As `deliver`, for an organisation that has nobody yet: the one who acts belongs to its region's coordination body."""
    outcome = _send(acting, invitation, secret)
    with as_system("the first administrator of an empty organisation"):
        Invitation.objects.filter(pk=invitation.pk, digest=invitation.digest).update(**{outcome: timezone.now()})


def _send(acting: Acting, invitation: Invitation, secret: str) -> str:
    """The column that says what came of it."""
    try:
        compose(acting, invitation, secret).send()
    except Exception:  # whatever a mail server, or the way to it, comes up with
        logger.exception("the invitation %s could not be sent", invitation.pk)
        return "failed_at"
    return "sent_at"


def compose(acting: Acting, invitation: Invitation, secret: str) -> EmailMultiAlternatives:
    organisation = invitation.organisation.name
    context = {
        "invitation": invitation,
        "role": invitation.get_role_display(),
        "organisation": organisation,
        "inviter": acting.user.name,
        "expires_at": timezone.localtime(invitation.expires_at),
        "url": settings.BASE_URL + reverse("invitation", args=[secret]),
    }
    subject = _("%(inviter)s invites you to %(organisation)s on PortSec") % {"inviter": acting.user.name, "organisation": organisation}
    mail = EmailMultiAlternatives(
        subject=" ".join(subject.split()), body=render_to_string("access/invitation.txt", context), to=[invitation.email]
    )
    mail.attach_alternative(render_to_string("access/invitation.html", context), "text/html")
    return mail
