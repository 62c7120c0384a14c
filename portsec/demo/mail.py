"""The mail that the demo sends, on a page of its own: nothing leaves the machine."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portsec.access.middleware import opens_no_context

SEPARATOR = b"-" * 79 + b"\n"
MOST = 100


@opens_no_context
@require_safe
def demo_mail(request: HttpRequest) -> HttpResponse:
    mails = newest_mails(Path(getattr(settings, "EMAIL_FILE_PATH", "") or "/nonexistent"))
    number = request.GET.get("mail", "0")
    opened = mails[int(number)] if number.isascii() and number.isdigit() and int(number) < len(mails) else None
    return render(request, "portsec/demo_mail.html", {"mails": mails, "mail": opened})


def newest_mails(folder: Path) -> list[dict[str, Any]]:
    """As Django's file backend keeps them: several to a file, separated by a line of dashes."""
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True) if folder.is_dir() else []
    raw = [part for file in files for part in reversed(file.read_bytes().split(SEPARATOR)) if part.strip()]
    return [_shown(number, email.message_from_bytes(part, policy=email.policy.default)) for number, part in enumerate(raw[:MOST])]


def _shown(number: int, mail: Any) -> dict[str, Any]:
    body = mail.get_body(("plain",)) if isinstance(mail, EmailMessage) else None
    return {
        "url": f"?mail={number}",
        "subject": str(mail["Subject"] or ""),
        "to": str(mail["To"] or ""),
        "sender": str(mail["From"] or ""),
        "at": _sent_at(mail),
        "body": body.get_content() if body else "",
    }


def _sent_at(mail: Any) -> datetime | None:
    """Django writes -0000, which Python reads as a time without a zone; RFC 5322 means UTC."""
    at: datetime | None = mail["Date"].datetime if mail["Date"] else None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
