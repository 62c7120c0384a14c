from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.models import cap
from incidents.models.area import check_areas
from portsec.access.models import Shareable, User
from portsec.access.text import no_control_characters, one_line
from portsec.access.tlp import Tlp

LINE = [no_control_characters, one_line]
TEXT = [no_control_characters]


class Content(models.Model):
    """What an alert says; each message of its chain says it anew."""

    headline = models.CharField(max_length=160, validators=LINE)
    description = models.TextField(blank=True, max_length=8000, validators=TEXT)
    instruction = models.TextField(blank=True, max_length=4000, validators=TEXT)
    urgency = models.CharField(max_length=10, choices=cap.Urgency)
    severity = models.CharField(max_length=10, choices=cap.Severity)
    certainty = models.CharField(max_length=10, choices=cap.Certainty)
    areas = models.JSONField(default=list, blank=True, validators=[check_areas])
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Alert(Shareable, Content):
    """An alert after CAP 1.2, as its newest message leaves it. A draft is seen by its own organisation alone."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")

    LIFETIME = timedelta(hours=12)  # where the sender says nothing

    ref_id = models.CharField(max_length=20, blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    version = models.PositiveSmallIntegerField(default=1, editable=False)
    event = models.CharField(max_length=80, validators=LINE)
    category = ArrayField(models.CharField(max_length=10, choices=cap.Category), size=12)
    response_types = ArrayField(models.CharField(max_length=10, choices=cap.ResponseType), size=9, default=list, blank=True)
    tlp = models.CharField(max_length=12, choices=Tlp)
    is_exercise = models.BooleanField(default=False)
    effective_at = models.DateTimeField(null=True, blank=True)
    acknowledge_within = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(30), MaxValueValidator(7 * 24 * 3600)],
        help_text=_("Seconds; empty for the default of the severity."),
    )
    wish = models.JSONField(default=dict, editable=False, help_text="Of a draft: the audience asked for (AudienceWish).")
    wished_persons = ArrayField(models.UUIDField(), default=list, blank=True, editable=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    ended_at = models.DateTimeField(null=True, editable=False, help_text="When it was cancelled or expired.")

    class Meta:
        indexes = [
            models.Index(fields=["audience", "-published_at", "-id"], name="alert_page"),
            models.Index(fields=["owner", "-published_at", "-id"], name="alert_own_page"),
            # A filter that few records pass needs an index of its own: one audience alone may hold thousands that do not.
            models.Index(fields=["audience", "severity", "-published_at", "-id"], name="alert_page_by_severity"),
            models.Index(fields=["owner", "severity", "-published_at", "-id"], name="alert_own_by_severity"),
            models.Index(fields=["audience", "-published_at", "-id"], condition=Q(state="active"), name="alert_active_page"),
            models.Index(fields=["-published_at", "-id"], name="alert_newest"),
            # Without its second condition the planner prefers it to the page's own, and reads all of it for each audience.
            models.Index(fields=["expires_at"], condition=Q(state="active", expires_at__isnull=False), name="alert_to_expire"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft") | ~Q(ref_id="") & Q(published_at__isnull=False), name="published_alert_is_whole"
            ),
            models.UniqueConstraint(fields=["owner", "ref_id"], condition=~Q(ref_id=""), name="alert_ref_once"),
        ]

    def __str__(self) -> str:
        return f"{self.ref_id or 'draft'}: {self.headline}"

    def get_absolute_url(self) -> str:
        return reverse("alert_detail", args=[self.pk])

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def seconds_to_answer(self) -> int:
        return self.acknowledge_within or cap.acknowledge_within(self.severity)

    def answer_due(self, told_at: datetime) -> datetime:
        return told_at + timedelta(seconds=self.seconds_to_answer)


class AlertMessage(Shareable, Content):
    """One message of an alert's chain: the alert itself, an update or the cancellation. Never changed once sent."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="messages")
    version = models.PositiveSmallIntegerField()
    type = models.CharField(max_length=6, choices=cap.MessageType)
    note = models.CharField(max_length=500, blank=True, validators=LINE, help_text=_("What is new, or why it is cancelled."))
    asks_again = models.BooleanField(default=False)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["version"]
        constraints = [models.UniqueConstraint(fields=["alert", "version"], name="message_version_once")]

    def __str__(self) -> str:
        return f"{self.type} {self.version} of {self.alert_id}"

    @property
    def label(self) -> str:
        if self.type == cap.MessageType.UPDATE:
            return str(_("Update %(number)d") % {"number": self.version - 1})
        return str(self.get_type_display())


CONTENT_FIELDS = tuple(field.name for field in Content._meta.local_fields)
