"""What a contact point must satisfy before it is kept, and its content as the journal writes it."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from ports.models import ContactPoint
from ports.models.contact import Hours
from ports.phones import normalised
from portsec.problems import Fault, Refused
from portsec.validation import check_fields

REACHED_BY = ("phone", "second_phone", "email", "radio_channel")
WRITTEN = (
    "role",
    "person",
    *REACHED_BY,
    "hours",
    "days",
    "opens_at",
    "closes_at",
    "situations",
    "note",
    "verified_on",
)  # what an organisation writes, in the order of the API


def check_contact(contact: ContactPoint, today: date) -> None:
    """Brings numbers and lists into their one form; raises Refused naming each field that cannot stand."""
    _tidy(contact)
    check_fields(contact, exclude=["owner", "audience", "verified_by"])
    faults = [*_hours_faults(contact), *_reach_faults(contact)]
    if contact.verified_on and contact.verified_on > today:
        faults.append(Fault("verified_on", _("This day is still to come. Give the day on which it was tried."), "future"))
    if faults:
        raise Refused(*faults)


def content_of(contact: ContactPoint) -> dict[str, Any]:
    """The values as they are kept: `record` writes them as the API does."""
    return {name: getattr(contact, name) for name in WRITTEN}


def _tidy(contact: ContactPoint) -> None:
    contact.phone, contact.second_phone = normalised(contact.phone), normalised(contact.second_phone)
    contact.situations = list(dict.fromkeys(contact.situations))
    contact.days = sorted(set(contact.days))
    if contact.hours == Hours.ALWAYS:
        contact.days, contact.opens_at, contact.closes_at = [], None, None


def _hours_faults(contact: ContactPoint) -> list[Fault]:
    if contact.hours == Hours.ALWAYS:
        return []
    faults = [] if contact.days else [Fault("days", _("Choose the days on which it answers."), "required")]
    for name, at in (("opens_at", contact.opens_at), ("closes_at", contact.closes_at)):
        if at is None:
            faults.append(Fault(name, _("Give a time, as 08:00."), "required"))
    if contact.opens_at is not None and contact.opens_at == contact.closes_at:
        message = _("It would end when it begins. Choose a later time, or “Always, day and night”.")
        faults.append(Fault("closes_at", message, "empty_window"))
    return faults


def _reach_faults(contact: ContactPoint) -> list[Fault]:
    if any(getattr(contact, name) for name in REACHED_BY):
        return []
    return [Fault("phone", _("Give at least one way to reach it: a phone, an e-mail address or a radio channel."), "required")]
