from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ports.models.facility import PortFacility
from portsec.access.models import Organisation, Region, Shareable, User
from portsec.access.text import no_control_characters, one_line

ENDS_SOON = timedelta(hours=2)
TEXT = [no_control_characters, one_line]


class SecurityLevel(models.IntegerChoices):
    """ISPS Code A/2.1.9 to 2.1.11."""

    NORMAL = 1, _("normal")
    HEIGHTENED = 2, _("heightened")
    EXCEPTIONAL = 3, _("exceptional")


# How severe a change of level is to those who are told, in the words of CAP: who asks for Extreme and Severe hears of 3 and 2.
SEVERITY_OF_LEVEL: dict[int, str] = {1: "Moderate", 2: "Severe", 3: "Extreme"}


class LevelScope(models.TextChoices):
    """What a level is set for (domain.md §4)."""

    REGION = "region", _("Whole region")
    PORT = "port", _("Whole port")
    FACILITY = "facility", _("One facility")
    OPERATION = "operation", _("A kind of operation")


class LevelDecision(Shareable):
    """What somebody decides about a level, to hold at once or later: for what, which, why, on whose order, from when, until when."""

    scope = models.CharField(max_length=10, choices=LevelScope, default=LevelScope.PORT)
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey(PortFacility, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    operation = models.CharField(max_length=80, blank=True, validators=TEXT, help_text=_("For example: Ferry check-in."))
    level = models.PositiveSmallIntegerField(choices=SecurityLevel)
    reason = models.CharField(max_length=200, validators=TEXT)
    authority = models.CharField(max_length=120, blank=True, validators=TEXT, help_text=_("Who ordered it, where it was not you."))
    effective_at = models.DateTimeField()
    expected_until = models.DateTimeField(null=True, blank=True)
    set_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        abstract = True

    @property
    def subject_name(self) -> str:
        """What the level holds for, as a sentence names it."""
        if self.region is not None:
            return self.region.name
        if self.facility is not None and not self.operation:
            return self.facility.name
        return self.operation or self.owner.name


def scope_is_whole(prefix: str) -> list[models.BaseConstraint]:
    """A region, a facility and an operation are named where the scope says so; names of constraints begin with the prefix."""
    return [
        models.CheckConstraint(condition=Q(scope="region", region__isnull=False) | (~Q(scope="region") & Q(region__isnull=True)),
                               name=f"{prefix}_region_of_scope"),
        models.CheckConstraint(condition=~Q(scope="facility") | Q(facility__isnull=False), name=f"{prefix}_facility_of_scope"),
        models.CheckConstraint(condition=Q(scope="operation") & ~Q(operation="") | ~Q(scope="operation") & Q(operation=""),
                               name=f"{prefix}_operation_of_scope"),
    ]  # fmt: skip


class SecurityLevelChange(LevelDecision):
    """That the level of a region, port, facility or operation became another: why, by whom, on whose order, until when.

    Rows are never changed. A new one names the one it takes the place of (`replaces`); the one that nothing replaces is in
    force, also when its expected end has passed: a level ends because somebody decides it. `rise` is the earlier change
    that raised the subject to this level, where this one only prolongs it: the clocks of its facilities run on.
    """

    previous_level = models.PositiveSmallIntegerField(choices=SecurityLevel, null=True, editable=False)
    replaces = models.OneToOneField("self", null=True, editable=False, on_delete=models.PROTECT, related_name="replaced_by")
    rise = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-effective_at"], name="level_of_port"),
            models.Index(fields=["audience", "-effective_at", "-id"], name="level_page"),
            models.Index(fields=["region", "-effective_at"], condition=Q(scope="region"), name="level_of_region"),
        ]
        constraints = scope_is_whole("level")

    def __str__(self) -> str:
        return f"{self.owner_id} at {self.level} since {self.effective_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("level_change", args=[self.pk])

    @property
    def is_raised(self) -> bool:
        return self.level > SecurityLevel.NORMAL

    @property
    def is_rise(self) -> bool:
        return self.level > (self.previous_level or SecurityLevel.NORMAL)

    def due(self, now: datetime | None = None) -> str:
        """How near the expected end is: "soon" in its last two hours, "overdue" once it has passed without a decision."""
        if self.expected_until is None or not self.is_raised:
            return ""
        left = self.expected_until - (now or timezone.now())
        return "overdue" if left < timedelta(0) else "soon" if left <= ENDS_SOON else ""


class LevelAttainment(Shareable):
    """A facility's clock after a rise: the notice acknowledged, and the level's measures in place, each when and by whom.

    33 CFR 105.230(b) gives 12 hours after notification and asks for a report to the Captain of the Port; each facility
    carries its own figure (`PortFacility.attain_hours`). `owner` set the level, `port` answers for its facility; the
    audience is these two, and the coordinator that sees deliveries: what a facility has not yet attained is nobody else's.
    """

    change = models.ForeignKey(SecurityLevelChange, on_delete=models.PROTECT, related_name="attainments")
    facility = models.ForeignKey(PortFacility, on_delete=models.PROTECT, related_name="attainments")
    port = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    attained_at = models.DateTimeField(null=True)
    attained_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    remark = models.CharField(max_length=500, blank=True, validators=TEXT)

    class Meta:
        indexes = [
            models.Index(fields=["audience", "due_at"], name="attainment_of_audience"),
            models.Index(fields=["port"], condition=Q(attained_at__isnull=True), name="attainment_open"),
        ]
        constraints = [models.UniqueConstraint(fields=["change", "facility"], name="attained_once")]

    def __str__(self) -> str:
        return f"{self.facility_id}, level of {self.change_id}"


# Changes of one region, or of one port, belong together; both are UUIDs, so that one column tells them apart.
SUBJECT = Coalesce(F("region_id"), F("owner_id"))
