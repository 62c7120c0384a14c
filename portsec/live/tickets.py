"""A page's way onto the live line: a signed ticket, so that thousands who reconnect at once cost no session query each."""

from django.core import signing

from portsec.access.acting import Acting
from portsec.live.line import Visitor

SALT = "portsec.live.ticket"
LIFETIME = 600  # seconds


def make_ticket(acting: Acting, token_key: str = "") -> str:
    """`token_key` names the service token that asks for it: its line ends with the token."""
    return signing.dumps([str(acting.user.pk), str(acting.organisation.pk), acting.is_service, token_key], salt=SALT)


def read_ticket(text: str) -> Visitor | None:
    """None for a ticket that is forged or older than ten minutes. Whether its holder still belongs is asked at the door."""
    try:
        user, organisation, is_service, token_key = signing.loads(text, salt=SALT, max_age=LIFETIME)
    except (signing.BadSignature, ValueError):  # or as an earlier release made it
        return None
    return Visitor(user, organisation, is_service, token_key)
