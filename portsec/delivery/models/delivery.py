from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portsec.access.acting import Acting
from portsec.access.ids import new_id
from portsec.access.models import Organisation, User
from portsec.access.models.guarded import GuardedManager
from portsec.journal.models import Entry


class State(models.TextChoices):
    """How far a delivery has come. A state is entered when it is true, never before."""

    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    ACCEPTED = "accepted", _("Accepted")
    DELIVERED = "delivered", _("Delivered")
    SEEN = "seen", _("Seen")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    SUPPRESSED = "suppressed", _("Superseded")


OPEN = (State.QUEUED, State.SENDING, State.ACCEPTED, State.DELIVERED, State.SEEN)


class Channel(models.TextChoices):
    DASHBOARD = "dashboard", _("Dashboard")
    EMAIL = "email", _("E-mail")
    WEBHOOK = "webhook", _("Webhook")
    WEBPUSH = "webpush", _("Push to a browser")
    SMS = "sms", _("Text message")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, acting: Acting) -> "DeliveryQuerySet":
        """Of the sender, of the recipient, and of the coordinator where the region says so: never of another recipient."""
        party = Q(sender=acting.organisation) | Q(recipient=acting.organisation) | Q(coordinator=acting.organisation)
        return self.filter(party, Q(persons__isnull=True) | Q(persons__contains=[acting.user.pk]))

    def received_by(self, acting: Acting) -> "DeliveryQuerySet":
        return self.visible_to(acting).filter(recipient=acting.organisation)

    def sent_by(self, acting: Acting) -> "DeliveryQuerySet":
        return self.visible_to(acting).filter(sender=acting.organisation)

    def coordinated_by(self, acting: Acting) -> "DeliveryQuerySet":
        return self.visible_to(acting).filter(coordinator=acting.organisation)

    def unanswered(self) -> "DeliveryQuerySet":
        return self.filter(state__in=OPEN, acknowledge_by__isnull=False)


class DeliveryManager(GuardedManager.from_queryset(DeliveryQuerySet)):  # type: ignore[misc]
    pass


class Delivery(models.Model):
    """Telling one organisation one thing, written in the transaction that publishes the thing.

    Its dashboards show it, and it holds the organisation's answer; each `Dispatch` carries it outside, to one endpoint.
    `version` is the message of the object that was told (an update is a new one); `acknowledge_by` is empty where no
    answer is asked. `carried_over` marks an answer given to an earlier version that still stands.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    object_id = models.UUIDField()
    version = models.PositiveSmallIntegerField(default=1)
    sender = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    coordinator = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    persons = ArrayField(models.UUIDField(), null=True, blank=True, editable=False)
    channel = models.CharField(max_length=12, choices=Channel)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    acknowledge_by = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    answered_through = models.CharField(max_length=12, choices=Channel, blank=True)
    answered_for = models.CharField(max_length=120, blank=True, help_text="The contact point whose link was used.")
    carried_over = models.BooleanField(default=False)
    remark = models.CharField(max_length=500, blank=True)
    escalation_steps = models.JSONField(default=list, help_text="As the policy stood when it was told (EscalationPolicy.steps).")
    escalation_step = models.PositiveSmallIntegerField(default=0, help_text="How many have been taken.")
    escalation_before = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How many were taken before it was begun anew: the numbering goes on."
    )
    escalate_at = models.DateTimeField(null=True, help_text="When the next step is due; empty when none is left.")
    escalation_paused_at = models.DateTimeField(null=True)

    objects: ClassVar[DeliveryManager] = DeliveryManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "recipient", "channel"], name="delivered_once")]
        indexes = [
            models.Index(fields=["object_id", "version"], name="delivery_of_object"),
            models.Index(fields=["recipient", "acknowledge_by"], condition=Q(state__in=OPEN), name="delivery_unanswered"),
            models.Index(fields=["sender", "-created_at"], name="delivery_sent"),
            models.Index(fields=["recipient", "-created_at"], name="delivery_received"),
            models.Index(fields=["coordinator", "-created_at"], condition=Q(coordinator__isnull=False), name="delivery_coordinated"),
            models.Index(
                fields=["escalate_at"],
                condition=Q(state__in=OPEN, escalate_at__isnull=False, escalation_paused_at__isnull=True),
                name="delivery_to_escalate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} v{self.version} to {self.recipient_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN
