from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portsec.access.models import Shareable
from portsec.access.text import no_control_characters, one_line


class CargoType(models.TextChoices):
    CONTAINER = "container", _("Containers")
    DRY_BULK = "dry_bulk", _("Dry bulk")
    LIQUID_BULK = "liquid_bulk", _("Liquid bulk, gas")
    GENERAL = "general", _("General cargo")
    RO_RO = "ro_ro", _("Ro-ro, vehicles")
    PASSENGER = "passenger", _("Passengers")
    CRUISE = "cruise", _("Cruise ships")
    LNG = "lng", _("LNG")
    FISHING = "fishing", _("Fishing")
    NAVAL = "naval", _("Naval vessels")
    OTHER = "other", _("Other")


class PortFacility(Shareable):
    """A port facility with a security plan of its own (ISPS A/2.1.8, A/16), which attains each raised level for itself."""

    name = models.CharField(max_length=120, validators=[no_control_characters, one_line])
    imo_number = models.CharField(
        _("IMO facility number"),
        max_length=10,
        validators=[
            RegexValidator(r"^[A-Z]{2}[A-Z2-9]{3}-\d{4}$", _("Write the UN/LOCODE, a hyphen and four figures: PLGDN-0001.")),
        ],
    )
    cargo_types = ArrayField(models.CharField(max_length=12, choices=CargoType), default=list, blank=True, size=len(CargoType.values))
    plan_approved_on = models.DateField(null=True, blank=True, help_text=_("When the authority approved the facility's security plan."))
    attain_hours = models.PositiveSmallIntegerField(
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(72)],
        help_text=_("Hours until a raised level's measures are in place. 12 where 33 CFR 105.230 holds; your plan may say less."),
    )
    is_active = models.BooleanField(default=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["audience", "imo_number"], name="facility_of_audience"),
        ]
        constraints = [models.UniqueConstraint(fields=["owner", "imo_number"], name="facility_number_once")]

    def __str__(self) -> str:
        return f"{self.name}, {self.imo_number}"

    def get_absolute_url(self) -> str:
        return reverse("facility_detail", args=[self.pk])

    def get_cargo_display(self) -> str:
        return ", ".join(str(CargoType(one).label) for one in self.cargo_types)
