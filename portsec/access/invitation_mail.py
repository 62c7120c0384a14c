"""The mail of an invitation: sent after the commit, and its outcome written on the row, so that it can be sent again."""

import logging

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, acting_for
from portsec.access.models import Invitation

logger = logging.getLogger(__name__)


def deliver(acting: Acting, invitation: Invitation, secret: str) -> None:
    """Never raises for a mail that could not be sent: the list of people says so, beside "Send again"."""
    try:
        compose(acting, invitation, secret).send()
        outcome = "sent_at"
    except Exception:  # whatever a mail server, or the way to it, comes up with
        logger.exception("the invitation %s could not be sent", invitation.pk)
        outcome = "failed_at"
    with acting_for(acting):
        Invitation.objects.of(acting).filter(pk=invitation.pk, digest=invitation.digest).update(**{outcome: timezone.now()})


def compose(acting: Acting, invitation: Invitation, secret: str) -> EmailMultiAlternatives:
    organisation = acting.organisation.name
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
