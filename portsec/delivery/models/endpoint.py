"""Where an organisation is told besides its dashboards: an address on a channel, for some kinds and severities."""

from typing import ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portsec.access.acting import Acting
from portsec.access.ids import new_id
from portsec.access.models import Organisation, User
from portsec.access.models.guarded import GuardedManager
from portsec.access.text import no_control_characters, one_line
from portsec.delivery.models.delivery import Channel
from portsec.delivery.severity import Severity


class Kind(models.TextChoices):
    """What may be told: the kinds of the journal that have deliveries."""

    ALERT = "alert", _("Alerts")
    LEVEL = "security_level_change", _("Security levels")


# Told from which severity on: what a person chooses from. `Unknown` may be anything, so it belongs to all alone.
THRESHOLDS: dict[str, list[str]] = {
    Severity.EXTREME: [Severity.EXTREME],
    Severity.SEVERE: [Severity.EXTREME, Severity.SEVERE],
    Severity.MODERATE: [Severity.EXTREME, Severity.SEVERE, Severity.MODERATE],
    "all": list(Severity.values),
}
AFTER_ALL_CONTACTS = 32_000  # a mailbox is nobody whom one calls: its place is behind all contacts


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def of(self, acting: Acting) -> "EndpointQuerySet":
        return self.filter(organisation=acting.organisation)

    def of_person(self, acting: Acting) -> "EndpointQuerySet":
        return self.of(acting).filter(person=acting.user)

    def of_house(self, acting: Acting) -> "EndpointQuerySet":
        """Of the organisation itself: what no single person owns."""
        return self.of(acting).filter(person=None)

    def in_use(self) -> "EndpointQuerySet":
        """Switched off or not; without those that were taken away."""
        return self.filter(retired_at=None)

    def of_contact(self, contact_point: UUID) -> "EndpointQuerySet":
        return self.filter(contact_point=contact_point)


class EndpointManager(GuardedManager.from_queryset(EndpointQuerySet)):  # type: ignore[misc]
    pass


class Endpoint(models.Model):
    """An address at which an organisation is told. Nobody but the organisation sees it, the senders neither.

    One of a contact point (`contact_point`) follows its number, hours and order; one of a person (`person`) is told what
    that person may read, and rests in quiet hours, which never silence Extreme or Severe; a webhook is a system's.
    It is switched off, never deleted, so that the ledger still reads.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=12, choices=[one for one in Channel.choices if one[0] != Channel.DASHBOARD])
    address = models.CharField(max_length=1000, help_text="An e-mail address, an E.164 number, a URL.")
    label = models.CharField(max_length=120, validators=[no_control_characters, one_line])
    contact_point = models.UUIDField(null=True, blank=True, editable=False)
    person = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField(default=1, help_text="Who is told first; the next follows when nobody answers.")
    kinds = ArrayField(models.CharField(max_length=24, choices=Kind), default=list)
    severities = ArrayField(models.CharField(max_length=10, choices=Severity), default=list)
    days = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, help_text="ISO days on which it answers; empty: always."
    )
    opens_at = models.TimeField(null=True, blank=True)
    closes_at = models.TimeField(null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    sealed_secret = models.TextField(blank=True, editable=False)
    sealed_previous = models.TextField(blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    is_active = models.BooleanField(default=True)
    retired_at = models.DateTimeField(null=True, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False, help_text="When it was switched off because it fails for good.")
    disabled_because = models.CharField(max_length=300, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="In a row, up to now.")
    failing_since = models.DateTimeField(null=True, editable=False, help_text="Since the first of these failures.")
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    last_accepted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[EndpointManager] = EndpointManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact_point", "channel"], condition=Q(contact_point__isnull=False), name="endpoint_of_contact"
            ),
            models.UniqueConstraint(
                fields=["organisation", "channel", "address", "person"],
                condition=Q(contact_point__isnull=True, retired_at__isnull=True),
                nulls_distinct=False,
                name="endpoint_once",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "channel", "place"], condition=Q(is_active=True), name="endpoint_to_tell")]

    def __str__(self) -> str:
        return f"{self.label} ({self.get_channel_display()})"

    @property
    def threshold(self) -> str:
        """The key of THRESHOLDS, or nothing where a program has chosen otherwise."""
        return next((str(name) for name, severities in THRESHOLDS.items() if set(severities) == set(self.severities)), "")

    @property
    def hours(self) -> str:
        """When it answers, as a person reads it; on the organisation's clock."""
        if self.opens_at is None or self.closes_at is None:
            return gettext("Always")
        names = [str(WEEKDAYS_ABBR[day - 1]) for day in sorted(self.days)]
        in_a_row = len(names) > 2 and max(self.days) - min(self.days) == len(names) - 1
        days = f"{names[0]}–{names[-1]}" if in_a_row else ", ".join(names)
        return f"{days} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"

    @property
    def told_of(self) -> str:
        return ", ".join(str(Kind(one).label) for one in self.kinds)

    @property
    def told_from(self) -> str:
        """From which severity on; the severities themselves where a program has chosen otherwise."""
        if self.threshold == "all":
            return gettext("All severities")
        if self.threshold == Severity.EXTREME:
            return gettext("Extreme only")
        if self.threshold:
            return gettext("%s and above") % Severity(self.threshold).label
        return ", ".join(str(Severity(one).label) for one in self.severities)

    @property
    def host(self) -> str:
        """Of a webhook or a push service: where it leads, without the path, which may be a key."""
        return urlsplit(self.address).netloc
