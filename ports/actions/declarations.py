"""The owner's verbs of a Declaration of Security: draft, edit, request, delete (ISPS Code A/5; 33 CFR 105.245)."""

from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.declaration_content import check_draft, check_whole, content_of, names_of
from ports.measures import usual
from ports.models import Counterpart, DeclarationOfSecurity, DeclarationSignature, PortFacility
from ports.models.declaration import OPEN
from ports.queries.declarations import choosable, level_of_facility
from ports.rows import declaration_row
from portsec.access.acting import Acting, NotAllowedError, current_alias
from portsec.access.audiences import answer_audience, own_audience
from portsec.access.models import Organisation
from portsec.delivery import actions as delivery
from portsec.face.wording import local_and_utc
from portsec.journal.actions import next_ref, record
from portsec.problems import Conflict, Fault, Refused

State = DeclarationOfSecurity.State
SET_BY_OWNER = (
    "ref_id", "state", "version", "text_version", "audience", "facility", "own_level", "counterpart", "other_level", "other_facility",
    "other_port", "ship_name", "ship_imo", "ship_flag", "ship_person", "ship_role", "ship_contact", "named", "activities", "reason",
    "valid_from", "valid_to", "measures", "additional", "requested_at",
)  # fmt: skip


def draft_declaration(acting: Acting, **content: Any) -> DeclarationOfSecurity:
    """Saves a draft, which its own port alone sees. `content` holds the fields of WRITTEN, facilities by id; a facility's level
    that is left out is the one in force, and measures are shared out as is usual. Raises Refused, NotAllowedError."""
    with transaction.atomic():
        declaration = _new_draft(acting, content)
        summary = _("%s drafted a Declaration of Security") % acting.organisation.name
        record(acting, "declaration.drafted", declaration, summary, after=content_of(declaration))
    return declaration


def make_declaration(acting: Acting, **content: Any) -> DeclarationOfSecurity:
    """Drafts and requests in one transaction: told to the other side, or not written at all."""
    with transaction.atomic():
        return request_declaration(acting, _new_draft(acting, content))


def _new_draft(acting: Acting, content: dict[str, Any]) -> DeclarationOfSecurity:
    require_port(acting, "declaration.request")
    declaration = DeclarationOfSecurity(owner=acting.organisation, created_by=acting.user, audience=own_audience(acting))
    _write(acting, declaration, {"measures": usual(), **content})
    declaration.save(force_insert=True)
    return declaration


def edit_declaration(
    acting: Acting, declaration: DeclarationOfSecurity, *, version: int | None = None, clear_signatures: bool = False, **changes: Any
) -> DeclarationOfSecurity:
    """Changes what was read as `version`. Of what has been requested it makes a new text, to which the other side agrees anew.

    Where the text is signed it is refused, unless `clear_signatures` says that the new text begins without signatures; those
    that were given stay in the history. Raises Refused, NotAllowedError, Conflict.
    """
    _require_own(acting, declaration)
    if version is not None:
        declaration.version = version
    before, other = content_of(declaration), (declaration.counterpart, declaration.other_facility_id)
    was_told = declaration.state != State.DRAFT
    _write(acting, declaration, changes)
    if was_told:
        _check_same_side(declaration, other)
        check_whole(declaration, timezone.now())
    with transaction.atomic():
        if was_told:
            _begin_new_text(acting, declaration, clear_signatures=clear_signatures)
        _claim(acting, declaration)
        declaration.save(update_fields=SET_BY_OWNER)
        _record_edit(acting, declaration, before)
    return declaration


def _begin_new_text(acting: Acting, declaration: DeclarationOfSecurity, *, clear_signatures: bool) -> None:
    signed = DeclarationSignature.objects.visible_to(acting).filter(declaration=declaration, text_version=declaration.text_version).first()
    if signed is not None and not clear_signatures:
        told = _("%(person)s signed this text at %(at)s. To change it, open a new version: it begins without signatures.")
        raise Conflict(told % {"person": signed.person, "at": local_and_utc(signed.signed_at)[0]})
    declaration.text_version += 1
    declaration.state = State.REQUESTED


def _record_edit(acting: Acting, declaration: DeclarationOfSecurity, before: dict[str, Any]) -> None:
    after = content_of(declaration)
    changed = [name for name in after if after[name] != before[name]]
    old, new = ({name: values[name] for name in changed} for values in (before, after))
    if declaration.state == State.DRAFT:
        summary = _("%s edited a draft Declaration of Security") % acting.organisation.name
        record(acting, "declaration.draft_edited", declaration, summary, before=old, after=new)
        return
    told = {"port": acting.organisation.name, "ref": declaration.ref_id, "number": declaration.text_version}
    summary = _("%(port)s wrote version %(number)d of %(ref)s: agree and sign anew") % told
    entry = record(acting, "declaration.edited", declaration, summary, row=declaration_row(declaration), before=old, after=new)
    delivery.withdraw(acting, declaration.pk, before_version=declaration.text_version, reason=_("Superseded"))
    delivery.fan_out(delivery.Telling(entry, declaration.text_version, "Moderate"))


def request_declaration(acting: Acting, declaration: DeclarationOfSecurity, *, version: int | None = None) -> DeclarationOfSecurity:
    """Asks the other side: its port, where that is another, is told and answers; else the owner records the answer.

    Raises Refused where something is missing, Conflict where it has been requested or changed meanwhile.
    """
    _require_own(acting, declaration)
    if declaration.state != State.DRAFT:
        raise Conflict(_("%s has been requested already.") % declaration.ref_id)
    if version is not None:
        declaration.version = version
    declaration.named = names_of(declaration)
    check_whole(declaration, timezone.now())
    with transaction.atomic():
        _claim(acting, declaration)
        declaration.state, declaration.requested_at = State.REQUESTED, timezone.now()
        declaration.ref_id = next_ref(acting, "DEC")
        declaration.audience = answer_audience([declaration.other_port_id]) if declaration.other_port_id else own_audience(acting)
        declaration.save(update_fields=SET_BY_OWNER)
        _tell_request(acting, declaration)
    return declaration


def _tell_request(acting: Acting, declaration: DeclarationOfSecurity) -> None:
    told = {"port": acting.organisation.name, "ref": declaration.ref_id, "parties": declaration.headline}
    summary = _("%(port)s requested %(ref)s, a Declaration of Security: %(parties)s") % told
    row, after = declaration_row(declaration), content_of(declaration)
    entry = record(acting, "declaration.requested", declaration, summary, row=row, after=after)
    delivery.fan_out(delivery.Telling(entry, declaration.text_version, "Moderate"))


def delete_declaration(acting: Acting, declaration: DeclarationOfSecurity) -> None:
    """Discards a draft; of the others only what has been kept as long as its rule asks (33 CFR 105.225(b): 90 days after its
    period). The database refuses the same by its own clock. Raises NotAllowedError, Conflict."""
    _require_own(acting, declaration)
    if declaration.state in OPEN:
        raise Conflict(_("%s is not over: end it first. It is then kept for its time.") % declaration.ref_id)
    if declaration.retain_until is not None and declaration.retain_until > timezone.now():
        told = {"ref": declaration.ref_id, "until": local_and_utc(declaration.retain_until)[0], "rule": declaration.keep_rule}
        raise Conflict(_("%(ref)s is kept until %(until)s (%(rule)s): it cannot be deleted before.") % told)
    with transaction.atomic():
        summary = _("%(port)s deleted a Declaration of Security: %(name)s") % {"port": acting.organisation.name, "name": declaration}
        record(acting, "declaration.deleted", declaration, summary, before=content_of(declaration))
        with connections[current_alias()].cursor() as cursor:
            cursor.execute("SELECT app_delete_declaration(%s)", [declaration.pk])
            if not cursor.fetchone()[0]:
                raise Conflict(_("This declaration has been requested or deleted meanwhile. Read it again."))


def require_port(acting: Acting, verb: str) -> None:
    acting.require(verb)
    if acting.organisation.kind != Organisation.Kind.PORT:
        told = _("%s is no port: Declarations of Security are made by ports, for their facilities.")
        raise NotAllowedError(told % acting.organisation.name, code="not_a_port")


def _require_own(acting: Acting, declaration: DeclarationOfSecurity) -> None:
    require_port(acting, "declaration.request")
    if declaration.owner_id != acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change this declaration. Decline it, and say why.") % declaration.owner.name, code="not_owner")


def _write(acting: Acting, declaration: DeclarationOfSecurity, content: dict[str, Any]) -> None:
    """Puts the content in, with everything that follows from it, and checks it. Writes nothing to the database."""
    plain = {name: value for name, value in content.items() if name not in ("facility", "other_facility", "own_level", "other_level")}
    for name, value in plain.items():
        setattr(declaration, name, value)
    if "facility" in content:
        declaration.facility = _own_facility(acting, content["facility"])
    if "other_facility" in content or declaration.counterpart == Counterpart.SHIP:
        declaration.other_facility = _other_facility(acting, declaration, content.get("other_facility"))
    if declaration.counterpart == Counterpart.FACILITY and declaration.other_facility is None:
        raise Refused(Fault("other_facility", _("Choose the other facility."), "required"))
    other = declaration.other_facility
    declaration.other_port = other.owner if other is not None and other.owner_id != declaration.owner_id else None
    _set_levels(acting, declaration, content)
    declaration.named = names_of(declaration)
    check_draft(declaration)


def _set_levels(acting: Acting, declaration: DeclarationOfSecurity, content: dict[str, Any]) -> None:
    """As stated; where nobody has said it, a facility's is the one in force. A ship's level nobody here knows."""
    for name, facility in (("own_level", declaration.facility), ("other_level", declaration.other_facility)):
        if content.get(name) is not None:
            setattr(declaration, name, content[name])
        elif getattr(declaration, name) is None and facility is not None:
            setattr(declaration, name, level_of_facility(acting, facility))
        elif getattr(declaration, name) is None:
            raise Refused(Fault(name, _("Ask the ship for its security level: 1, 2 or 3."), "required"))


def _own_facility(acting: Acting, pk: UUID | None) -> PortFacility:
    found = choosable(acting).filter(pk=pk, owner=acting.organisation).first() if pk is not None else None
    if found is None:
        raise Refused(Fault("facility", _("Your port has no such open facility. Choose one of its list."), "unknown"))
    return found


def _other_facility(acting: Acting, declaration: DeclarationOfSecurity, pk: UUID | None) -> PortFacility | None:
    if declaration.counterpart == Counterpart.SHIP:
        if pk is not None:
            raise Refused(Fault("other_facility", _("The other side is a ship. Leave the other facility out."), "unexpected"))
        return None
    found: PortFacility | None = choosable(acting).filter(pk=pk).first() if pk is not None else None
    if pk is not None and found is None:
        raise Refused(Fault("other_facility", _("No such open facility among those you see. Choose one of the list."), "unknown"))
    if found is not None and found.pk == declaration.facility_id:
        raise Refused(Fault("other_facility", _("This is your own side. Choose another facility."), "same_side"))
    return found


def _check_same_side(declaration: DeclarationOfSecurity, other: tuple[str, UUID | None]) -> None:
    if (declaration.counterpart, declaration.other_facility_id) != other:
        told = _("Who the other side is stays as it was requested. Cancel this declaration, and request another.")
        raise Refused(Fault("other_facility" if declaration.other_facility_id else "counterpart", told, "fixed"))


def _claim(acting: Acting, declaration: DeclarationOfSecurity) -> None:
    """The conditional change that lets one of two hands win."""
    states = (State.DRAFT,) if declaration.state == State.DRAFT else OPEN
    mine = DeclarationOfSecurity.objects.editable_by(acting).filter(pk=declaration.pk, version=declaration.version, state__in=states)
    if not mine.update(version=F("version") + 1, state=declaration.state, text_version=declaration.text_version):
        raise Conflict(_("This declaration has been changed, answered or closed meanwhile. Read it again."))
    declaration.version += 1
