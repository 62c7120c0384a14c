"""That deliveries are late: found by the watchdog, told once, ended when all is well again."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portsec.access.models.guarded import GuardedManager


class Alarm(models.Model):
    """Of the whole installation, so for the system alone; whom it concerns is told through the journal. One at a time is open."""

    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    overdue = models.PositiveIntegerField(help_text=_("Steps of escalations that had not been taken."))
    waiting = models.PositiveIntegerField(help_text=_("Messages that had not been sent."))

    objects: ClassVar[GuardedManager[Self]] = GuardedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(ended_at__isnull=True), name="one_alarm_open"),
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}: {self.overdue} overdue, {self.waiting} waiting"
