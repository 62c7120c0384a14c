"""What a declaration must satisfy, the names it keeps, and the text that is signed."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from ports.measures import DUTIES, REFERENCE, faults_of, missing
from ports.models import Counterpart, DeclarationOfSecurity
from portsec.face.wording import local_and_utc
from portsec.problems import Fault, Refused
from portsec.validation import check_fields

SHIP = ("ship_name", "ship_imo", "ship_flag", "ship_person", "ship_role", "ship_contact")
# What the port writes, in the order of the API.
WRITTEN = (
    "facility", "own_level", "counterpart", "other_facility", *SHIP, "other_level", "activities", "reason", "valid_from", "valid_to",
    "measures", "additional",
)  # fmt: skip
NOT_CHECKED = ("owner", "audience", "facility", "other_facility", "other_port", "created_by", "answered_by", "closed_by", "named",
               "measures", "additional")  # fmt: skip


def check_draft(declaration: DeclarationOfSecurity) -> None:
    """Field by field, and that the parts fit; a draft may lack what its request needs. Raises Refused."""
    faults = [*_ship_faults(declaration), *faults_of(declaration.measures, declaration.additional), *_period_faults(declaration)]
    try:
        check_fields(declaration, exclude=NOT_CHECKED)
    except Refused as refused:
        faults = [*refused.faults, *faults]
    if faults:
        raise Refused(*{fault.field: fault for fault in reversed(faults)}.values())


def check_whole(declaration: DeclarationOfSecurity, now: datetime) -> None:
    """What a request must say: everything, of a period that has not passed. Raises Refused."""
    check_draft(declaration)
    faults = []
    if not declaration.activities:
        faults.append(Fault("activities", _("Say what the two sides do together, for example: loading."), "required"))
    if declaration.valid_from is None:
        faults.append(Fault("valid_from", _("Say from when it holds."), "required"))
    if declaration.valid_to is None:
        faults.append(Fault("valid_to", _("Say until when it holds."), "required"))
    elif declaration.valid_to <= now:
        told = {"until": local_and_utc(declaration.valid_to)[0], "now": local_and_utc(now)[0]}
        faults.append(Fault("valid_to", _("%(until)s is in the past. Choose a time after %(now)s.") % told, "past"))
    faults += missing(declaration.measures)
    if faults:
        raise Refused(*faults)


def _ship_faults(declaration: DeclarationOfSecurity) -> list[Fault]:
    if declaration.counterpart != Counterpart.SHIP:
        told = _("Only a ship has this. Leave it out, or choose “A ship” as the other side.")
        return [Fault(name, told, "unexpected") for name in SHIP if getattr(declaration, name)]
    wanted = {
        "ship_name": _("Write the ship's name as in its certificate."),
        "ship_imo": _("Write the ship's IMO number, seven digits."),
        "ship_flag": _("Name the flag State."),
        "ship_person": _("Name the master or the ship security officer."),
        "ship_role": _("Say whether this is the master or the ship security officer."),
        "ship_contact": _("Say how to reach them: a phone, an e-mail address or a VHF channel."),
    }
    return [Fault(name, told, "required") for name, told in wanted.items() if not getattr(declaration, name)]


def _period_faults(declaration: DeclarationOfSecurity) -> list[Fault]:
    begins, ends = declaration.valid_from, declaration.valid_to
    if begins is None or ends is None:
        return []
    if ends <= begins:
        told = _("This is not after its beginning, %s. Choose a later time.") % local_and_utc(begins)[0]
        return [Fault("valid_to", told, "before_from")]
    if ends - begins > timedelta(days=settings.DECLARATION_LONGEST_DAYS):
        longest = begins + timedelta(days=settings.DECLARATION_LONGEST_DAYS)
        told = _("A declaration runs for %(days)d days at most (33 CFR 105.245(e)). Choose an end until %(until)s.")
        return [Fault("valid_to", told % {"days": settings.DECLARATION_LONGEST_DAYS, "until": local_and_utc(longest)[0]}, "too_long")]
    return []


def names_of(declaration: DeclarationOfSecurity) -> dict[str, str]:
    """The parties as they are called at this moment: a facility that is renamed later does not change what was signed."""
    names = {"port": declaration.owner.name, "facility": declaration.facility.name, "facility_number": declaration.facility.imo_number}
    if declaration.other_facility is None:
        return {**names, "ship": declaration.ship_name}
    other = declaration.other_facility
    return {**names, "other_port": other.owner.name, "other_facility": other.name, "other_number": other.imo_number}


def content_of(declaration: DeclarationOfSecurity) -> dict[str, Any]:
    """The values as they are kept; `record` writes them as the API does."""
    kept = {name: getattr(declaration, name) for name in WRITTEN if name not in ("facility", "other_facility", "measures", "additional")}
    facilities = {"facility": declaration.named.get("facility", ""), "other_facility": declaration.named.get("other_facility", "")}
    shares = {duty.code: _share_text(declaration.measures.get(duty.code)) for duty in DUTIES}
    return {**facilities, **kept, **shares, "additional": [f"{one['text']}: {one['by']}" for one in declaration.additional]}


def _share_text(share: dict[str, str] | None) -> str:
    return ": ".join(part for part in (share.get("by", ""), share.get("note", "")) if part) if share else ""


def text_of(declaration: DeclarationOfSecurity) -> str:
    """What is signed: canonical JSON (sorted keys, no spaces), in English, of the declaration's own columns alone."""
    with translation.override("en"):
        labels = {duty.code: str(duty.label) for duty in DUTIES}
    ship = {name: getattr(declaration, name) for name in SHIP} if declaration.is_ship else {}
    said = {
        "declaration_of_security": declaration.ref_id,
        "text_version": declaration.text_version,
        "form": REFERENCE,
        "parties": {**declaration.named, **ship},
        "levels": {"facility": declaration.own_level, "other": declaration.other_level},
        "activities": declaration.activities,
        "reason": declaration.reason,
        "valid_from": _stamp(declaration.valid_from),
        "valid_to": _stamp(declaration.valid_to),
        "measures": [{"duty": labels[code], **declaration.measures[code]} for code in labels if code in declaration.measures],
        "additional": declaration.additional,
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _stamp(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
