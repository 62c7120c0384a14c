from django.db import models
from django.utils.translation import gettext_lazy as _

from portsec.access.models import Shareable, User
from portsec.access.text import no_control_characters, one_line


class SecurityLevel(models.IntegerChoices):
    """ISPS Code A/2.1.9 to 2.1.11."""

    NORMAL = 1, _("normal")
    HEIGHTENED = 2, _("heightened")
    EXCEPTIONAL = 3, _("exceptional")


class SecurityLevelChange(Shareable):
    """That a port's security level became another, from when, until when, why, by whom. The newest one holds."""

    level = models.PositiveSmallIntegerField(choices=SecurityLevel)
    reason = models.CharField(max_length=200, validators=[no_control_characters, one_line])
    effective_at = models.DateTimeField()
    expected_until = models.DateTimeField(null=True, blank=True)
    set_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-effective_at"], name="level_of_port"),
            models.Index(fields=["audience", "-effective_at", "-id"], name="level_page"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} at {self.level} since {self.effective_at:%Y-%m-%d %H:%M}"
