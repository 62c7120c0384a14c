"""The base of every record that can be shared: who owns it, who may know of it, and the querysets that ask."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from portsec.access.acting import current_context
from portsec.access.ids import new_id
from portsec.access.models.audience import Audience
from portsec.access.models.organisation import Organisation

if TYPE_CHECKING:
    from portsec.access.acting import Acting


class ShareableQuerySet(models.QuerySet[Any]):
    def visible_to(self, acting: "Acting") -> Self:
        """What the organisation may see. TLP:RED rows name persons, and only they see them (domain.md §7)."""
        for_me = Q(persons__isnull=True) | Q(persons__contains=[acting.user.pk])
        shared = Q(audience__in=Audience.objects.visible_to(acting)) | Q(owner=acting.organisation)
        return self.filter(for_me, shared)

    def editable_by(self, acting: "Acting") -> Self:
        return self.visible_to(acting).filter(owner=acting.organisation)


class ShareableManager(models.Manager.from_queryset(ShareableQuerySet)):  # type: ignore[misc]
    """Fails closed: a query outside `acting_for` or `as_system` raises, where row security would answer with nothing."""

    def get_queryset(self) -> ShareableQuerySet:
        current_context()
        queryset: ShareableQuerySet = super().get_queryset()
        return queryset


class Shareable(models.Model):
    """Owner and audience. Each concrete table needs `shareable_policies()` in its migration; a test looks for it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, related_name="+")
    persons = ArrayField(models.UUIDField(), null=True, blank=True, editable=False, help_text="Of TLP:RED: the users who may read it.")

    objects: ClassVar[ShareableManager] = ShareableManager()

    class Meta:
        abstract = True
