"""One message to one endpoint, and each try to send it. Rows are the truth; a worker only leases them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portsec.access.acting import Acting
from portsec.access.ids import new_id
from portsec.access.models import Organisation
from portsec.access.models.guarded import GuardedManager
from portsec.delivery.models.delivery import Channel, Delivery, State
from portsec.delivery.models.endpoint import Endpoint


class Purpose(models.TextChoices):
    """Why it is sent."""

    TELL = "tell", _("Told")
    ESCALATE = "escalate", _("Reminded or escalated")
    CANCEL = "cancel", _("Cancellation")
    TEST = "test", _("Test")
    CHECK = "check", _("Communications check")


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    def visible_to(self, acting: Acting) -> "DispatchQuerySet":
        """Of what one's own organisation is told, and of the deliveries whose sender or coordinator it is."""
        told = Q(delivery__sender=acting.organisation) | Q(delivery__coordinator=acting.organisation)
        for_me = Q(delivery__persons__isnull=True) | Q(delivery__persons__contains=[acting.user.pk])
        return self.filter((Q(recipient=acting.organisation) | told) & (Q(delivery__isnull=True) | for_me))

    def received_by(self, acting: Acting) -> "DispatchQuerySet":
        return self.visible_to(acting).filter(recipient=acting.organisation)


class DispatchManager(GuardedManager.from_queryset(DispatchQuerySet)):  # type: ignore[misc]
    pass


class Dispatch(models.Model):
    """A delivery, a test or a check, on its way to one endpoint. Its id goes with every copy, so that a receiver knows a repeat.

    `step` 0 is told at once, and the others are the steps of the escalation. A row that is `sending` past `lease_until` was
    left by a worker that died: it is sent again, under the same id.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.PROTECT, related_name="dispatches")
    recipient = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="dispatches")
    channel = models.CharField(max_length=12, choices=Channel)
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.TELL)
    step = models.PositiveSmallIntegerField(default=0)
    severity = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    bundled_in = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="bundle")

    objects: ClassVar[DispatchManager] = DispatchManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "endpoint", "purpose", "step"], name="dispatched_once"),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state__in=[State.QUEUED, State.SENDING]), name="dispatch_due"),
            models.Index(fields=["endpoint", "-accepted_at"], name="dispatch_of_endpoint"),
            models.Index(fields=["recipient", "-created_at"], name="dispatch_received"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.endpoint_id}: {self.state}"


class Outcome(models.TextChoices):
    UNKNOWN = "unknown", _("Unknown: the worker died")
    ACCEPTED = "accepted", _("Accepted")
    FAILED = "failed", _("Failed, to be tried again")
    REFUSED = "refused", _("Refused for good")


class Attempt(models.Model):
    """One try. It is written when the row is leased, as unknown, and told its outcome afterwards."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.UNKNOWN)
    detail = models.CharField(max_length=200, blank=True, help_text="What the other side said, without its address.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispatch", "number"], name="attempt_once")]
        ordering: ClassVar[list[str]] = ["number"]

    def __str__(self) -> str:
        return f"{self.number} of {self.dispatch_id}: {self.outcome}"
