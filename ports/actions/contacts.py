"""The verbs of contact points: add, edit, verify, retire, reorder (domain.md §9)."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.contact_content import REACHED_BY, WRITTEN, check_contact, content_of
from ports.models import ContactPoint
from ports.told import followed
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.audiences import AudienceWish, resolve_audience
from portsec.access.models import ShareableQuerySet
from portsec.delivery.endpoints import follow_contact, leave_contact, place_contacts
from portsec.journal.actions import record
from portsec.problems import Conflict, Fault, Refused

THE_REGION = AudienceWish("region")


def add_contact_point(acting: Acting, *, wish: AudienceWish = THE_REGION, **content: Any) -> ContactPoint:
    """Adds one, called after those that are there. Who may know of it is decided now and stays. Raises Refused, NotAllowedError."""
    acting.require("contact.manage")
    contact = ContactPoint(owner=acting.organisation, **content)
    contact.verified_by = acting.user if contact.verified_on else None
    check_contact(contact, today_of(acting))
    with transaction.atomic():
        contact.audience = resolve_audience(acting, wish)
        contact.call_order = (_active(acting).aggregate(last=Max("call_order"))["last"] or 0) + 1
        contact.save(force_insert=True)
        follow_contact(acting, followed(contact))
        _record(acting, "contact_point.added", contact, _("%(organisation)s added a contact point: %(role)s"), after=content_of(contact))
    return contact


def edit_contact_point(acting: Acting, contact: ContactPoint, **changes: Any) -> ContactPoint:
    """Changes what was read as `contact.version`. A new number or address is unverified until somebody has tried it.

    Raises Refused, NotAllowedError, Conflict where another hand was faster or it is retired.
    """
    _require_own(acting, contact)
    before = content_of(contact)
    for name, value in changes.items():
        setattr(contact, name, value)
    check_contact(contact, today_of(acting))
    after = content_of(contact)
    if after["verified_on"] == before["verified_on"] and any(after[name] != before[name] for name in REACHED_BY):
        contact.verified_on = None
    if contact.verified_on != before["verified_on"]:
        contact.verified_by = acting.user if contact.verified_on else None
    after = content_of(contact)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return contact
    with transaction.atomic():
        _claim(acting, contact)
        contact.save(update_fields=[*WRITTEN, "verified_by"])  # not the order, which another hand may change meanwhile
        follow_contact(acting, followed(contact))
        old, new = ({name: values[name] for name in changed} for values in (before, after))
        _record(acting, "contact_point.edited", contact, _("%(organisation)s changed a contact point: %(role)s"), before=old, after=new)
    return contact


def verify_contact_point(acting: Acting, contact: ContactPoint) -> ContactPoint:
    """Says that it was tried today and answered: today on the owner's calendar. Raises NotAllowedError, Conflict."""
    _require_own(acting, contact)
    before = {"verified_on": contact.verified_on}
    contact.verified_on, contact.verified_by = today_of(acting), acting.user
    after = {"verified_on": contact.verified_on}
    with transaction.atomic():
        _claim(acting, contact)
        contact.save(update_fields=["verified_on", "verified_by"])
        summary = _("%(organisation)s verified a contact point: %(role)s")
        _record(acting, "contact_point.verified", contact, summary, before=before, after=after)
    return contact


def retire_contact_point(acting: Acting, contact: ContactPoint) -> ContactPoint:
    """Nobody is sent to it any more; it stays readable where its history is read. Raises NotAllowedError, Conflict."""
    _require_own(acting, contact)
    with transaction.atomic():
        _claim(acting, contact)
        contact.is_active = False
        contact.save(update_fields=["is_active"])
        leave_contact(contact.pk)
        _record(acting, "contact_point.retired", contact, _("%(organisation)s retired a contact point: %(role)s"))
    return contact


def reorder(acting: Acting, contact: ContactPoint, *, place: int) -> None:
    """Puts it at `place`, counted from 1, in the order in which its organisation is called. Raises Refused, Conflict."""
    _require_own(acting, contact)
    with transaction.atomic():
        others = [one for one in _active(acting).select_for_update() if one.pk != contact.pk]
        if not _active(acting).filter(pk=contact.pk).exists():
            raise Conflict(_retired())
        if not 1 <= place <= len(others) + 1:
            raise Refused(Fault("place", _("Give a place from 1 to %d.") % (len(others) + 1), "out_of_range"))
        before, ordered = contact.call_order, [*others[: place - 1], contact, *others[place - 1 :]]
        for number, one in enumerate(ordered, 1):
            one.call_order = number
        ContactPoint.objects.bulk_update(ordered, ["call_order"])
        place_contacts({one.pk: one.call_order for one in ordered})
        summary = _("%(organisation)s changed who is called first: %(role)s")
        changed = {"before": {"call_order": before}, "after": {"call_order": place}}
        _record(acting, "contact_point.reordered", contact, summary, **changed)


def today_of(acting: Acting) -> date:
    """Today on the acting organisation's calendar."""
    return timezone.localdate(timezone=ZoneInfo(acting.organisation.time_zone))


def _active(acting: Acting) -> ShareableQuerySet:
    found: ShareableQuerySet = ContactPoint.objects.editable_by(acting).filter(is_active=True).order_by("call_order", "pk")
    return found


def _require_own(acting: Acting, contact: ContactPoint) -> None:
    acting.require("contact.manage")
    if contact.owner_id != acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change this contact point.") % contact.owner.name, code="not_owner")


def _claim(acting: Acting, contact: ContactPoint) -> None:
    """The conditional change that lets one of two hands win."""
    if not _active(acting).filter(pk=contact.pk, version=contact.version).update(version=F("version") + 1):
        still_there = _active(acting).filter(pk=contact.pk).exists()
        raise Conflict(_("This contact point has been changed meanwhile. Read it again.") if still_there else _retired())
    contact.version += 1


def _retired() -> str:
    return _("This contact point is retired. Add a new one.")


def _record(acting: Acting, verb: str, contact: ContactPoint, sentence: str, **changed: Any) -> None:
    names = {"organisation": acting.organisation.name, "role": contact.role}
    record(acting, verb, contact, sentence % names, row={"role": contact.role}, **changed)
