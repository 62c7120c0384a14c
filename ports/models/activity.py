from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portsec.access.models import Shareable, User
from portsec.access.text import no_control_characters, one_line

FIRST_YEAR = 1950
TEXT = [no_control_characters, one_line]
# About twice what the largest port of the world reports: more is a slip of the unit, which would spoil every rate of the region.
MOST = {"ship_calls": 1_000_000, "tonnes": 3_000_000_000, "teu": 100_000_000, "passengers": 200_000_000}


def volume(name: str, label: Any) -> "models.PositiveBigIntegerField[int | None, int | None]":
    """A figure of a year; None is “no volume reported”, and never the same as 0 (domain.md §10)."""
    limits = [
        MinValueValidator(0, _("A volume is not negative. Leave it empty where nothing was reported.")),
        MaxValueValidator(MOST[name], _("More than %(limit_value)s a year is more than any port handles. Check the unit.")),
    ]
    return models.PositiveBigIntegerField(label, null=True, blank=True, validators=limits)


class PortActivity(Shareable):
    """What passed through a port in a year: the base of rates such as incidents per 1,000 ship calls (domain.md §10).

    One row a port and year. A figure that was not reported is empty, never 0.
    """

    year = models.PositiveSmallIntegerField(
        _("Year"),
        validators=[MinValueValidator(FIRST_YEAR, _("Give a year from %(limit_value)s on."))],
    )
    ship_calls = volume("ship_calls", _("Ship calls"))
    tonnes = volume("tonnes", _("Tonnes of cargo"))
    teu = volume("teu", _("TEU"))
    passengers = volume("passengers", _("Passengers"))
    source = models.CharField(_("Source"), max_length=200, blank=True, validators=TEXT)
    remark = models.CharField(_("Remark"), max_length=500, blank=True, validators=TEXT)
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name_plural = "port activity"
        indexes = [models.Index(fields=["audience", "-recorded_at", "-id"], name="activity_page")]
        constraints = [models.UniqueConstraint(fields=["owner", "year"], name="one_activity_a_year")]

    def __str__(self) -> str:
        return f"{self.year}, {self.owner_id}"

    def get_absolute_url(self) -> str:
        return reverse("activity_detail", args=[self.pk])
