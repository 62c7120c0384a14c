"""The verbs of alerts: draft, publish, update, cancel, acknowledge, expire (domain.md §6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from incidents import rows
from incidents.content import check_content, content_of, difference
from incidents.models import Alert, AlertMessage
from incidents.models.alert import CONTENT_FIELDS
from incidents.models.cap import MessageType, Severity
from incidents.step_up import require_extreme
from portsec.access.acting import Acting, NotAllowedError, as_system
from portsec.access.audiences import AudienceWish, answer_audience, check_audience, check_persons, own_audience, resolve_audience
from portsec.access.models import Organisation
from portsec.access.tlp import Tlp
from portsec.delivery import actions as delivery
from portsec.delivery.models import Delivery
from portsec.delivery.policies import seconds_to_answer
from portsec.journal.actions import next_ref, record, record_by_system
from portsec.problems import Conflict, Fault, Refused

State = Alert.State


@dataclass(frozen=True)
class Published:
    """What publishing did: the alert, who is told, and who of them was not in the preview that the sender saw."""

    alert: Alert
    reached: list[Organisation]
    joined: list[Organisation]


def draft_alert(acting: Acting, *, wish: AudienceWish, persons: Sequence[UUID] = (), **content: Any) -> Alert:
    """Saves a draft, which its own organisation alone sees. Raises Refused, NotAllowedError."""
    with transaction.atomic():
        alert = _new_draft(acting, wish, persons, content)
        record(acting, "alert.drafted", alert, _("%s drafted an alert") % acting.organisation.name, after=content_of(alert))
    return alert


def _new_draft(acting: Acting, wish: AudienceWish, persons: Sequence[UUID], content: dict[str, Any]) -> Alert:
    acting.require("alert.draft")
    alert = Alert(owner=acting.organisation, created_by=acting.user, wish=wish.as_json(), wished_persons=list(persons), **content)
    check_content(alert)
    check_audience(acting, wish, alert.tlp)
    alert.audience, alert.persons = own_audience(acting), _readers_of_draft(acting, alert)
    alert.save()
    return alert


def _readers_of_draft(acting: Acting, alert: Alert) -> list[UUID] | None:
    """A draft that is TLP:RED is its author's alone: colleagues must not read in it what only named persons may know."""
    if alert.tlp != Tlp.RED:
        return None
    if acting.is_service:
        raise Refused(Fault("tlp", _("TLP:RED is for persons: a service token can neither send nor read it."), "red_for_persons"))
    return [acting.user.pk]


def edit_draft(acting: Acting, alert: Alert, *, wish: AudienceWish, persons: Sequence[UUID] = (), **content: Any) -> Alert:
    """Changes a draft. Raises Conflict where it has been sent meanwhile."""
    acting.require("alert.draft")
    _check_draft(acting, alert)
    before = content_of(alert)
    for name, value in content.items():
        setattr(alert, name, value)
    alert.wish, alert.wished_persons, alert.updated_at = wish.as_json(), list(persons), timezone.now()
    alert.persons = _readers_of_draft(acting, alert)
    check_content(alert)
    check_audience(acting, wish, alert.tlp)
    with transaction.atomic():
        _claim_draft(acting, alert)
        alert.save()
        old, new = difference(before, content_of(alert))
        if before["tlp"] == Tlp.RED != alert.tlp:
            old = {}  # what was for named persons does not become readable with the label
        record(acting, "alert.draft_edited", alert, _("%s edited a draft") % acting.organisation.name, before=old, after=new)
    return alert


def discard_draft(acting: Acting, alert: Alert) -> None:
    acting.require("alert.draft")
    with transaction.atomic():
        _claim_draft(acting, alert)
        record(acting, "alert.draft_discarded", alert, _("%s discarded a draft") % acting.organisation.name, before=content_of(alert))
        alert.delete()


def publish_alert(acting: Acting, *, wish: AudienceWish, persons: Sequence[UUID] = (), **content: Any) -> Published:
    """Sends at once, in one transaction: told to everyone, or not written at all."""
    with transaction.atomic():
        return publish_draft(acting, _new_draft(acting, wish, persons, content))


def publish_draft(acting: Acting, alert: Alert, *, previewed: Sequence[UUID] | None = None) -> Published:
    """Sends a draft to its audience as that is now. `previewed` are the organisations that the sender was shown.

    Raises Refused, NotAllowedError (role, scope or second factor), Conflict where another hand was first.
    """
    acting.require("alert.publish")
    _check_draft(acting, alert)
    if alert.severity == Severity.EXTREME:
        require_extreme(acting)
    check_content(alert)
    wish = check_audience(acting, AudienceWish.from_json(alert.wish), alert.tlp)
    persons = check_persons(acting, alert.wished_persons, wish) if alert.tlp == Tlp.RED else None
    with transaction.atomic():
        _claim_draft(acting, alert)
        _send(acting, alert, wish, persons)
        message = _message(acting, alert, MessageType.ALERT)
        reached = _tell(acting, alert, message, "alert.published", _("%s sent %s: %s"))
    joined = [one for one in reached if previewed is not None and one.pk not in set(previewed)]
    return Published(alert, reached, joined)


def _send(acting: Acting, alert: Alert, wish: AudienceWish, persons: list[UUID] | None) -> None:
    now = timezone.now()
    alert.audience, alert.persons = resolve_audience(acting, wish, alert.tlp), persons
    alert.ref_id, alert.state, alert.wish, alert.wished_persons = next_ref(acting, "ALR"), State.ACTIVE, {}, []
    alert.published_at = alert.updated_at = now
    alert.published_by = acting.user
    alert.effective_at = alert.effective_at or now
    alert.expires_at = alert.expires_at or now + Alert.LIFETIME
    alert.acknowledge_within = alert.acknowledge_within or seconds_to_answer(acting, alert.severity)
    alert.save()


def update_alert(acting: Acting, alert: Alert, *, note: str, ask_again: bool = False, **changes: Any) -> Alert:
    """Sends an update to the audience as it is now. Answers given so far stand, unless `ask_again`.

    `changes` may hold the fields of `incidents.models.alert.Content`. Raises Refused, NotAllowedError, Conflict.
    """
    acting.require("alert.update")
    before, risen = content_of(alert), alert.severity
    for name, value in changes.items():
        setattr(alert, name, value)
    if alert.severity == Severity.EXTREME and risen != Severity.EXTREME:
        require_extreme(acting)
    check_content(alert)
    with transaction.atomic():
        if alert.severity != risen and alert.acknowledge_within == seconds_to_answer(acting, risen):
            alert.acknowledge_within = seconds_to_answer(acting, alert.severity)  # it was the policy's, not the sender's choice
        _claim_active(acting, alert)
        alert.version, alert.updated_at = alert.version + 1, timezone.now()
        alert.save()
        message = _message(acting, alert, MessageType.UPDATE, note=note, asks_again=ask_again)
        delivery.withdraw(acting, alert.pk, before_version=alert.version, reason=_("Superseded by %s") % message.label)
        _tell(acting, alert, message, "alert.updated", _("%s updated %s: %s"), difference(before, content_of(alert)))
    return alert


def cancel_alert(acting: Acting, alert: Alert, *, reason: str) -> Alert:
    """Tells everyone who was told that it no longer holds. Never asks for a second factor (interface.md)."""
    acting.require("alert.cancel")
    with transaction.atomic():
        _claim_active(acting, alert)
        alert.version, alert.state, alert.ended_at = alert.version + 1, State.CANCELLED, timezone.now()
        alert.updated_at = alert.ended_at
        alert.save()
        message = _message(acting, alert, MessageType.CANCEL, note=reason)
        delivery.call_off(acting, alert.pk, before_version=alert.version, reason=_("Cancelled"))
        summary = _("%s cancelled %s: %s") % (acting.organisation.name, alert.ref_id, reason)
        record(acting, "alert.cancelled", alert, summary, row=rows.ended_row(alert, message))
    return alert


def acknowledge_alert(acting: Acting, alert: Alert, *, remark: str = "", through: delivery.Through | None = None) -> Delivery:
    """Answers for the acting organisation, once. Raises Conflict where nothing waits for its answer.

    The answer is news to the sender and to the organisation itself (and the coordinator that sees deliveries), to nobody else.
    """
    acting.require("alert.acknowledge")
    with transaction.atomic():
        answered = delivery.acknowledge(acting, alert.pk, remark, through)
        if answered is None:
            raise Conflict(_no_answer_wanted(acting, alert))
        record(
            acting,
            "alert.acknowledged",
            alert,
            _("%s acknowledged %s") % (acting.organisation.name, alert.ref_id),
            row=rows.answer_row(alert, answered),
            audience=answer_audience([answered.sender_id, delivery.coordinator_of(alert.audience_id)]),
        )
    return answered


def _no_answer_wanted(acting: Acting, alert: Alert) -> str:
    if alert.owner_id == acting.organisation.pk:
        return _("This alert is your own: the others acknowledge it.")
    if not alert.is_active:
        return _("This alert is %s: no answer is needed any more.") % alert.get_state_display().lower()
    if Delivery.objects.received_by(acting).filter(object_id=alert.pk).exists():
        return _("Your organisation has acknowledged this alert already.")
    return _("Your organisation joined after this alert was sent: nobody waits for its answer.")


def expire_alerts(now: datetime) -> int:
    """Ends every active alert whose time is over, and stops what is still open of it. Returns how many."""
    with as_system("alerts expire by themselves, in the name of their owners"):
        due = (
            Alert.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state=State.ACTIVE, expires_at__lte=now)
            .select_related("owner")
        )
        for alert in due:
            alert.state, alert.ended_at, alert.updated_at = State.EXPIRED, now, now
            alert.save(update_fields=["state", "ended_at", "updated_at"])
            delivery.expire(alert.pk)
            summary = _("%s of %s expired") % (alert.ref_id, alert.owner.name)
            record_by_system(alert, "alert.expired", summary, rows.alert_row(alert))
    return len(due)


def _tell(
    acting: Acting,
    alert: Alert,
    message: AlertMessage,
    verb: str,
    sentence: str,
    changed: tuple[dict[str, Any], dict[str, Any]] | None = None,
) -> list[Organisation]:
    """Journals the message and writes a delivery for each recipient; returns them."""
    before, after = changed or ({}, content_of(alert))
    due = alert.answer_due(message.sent_at)
    summary = sentence % (acting.organisation.name, alert.ref_id, message.note or alert.headline)
    row = rows.alert_row(alert, note=message.note, acknowledge_by=due, asks_again=message.asks_again)
    entry = record(acting, verb, alert, summary, row=row, before=before, after=after)
    telling = delivery.Telling(entry, message.version, alert.severity, due)
    told = delivery.fan_out(telling, answers_stand=message.version > 1 and not message.asks_again)
    return list(Organisation.objects.filter(pk__in=told).order_by("name"))


def _message(acting: Acting, alert: Alert, kind: str, *, note: str = "", asks_again: bool = False) -> AlertMessage:
    message = AlertMessage(
        alert=alert,
        owner=alert.owner,
        audience=alert.audience,
        persons=alert.persons,
        version=alert.version,
        type=kind,
        note=note,
        asks_again=asks_again,
        sent_at=alert.updated_at,
        sent_by=acting.user,
        **{name: getattr(alert, name) for name in CONTENT_FIELDS},
    )
    message.save(force_insert=True)
    return message


def _check_draft(acting: Acting, alert: Alert) -> None:
    if alert.owner_id != acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change this alert.") % alert.owner.name, code="not_owner")
    if alert.state != State.DRAFT:
        raise Conflict(_("This draft has been sent meanwhile. An update changes what everyone was told."))


def _claim_draft(acting: Acting, alert: Alert) -> None:
    """The conditional change that lets one of two hands win."""
    mine = Alert.objects.editable_by(acting).filter(pk=alert.pk, state=State.DRAFT)
    if not mine.update(updated_at=timezone.now()):
        raise Conflict(_("This draft has been sent or discarded meanwhile."))


def _claim_active(acting: Acting, alert: Alert) -> None:
    if alert.owner_id != acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change this alert.") % alert.owner.name, code="not_owner")
    mine = Alert.objects.editable_by(acting).filter(pk=alert.pk, state=State.ACTIVE, version=alert.version)
    if not mine.update(updated_at=timezone.now()):
        raise Conflict(_("This alert has been updated or has ended meanwhile. Read it again."))
