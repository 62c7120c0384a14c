from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxLengthValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ports.models.facility import CargoType
from portsec.access.models import Shareable, User
from portsec.access.text import no_control_characters

LONGEST = 4000


class PortDescription(Shareable):
    """What a port tells its region of itself besides its name and place; `version` is that of the whole profile.

    The name, UN/LOCODE and position stand in `PortProfile`, which linked regions read too. What a gate is like is nothing
    for them, so it has an audience of its own. A port that has never kept its profile has no such row.
    """

    cargo_types = ArrayField(
        models.CharField(max_length=12, choices=CargoType), verbose_name=_("Cargo"), default=list, blank=True, size=len(CargoType.values)
    )
    layout_notes = models.TextField(
        _("Layout"), blank=True, max_length=LONGEST, validators=[no_control_characters, MaxLengthValidator(LONGEST)]
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)

    class Meta:
        indexes = [models.Index(fields=["audience", "owner"], name="description_of_audience")]
        constraints = [models.UniqueConstraint(fields=["owner"], name="one_description_a_port")]

    def __str__(self) -> str:
        return f"Profile of {self.owner_id}"

    def get_absolute_url(self) -> str:
        return reverse("port_description", args=[self.pk])

    def get_cargo_display(self) -> str:
        return ", ".join(str(CargoType(one).label) for one in self.cargo_types)
