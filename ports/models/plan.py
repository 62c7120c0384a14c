from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ports.models.level import TEXT, LevelDecision, SecurityLevelChange, scope_is_whole
from portsec.access.models import User


class PlannedLevel(LevelDecision):
    """A level that shall hold from a later instant on: set then, with its entry, deliveries and clocks; until then it can be cancelled.

    It is no `SecurityLevelChange` before its time, so that nothing that asks what holds can mistake it for one. `note` says why
    it was cancelled, or why it could not take effect (`lapsed`): the region holds a higher level by then, a facility is closed.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        EFFECTIVE = "effective", _("Took effect")
        CANCELLED = "cancelled", _("Cancelled")
        LAPSED = "lapsed", _("Could not take effect")

    planned_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    note = models.CharField(max_length=300, blank=True, validators=TEXT, editable=False)
    change = models.OneToOneField(SecurityLevelChange, null=True, on_delete=models.PROTECT, related_name="plan", editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["audience", "-planned_at", "-id"], name="plan_page"),
            models.Index(fields=["effective_at"], condition=Q(state="planned"), name="plan_due"),
        ]
        constraints = scope_is_whole("plan")

    def __str__(self) -> str:
        return f"level {self.level} for {self.subject_name}, from {self.effective_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("level_plan", args=[self.pk])
