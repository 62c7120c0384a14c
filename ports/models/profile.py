from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from portsec.access.acting import Acting
from portsec.access.models import Organisation


class PortProfileQuerySet(models.QuerySet["PortProfile"]):
    def visible_to(self, acting: Acting) -> "PortProfileQuerySet":
        return self.filter(organisation__in=Organisation.objects.visible_to(acting))


class PortProfile(models.Model):
    """What a port is: its UN/LOCODE, its place on the map and its place along the coast."""

    organisation = models.OneToOneField(Organisation, primary_key=True, on_delete=models.PROTECT, related_name="port")
    unlocode = models.CharField(
        max_length=5,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Z]{2}[A-Z2-9]{3}$", _("A UN/LOCODE is two letters of the country and three of the place: PLGDN."))
        ],
    )
    latitude = models.FloatField(validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(validators=[MinValueValidator(-180), MaxValueValidator(180)])
    coast_order = models.PositiveIntegerField(default=0, help_text=_("Along the coast: lists of a region keep this order everywhere."))

    objects: ClassVar[PortProfileQuerySet] = PortProfileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering: ClassVar[list[str]] = ["coast_order", "unlocode"]

    def __str__(self) -> str:
        return self.unlocode

    @property
    def code(self) -> str:
        """The three letters of the place, as the level strip shows them."""
        return self.unlocode[2:]

    @property
    def short_name(self) -> str:
        return self.organisation.name.removeprefix("Port of ")
