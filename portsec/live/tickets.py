"""A page's way onto the live line: a signed ticket, so that thousands who reconnect at once cost no session query each."""

import hashlib
from functools import cache

from django.conf import settings
from django.core import signing

from portsec.access.acting import Acting
from portsec.live.line import Visitor

SALT = "portsec.live.ticket"
LIFETIME = 600  # seconds


def make_ticket(acting: Acting, token_key: str = "", session: str = "") -> str:
    """`token_key` names the service token that asks for it, `session` the fingerprint of the session: the line ends with them."""
    return _signer().sign_object([str(acting.user.pk), str(acting.organisation.pk), acting.is_service, token_key, session])


def fingerprint(session_key: str | None) -> str:
    """A ticket stands in the page, where script can read it; the key of the session must not."""
    return hashlib.sha256(session_key.encode()).hexdigest() if session_key else ""


def read_ticket(text: str) -> Visitor | None:
    """None for a ticket that is forged or older than ten minutes. Whether its holder still belongs is asked at the door."""
    try:
        user, organisation, is_service, token_key, session = _signer().unsign_object(text, max_age=LIFETIME)
    except (signing.BadSignature, ValueError):  # or as an earlier release made it
        return None
    return Visitor(user, organisation, is_service, token_key, session)


def _signer() -> signing.TimestampSigner:
    return _signer_with(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@cache
def _signer_with(key: str, *former: str) -> signing.TimestampSigner:
    """Kept, since thousands bring a ticket at once, and to make a signer takes a third of what it takes to read one."""
    return signing.TimestampSigner(key=key, fallback_keys=[*former], salt=SALT)
