"""What happens when nobody answers: the policy, and each step that was taken."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portsec.access.acting import Acting
from portsec.access.ids import new_id
from portsec.access.models import Organisation, Region, RegionMembership, User
from portsec.access.models.guarded import GuardedManager
from portsec.delivery.models.delivery import Delivery
from portsec.delivery.severity import Severity


class Step(models.TextChoices):
    """In the order in which they grow louder."""

    REMIND = "remind", _("Remind whom we told")
    NEXT_CONTACT = "next_contact", _("Tell the next contact")
    ALL_CONTACTS = "all_contacts", _("Tell all contacts")
    COORDINATOR = "coordinator", _("Tell the coordinator")


# Seconds after the deadline. The last step is always the coordinator: nobody stays untold without someone knowing it.
DEFAULT_STEPS = [
    {"after": 0, "step": Step.REMIND.value},
    {"after": 120, "step": Step.NEXT_CONTACT.value},
    {"after": 300, "step": Step.ALL_CONTACTS.value},
    {"after": 600, "step": Step.COORDINATOR.value},
]


class EscalationPolicyQuerySet(models.QuerySet["EscalationPolicy"]):
    def visible_to(self, acting: Acting) -> "EscalationPolicyQuerySet":
        """One's own, and those of the regions that one is in."""
        regions = RegionMembership.objects.filter(organisation=acting.organisation).values("region")
        return self.filter(Q(organisation=acting.organisation) | Q(region__in=regions))


class EscalationPolicyManager(GuardedManager.from_queryset(EscalationPolicyQuerySet)):  # type: ignore[misc]
    pass


class EscalationPolicy(models.Model):
    """Of an organisation, for what it is told; or of a region, for its members that have none of their own.

    `severity` is empty for all that have no policy of their own. `acknowledge_within` are the seconds that what the
    organisation (or the region) sends waits for its answers, where the sender says nothing.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    severity = models.CharField(max_length=10, blank=True, choices=Severity)
    acknowledge_within = models.PositiveIntegerField(null=True, blank=True)
    steps = models.JSONField(default=list)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[EscalationPolicyManager] = EscalationPolicyManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(organisation__isnull=True) ^ Q(region__isnull=True), name="policy_of_one"),
            models.UniqueConstraint(fields=["organisation", "severity"], condition=Q(region__isnull=True), name="policy_once_organisation"),
            models.UniqueConstraint(fields=["region", "severity"], condition=Q(organisation__isnull=True), name="policy_once_region"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id or self.region_id}: {self.severity or 'any severity'}"


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def visible_to(self, acting: Acting) -> "EscalationQuerySet":
        return self.filter(delivery__in=Delivery.objects.visible_to(acting))


class EscalationManager(GuardedManager.from_queryset(EscalationQuerySet)):  # type: ignore[misc]
    pass


class Escalation(models.Model):
    """A step that was taken, once: `due_at` by the policy, `taken_at` by the clock, and how many were told by it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="escalations")
    number = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=14, choices=Step)
    due_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    told = models.PositiveSmallIntegerField(default=0)
    by_watchdog = models.BooleanField(default=False)

    objects: ClassVar[EscalationManager] = EscalationManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="escalated_once")]
        ordering: ClassVar[list[str]] = ["number"]

    def __str__(self) -> str:
        return f"{self.number} of {self.delivery_id}: {self.step}"
