"""A communications check: is everybody reached who would have to be? Each contact that was asked, and how fast it confirmed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from portsec.access.acting import Acting
from portsec.access.ids import new_id
from portsec.access.models import Organisation, Region, User
from portsec.access.models.guarded import GuardedManager
from portsec.access.text import no_control_characters, one_line
from portsec.delivery.models.dispatch import Dispatch


class CommunicationsCheckQuerySet(models.QuerySet["CommunicationsCheck"]):
    def visible_to(self, acting: Acting) -> "CommunicationsCheckQuerySet":
        """Of who started it, and of the organisations whose contacts were asked."""
        asked = CheckedContact.objects.visible_to(acting).values("communications_check")
        return self.filter(Q(organisation=acting.organisation) | Q(pk__in=asked))

    def started_by_us(self, acting: Acting) -> "CommunicationsCheckQuerySet":
        return self.filter(organisation=acting.organisation)


class CommunicationsCheckManager(GuardedManager.from_queryset(CommunicationsCheckQuerySet)):  # type: ignore[misc]
    pass


class CommunicationsCheck(models.Model):
    """Of an organisation's own contacts (no region), or by a coordination body of its region's members."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_drill = models.BooleanField(default=False)
    remark = models.CharField(max_length=300, blank=True, validators=[no_control_characters, one_line])
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    ends_at = models.DateTimeField()

    objects: ClassVar[CommunicationsCheckManager] = CommunicationsCheckManager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-started_at"], name="check_started")]

    def __str__(self) -> str:
        return f"check of {self.started_at} by {self.organisation_id}"

    @property
    def is_running(self) -> bool:
        return self.ends_at > timezone.now()


class CheckedContactQuerySet(models.QuerySet["CheckedContact"]):
    def visible_to(self, acting: Acting) -> "CheckedContactQuerySet":
        return self.filter(Q(checker=acting.organisation) | Q(organisation=acting.organisation))


class CheckedContactManager(GuardedManager.from_queryset(CheckedContactQuerySet)):  # type: ignore[misc]
    pass


class CheckedContact(models.Model):
    """One endpoint of one contact point. The checker knows it by `place` (who is called first) and channel, by no address."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    communications_check = models.ForeignKey(CommunicationsCheck, on_delete=models.PROTECT, related_name="contacts")
    checker = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    dispatch = models.OneToOneField(Dispatch, on_delete=models.PROTECT, related_name="checked")
    place = models.PositiveSmallIntegerField()
    confirmed_at = models.DateTimeField(null=True)

    objects: ClassVar[CheckedContactManager] = CheckedContactManager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "communications_check"], name="checked_of_organisation")]

    def __str__(self) -> str:
        return f"{self.place} of {self.organisation_id} in {self.communications_check_id}"
