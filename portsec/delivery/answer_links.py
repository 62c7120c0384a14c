"""The link in a message that acknowledges without a sign-in: signed, for one dispatch, and confirmed on a page before it counts.

It is no key: whoever holds it can answer for one organisation to one alert and nothing else, until somebody has answered.
"""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from portsec.delivery.facts import answer_to
from portsec.delivery.parcel import Item

SALT = "portsec.delivery.answer"
LONGEST = 7 * 24 * 3600  # seconds: as long as an answer may be asked for (Alert.acknowledge_within)


class BadLinkError(ValueError):
    """Not a link of ours, or an old one."""


def link_for(item: Item) -> str:
    """The address, or nothing where no answer is asked. TLP:RED is answered by the named person, who signs in."""
    facts = item.facts
    if item.purpose == "check":
        return f"{settings.BASE_URL}{reverse('check_link', args=[sign(item.dispatch.pk)])}"
    if facts is None or item.answer_due is None or not facts.tells_headline or answer_to(facts.kind) is None:
        return ""
    if item.purpose not in {"tell", "escalate"}:
        return ""
    return f"{settings.BASE_URL}{reverse('answer_link', args=[sign(item.dispatch.pk)])}"


def sign(dispatch: UUID) -> str:
    return signing.TimestampSigner(salt=SALT).sign(dispatch.hex)


def read(signed: str) -> UUID:
    """The dispatch that the link was sent with; BadLinkError for anything else."""
    try:
        return UUID(signing.TimestampSigner(salt=SALT).unsign(signed, max_age=LONGEST))
    except (signing.BadSignature, ValueError) as error:
        raise BadLinkError from error
