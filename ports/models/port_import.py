from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils import timezone

from portsec.access.ids import new_id
from portsec.access.models import Organisation, Region, User

if TYPE_CHECKING:
    from portsec.access.acting import Acting


KEPT = timedelta(days=1)  # files that nobody confirms


class PortImportQuerySet(models.QuerySet["PortImport"]):
    def waiting(self, acting: "Acting") -> "PortImportQuerySet":
        """Of one's own organisation, neither confirmed nor thrown away nor older than a day."""
        return self.filter(organisation=acting.organisation, finished_at=None, created_at__gt=timezone.now() - KEPT)


class PortImport(models.Model):
    """A file of ports that was read and waits to be confirmed. Until then nothing of it is in the region.

    It belongs to the coordination body whose person chose the file. `lines` are the values of `ports.importing.Line`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    file_name = models.CharField(max_length=120)
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1)
    time_zone = models.CharField(max_length=64)
    lines: "models.JSONField[list[list[Any]], list[list[Any]]]" = models.JSONField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[PortImportQuerySet] = PortImportQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.file_name} for {self.region_id}"

    @property
    def kept_until(self) -> datetime:
        return self.created_at + KEPT
