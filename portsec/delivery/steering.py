"""Holding an escalation, letting it go on, and beginning it anew: for who sent the thing, and for who coordinates."""

from uuid import UUID

from django.db import connections, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portsec.access.acting import Acting, NotAllowedError, current_alias
from portsec.access.audiences import answer_audience
from portsec.delivery.models import OPEN, Delivery
from portsec.journal.actions import record_between
from portsec.problems import Conflict, Fault, Refused


class Steering(models.TextChoices):
    PAUSE = "pause", gettext_lazy("Pause")
    RESUME = "resume", gettext_lazy("Resume")
    RESTART = "restart", gettext_lazy("Begin anew")


SENTENCES = {
    Steering.PAUSE: gettext_lazy("%(name)s paused the escalation to %(recipient)s"),
    Steering.RESUME: gettext_lazy("%(name)s resumed the escalation to %(recipient)s"),
    Steering.RESTART: gettext_lazy("%(name)s began the escalation to %(recipient)s anew"),
}


def may_steer(acting: Acting, delivery: Delivery) -> bool:
    """Who is told may not hold up its own reminders, not even where it coordinates."""
    parties = {delivery.sender_id, delivery.coordinator_id} - {delivery.recipient_id}
    return acting.organisation.pk in parties


def steer(acting: Acting, delivery: Delivery, how: str) -> Delivery:
    """`how` is one of Steering. Raises Refused, NotAllowedError, and Conflict where nothing waits or it is so already."""
    acting.require("escalation.steer")
    if how not in Steering.values:
        raise Refused(Fault("how", _("Give one of: %s.") % ", ".join(Steering.values), "invalid_choice"))
    if not may_steer(acting, delivery):
        raise NotAllowedError(_("Only the sender and the coordinator may hold or restart an escalation."), code="not_party")
    with transaction.atomic():
        if not _steer(delivery.pk, how):
            raise Conflict(_why_not(acting, delivery, how))
        delivery.refresh_from_db()
        _record(acting, delivery, Steering(how))
    return delivery


def _steer(delivery: UUID, how: str) -> int:
    with connections[current_alias()].cursor() as cursor:
        cursor.execute("SELECT app_steer_escalation(%s, %s, %s)", [delivery, how, timezone.now()])
        return int(cursor.fetchone()[0])


def _why_not(acting: Acting, delivery: Delivery, how: str) -> str:
    stands = Delivery.objects.visible_to(acting).get(pk=delivery.pk)
    if stands.state not in OPEN:
        return str(_("This delivery is %s: nothing escalates any more.") % stands.get_state_display().lower())
    if stands.acknowledge_by is None:
        return _("No answer was asked, so nothing escalates.")
    if how == Steering.RESUME:
        return _("The escalation is not paused: it goes on by itself.")
    if how == Steering.RESTART:
        return _("The escalation has not begun yet: there is nothing to begin anew.")
    return _("The escalation is paused already.") if stands.escalation_paused_at else _("Every step has been taken: begin it anew instead.")


def _record(acting: Acting, delivery: Delivery, how: Steering) -> None:
    """Told to the sender and to who coordinates. The recipient sees it in its own ledger."""
    told = {"name": acting.organisation.name, "recipient": delivery.recipient.name}
    after = {"delivery": delivery.pk, "how": how.value, "next_step_at": delivery.escalate_at}
    record_between(
        acting,
        f"escalation.{how.value}",
        delivery.kind,
        delivery.object_id,
        SENTENCES[how] % told,
        audience=answer_audience([delivery.sender_id, delivery.coordinator_id]),
        persons=delivery.persons,
        after=after,
    )
