"""What both sides do with a declaration that was requested: agree, decline, sign, end; and what the clock does.

Neither side may write the other's part: the database does it in `app_answer_declaration`, which asks who acts.
"""

from datetime import datetime
from typing import Any

from django.db import connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.actions.declarations import require_port
from ports.declaration_content import digest_of, text_of
from ports.models import DeclarationOfSecurity, DeclarationSignature, Side
from ports.models.declaration import OPEN
from ports.queries.declarations import readable, standing
from ports.rows import declaration_row
from ports.step_up import require_to_sign
from portsec.access.acting import Acting, NotAllowedError, as_system, current_alias
from portsec.access.text import with_plain_breaks
from portsec.delivery import actions as delivery
from portsec.face.wording import local_and_utc
from portsec.journal.actions import record, record_by_system
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

State = DeclarationOfSecurity.State


def agree_declaration(
    acting: Acting, declaration: DeclarationOfSecurity, *, note: str = "", text_version: int | None = None
) -> DeclarationOfSecurity:
    """The other side agrees to the text that it was shown as `text_version`; Conflict where it is another by now."""
    _require_answering(acting, declaration)
    if text_version is not None:
        declaration.text_version = text_version
    with transaction.atomic():
        _answer(acting, declaration, State.AGREED, _line(note, "note"))
        delivery.acknowledge(acting, declaration.pk, note)
        told = _("%(port)s agreed to %(ref)s: %(parties)s")
        if declaration.other_port_id is None:
            told = _("%(port)s recorded that %(other)s agreed to %(ref)s")
        _record(acting, declaration, "declaration.agreed", told, note)
    return declaration


def decline_declaration(acting: Acting, declaration: DeclarationOfSecurity, *, reason: str) -> DeclarationOfSecurity:
    """The other side does not agree, and says why. Raises Refused without a reason, NotAllowedError, Conflict."""
    _require_answering(acting, declaration)
    with transaction.atomic():
        _answer(acting, declaration, State.DECLINED, _line(reason, "reason", _("Say why, so that the other side knows what to change.")))
        delivery.acknowledge(acting, declaration.pk, reason)
        told = _("%(port)s declined %(ref)s: %(note)s")
        if declaration.other_port_id is None:
            told = _("%(port)s recorded that %(other)s declined %(ref)s: %(note)s")
        _record(acting, declaration, "declaration.declined", told, reason)
    return declaration


def sides_of(acting: Acting, declaration: DeclarationOfSecurity) -> list[Side]:
    """For which sides the acting organisation may sign: a ship's, or its second facility's, signature is recorded by the owner."""
    own = [Side.FACILITY] if declaration.owner_id == acting.organisation.pk else []
    return [*own, Side.OTHER] if declaration.answering_port == acting.organisation.pk else own


def sign_declaration(
    acting: Acting,
    declaration: DeclarationOfSecurity,
    *,
    sha256: str,
    side: str | None = None,
    person: str = "",
    capacity: str = "",
    signed_at: datetime | None = None,
) -> DeclarationSignature:
    """Signs the text whose digest the person was shown. `side` is needed only by who records both.

    For one's own side the acting person signs, now. What a ship's officer or a second facility's signed on paper is recorded
    with `person`, `capacity` and `signed_at`. Asks for a second factor of the last minutes. Raises Refused, NotAllowedError,
    Conflict where the side has signed, or the text is another by now.
    """
    require_port(acting, "declaration.sign")
    chosen = _side(acting, declaration, side)
    signature = _signature(acting, declaration, chosen, person, capacity, signed_at)
    require_to_sign(acting)
    if sha256 != signature.sha256:
        raise Conflict(_("The text is not the one that you read. Read it again, then sign."))
    with transaction.atomic():
        _answer(acting, declaration, "signed", "")
        _refuse_second_hand(acting, signature)
        signature.audience = declaration.audience
        signature.save(force_insert=True)
        told = _("%(person)s, %(capacity)s, signed %(ref)s: %(parties)s")
        _record(acting, declaration, "declaration.signed", told, person=signature.person, capacity=signature.capacity)
    return signature


def _side(acting: Acting, declaration: DeclarationOfSecurity, wanted: str | None) -> Side:
    sides = sides_of(acting, declaration)
    if wanted is None and sides:
        return sides[0]
    if wanted not in sides:
        raise NotAllowedError(_("You cannot sign for the other side."), code="not_your_side")
    return Side(wanted)


def _signature(
    acting: Acting, declaration: DeclarationOfSecurity, side: Side, person: str, capacity: str, signed_at: datetime | None
) -> DeclarationSignature:
    is_on_paper, now = side == Side.OTHER and declaration.other_port_id is None, timezone.now()
    text = text_of(declaration)
    signature = DeclarationSignature(
        declaration=declaration,
        owner=acting.organisation,
        side=side,
        text_version=declaration.text_version,
        person=person.strip() if is_on_paper else acting.user.name,
        capacity=capacity.strip() or ("" if is_on_paper else acting.get_role_display()),
        signed_at=(signed_at or now) if is_on_paper else now,
        is_on_paper=is_on_paper,
        recorded_by=acting.user,
        recorded_at=now,
        text=text,
        sha256=digest_of(text),
    )
    check_fields(signature, exclude=["owner", "audience", "declaration", "recorded_by"])
    if signature.signed_at > now:
        told = _("%(at)s is still to come. Give the time at which it was signed, until %(now)s.")
        raise Refused(Fault("signed_at", told % {"at": local_and_utc(signature.signed_at)[0], "now": local_and_utc(now)[0]}, "future"))
    return signature


def _refuse_second_hand(acting: Acting, signature: DeclarationSignature) -> None:
    """The row of the declaration is held by now: a hand that was faster has left its signature."""
    others = DeclarationSignature.objects.visible_to(acting).filter(declaration=signature.declaration, side=signature.side)
    first = others.filter(text_version=signature.text_version).first()
    if first is not None:
        told = _("%(person)s signed for this side at %(at)s already. Nothing is left to sign here.")
        raise Conflict(told % {"person": first.person, "at": local_and_utc(first.signed_at)[0]})


def end_declaration(acting: Acting, declaration: DeclarationOfSecurity, *, reason: str = "") -> DeclarationOfSecurity:
    """Ends one that both have signed, or cancels one that has not come so far. Either side may, at any time, without a second
    factor: who must act alone again is not held up. Raises Refused, NotAllowedError, Conflict."""
    require_port(acting, "declaration.end")
    if declaration.owner_id != acting.organisation.pk and declaration.state == State.REQUESTED:
        raise Conflict(_("%s waits for your answer: decline it, and say why.") % declaration.ref_id)
    signed = DeclarationSignature.objects.visible_to(acting).filter(declaration=declaration, text_version=declaration.text_version)
    ends = signed.count() == len(Side)
    with transaction.atomic():
        _answer(acting, declaration, State.ENDED if ends else State.CANCELLED, _line(reason, "reason"))
        delivery.withdraw(acting, declaration.pk, before_version=declaration.text_version + 1, reason=_("Ended"))
        verb, told = ("declaration.ended", _("%(port)s ended %(ref)s: %(parties)s")) if ends else (
            "declaration.cancelled", _("%(port)s cancelled %(ref)s: %(parties)s"))  # fmt: skip
        _record(acting, declaration, verb, told, reason)
    return declaration


def expire_declarations(now: datetime) -> int:
    """Closes every declaration whose period is over. Returns how many."""
    with as_system("declarations end with their period, in the name of their ports"):
        due = DeclarationOfSecurity.objects.select_for_update(skip_locked=True, of=("self",)).filter(state__in=OPEN, valid_to__lte=now)
        over = list(due.select_related("owner"))
        for one in over:
            one.state, one.closed_at, one.version = State.EXPIRED, one.valid_to, one.version + 1
            one.retain_until = one.kept_until(one.valid_to)
            one.save(update_fields=["state", "closed_at", "version", "retain_until"])
            delivery.expire(one.pk)
            summary = _("The period of %(ref)s is over: %(parties)s") % {"ref": one.ref_id, "parties": one.headline}
            record_by_system(one, "declaration.expired", summary, declaration_row(one))
    return len(over)


def _require_answering(acting: Acting, declaration: DeclarationOfSecurity) -> None:
    require_port(acting, "declaration.request")
    if declaration.answering_port != acting.organisation.pk:
        name = declaration.other_port.name if declaration.other_port else declaration.owner.name
        raise NotAllowedError(_("%s answers this request.") % name, code="not_your_answer")


def _line(text: str, field: str, wanted: str = "") -> str:
    """A remark of one line."""
    line = with_plain_breaks(text).strip()
    if wanted and not line:
        raise Refused(Fault(field, wanted, "required"))
    others = [one.name for one in DeclarationOfSecurity._meta.fields if one.name != "close_note"]
    try:
        check_fields(DeclarationOfSecurity(close_note=line), exclude=others)
    except Refused as refused:
        raise Refused(*(Fault(field, fault.detail, fault.code) for fault in refused.faults)) from refused
    return line


def _answer(acting: Acting, declaration: DeclarationOfSecurity, answer: str, note: str) -> None:
    """The conditional change; of two hands the second is told what the first did."""
    values: list[Any] = [declaration.pk, declaration.text_version, answer, note, timezone.now()]
    with connections[current_alias()].cursor() as cursor:
        cursor.execute("SELECT app_answer_declaration(%s, %s, %s, %s, %s)", values)
        is_done = cursor.fetchone()[0]
    if not is_done:
        raise Conflict(_why_not(acting, declaration))
    declaration.refresh_from_db()


def _why_not(acting: Acting, declaration: DeclarationOfSecurity) -> str:
    now = readable(acting).get(pk=declaration.pk)
    if now.state in OPEN and now.text_version != declaration.text_version:
        return _("Version %(number)d has been written meanwhile. Read it, then decide again.") % {"number": now.text_version}
    stands = {"standing": str(standing(now).label).lower()}
    return _("This declaration is: %(standing)s. Nothing of that kind can be done with it now.") % stands


def _record(acting: Acting, declaration: DeclarationOfSecurity, verb: str, sentence: str, note: str = "", **told: str) -> None:
    """News to both ports, and to nobody else."""
    names = {"port": acting.organisation.name, "ref": declaration.ref_id, "parties": declaration.headline, "other": declaration.other_name}
    after = {name: value for name, value in {"note": note, **told, "text_version": declaration.text_version}.items() if value}
    record(acting, verb, declaration, sentence % {**names, "note": note, **told}, row=declaration_row(declaration), after=after)
