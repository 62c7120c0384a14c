"""Whom to call at an organisation, and when (domain.md §9)."""

from datetime import date, timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portsec.access.models import Shareable, User
from portsec.access.text import no_control_characters, one_line

LINE = [no_control_characters, one_line]
PHONE = [
    RegexValidator(
        r"^\+[1-9][0-9]{6,14}\Z", _("Write the number with + and the country code, as you would dial it from abroad: +46 70 174 06 05.")
    )
]
VERIFIED_FOR = timedelta(days=90)  # domain.md §9: contact points are verified every 90 days


class Situation(models.TextChoices):
    """What the call is about: the situations of a protocol (domain.md §9), and an alert."""

    EMERGENCY = "emergency", _("Emergency")
    ALERT = "alert", _("Alert")
    INCIDENT = "incident", _("Incident")
    LEVEL_CHANGE = "level_change", _("Level change")
    INSPECTION = "inspection", _("Inspection")
    DAILY_OPERATIONS = "daily_operations", _("Daily operations")
    INFORMATION_REQUEST = "information_request", _("Information request")


class Hours(models.TextChoices):
    ALWAYS = "always", _("Always, day and night")
    OFFICE = "office", _("Some hours only")


class Day(models.IntegerChoices):
    """ISO 8601."""

    MONDAY = 1, _("Monday")
    TUESDAY = 2, _("Tuesday")
    WEDNESDAY = 3, _("Wednesday")
    THURSDAY = 4, _("Thursday")
    FRIDAY = 5, _("Friday")
    SATURDAY = 6, _("Saturday")
    SUNDAY = 7, _("Sunday")


class ContactPoint(Shareable):
    """A function that answers, by phone, e-mail or radio. It is retired, never deleted, so that the history still reads.

    Hours are on the clock of the owner's time zone; a window that ends before it begins lasts past midnight, and its
    days are those on which it begins.
    """

    role = models.CharField(max_length=80, validators=LINE)
    person = models.CharField(max_length=120, blank=True, validators=LINE)
    phone = models.CharField(max_length=16, blank=True, validators=PHONE, help_text="E.164.")
    second_phone = models.CharField(max_length=16, blank=True, validators=PHONE, help_text="E.164.")
    email = models.EmailField(blank=True)
    radio_channel = models.CharField(max_length=40, blank=True, validators=LINE)
    hours = models.CharField(max_length=6, choices=Hours, default=Hours.ALWAYS)
    days = ArrayField(models.PositiveSmallIntegerField(choices=Day), default=list, blank=True, size=7)
    opens_at = models.TimeField(null=True, blank=True)
    closes_at = models.TimeField(null=True, blank=True)
    situations = ArrayField(
        models.CharField(max_length=20, choices=Situation), size=7, error_messages={"blank": _("Choose at least one situation.")}
    )
    call_order = models.PositiveSmallIntegerField(default=1, editable=False, help_text="Who of the organisation is called first.")
    note = models.CharField(max_length=300, blank=True, validators=LINE)
    verified_on = models.DateField(null=True, blank=True, help_text="On the owner's calendar.")
    verified_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    is_active = models.BooleanField(default=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["audience", "-created_at", "-id"], name="contact_page"),
            models.Index(fields=["owner", "-created_at", "-id"], name="contact_own_page"),
        ]

    def __str__(self) -> str:
        return f"{self.role}, {self.person}" if self.person else self.role

    def get_absolute_url(self) -> str:
        return reverse("contact_detail", args=[self.pk])

    def days_late(self, today: date) -> int | None:
        """Days beyond the 90 after which it should have been verified: 0 or less is fresh, None was never verified."""
        return (today - self.verified_on - VERIFIED_FOR).days if self.verified_on else None

    def is_stale(self, today: date) -> bool:
        late = self.days_late(today)
        return late is None or late > 0
