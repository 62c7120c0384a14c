"""E-mail through any SMTP server that Django can reach. Its stable Message-ID lets a mailbox drop a second copy."""

import smtplib
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from portsec.delivery.answer_links import link_for
from portsec.delivery.ladders import rungs
from portsec.delivery.models import State
from portsec.delivery.parcel import Parcel, TransportError
from portsec.delivery.wording import lines_of, subject_of

# Enhanced and plain codes that speak of the mailbox, not of the message (RFC 5321 §4.2, RFC 3463 §3.2).
NO_SUCH_MAILBOX = frozenset({550, 551, 553})


class EmailTransport:
    ladder = rungs(5, 15, 60, 120, 300, 600, 1200)
    bundles = True
    taken = State.ACCEPTED

    def is_available(self) -> bool:
        return True

    def send(self, parcel: Parcel) -> str:
        try:
            with get_connection() as connection:
                connection.send_messages([compose(parcel)])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise TransportError(f"SMTP {code}", permanent=code >= 500, gone=code in NO_SUCH_MAILBOX) from error
        except smtplib.SMTPResponseException as error:
            raise TransportError(f"SMTP {error.smtp_code}", permanent=500 <= error.smtp_code < 600 and error.smtp_code != 535) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TransportError(f"The mail server does not answer ({type(error).__name__})") from error
        return "SMTP 250"


def compose(parcel: Parcel) -> EmailMultiAlternatives:
    """The message; the label decides what it says (domain.md §7)."""
    context = {
        "parcel": parcel,
        "lines": [(item, lines_of(item), link_for(item)) for item in parcel.items],
        "organisation": parcel.endpoint.organisation.name,
        "site": settings.BASE_URL,
        "settings_url": settings.BASE_URL + "/delivery/endpoints/",
    }
    host = urlsplit(settings.BASE_URL).hostname
    sender = formataddr(("PortSec", parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
    mail = EmailMultiAlternatives(
        subject=" ".join(subject_of(parcel).split()),
        body=render_to_string("delivery/message.txt", context),
        from_email=sender,
        to=[parcel.endpoint.address],
        headers={"Message-ID": f"<{parcel.id}@{host}>", "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
    mail.attach_alternative(render_to_string("delivery/message.html", context), "text/html")
    return mail
