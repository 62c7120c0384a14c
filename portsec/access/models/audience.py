from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase

from portsec.access.ids import new_id
from portsec.access.models.organisation import Organisation, Region

if TYPE_CHECKING:
    from portsec.access.acting import Acting


# The audiences that guardian lets a group view. In SQL, because each page of each list asks it: written by the object mapper
# it costs more than the page itself (bench/README.md).
GRANTED = "SELECT content_object_id FROM access_audiencegrant WHERE group_id = %s AND permission_id = app_view_permission()"


class AudienceQuerySet(models.QuerySet["Audience"]):
    def visible_to(self, acting: "Acting") -> "AudienceQuerySet":
        """The audiences that guardian lets the organisation's group view: the first wall under every shareable record."""
        return self.filter(pk__in=RawSQL(GRANTED, [acting.organisation.group_id]))  # noqa: S611 (a constant)


class Audience(models.Model):
    """A set of organisations, stored once. Rows are made only by the database function `app_resolve_audience`.

    `key` is what makes it unique: `own:<organisation>`, `named:<owner>:<sha256 of ids>`, `ports:<region>`,
    `region:<region>`, `linked:<region>`; a region's key ends in `+<owner>` where the owner is not itself in that rule.
    A region's audience follows the region's membership; the others never change.
    """

    class Kind(models.TextChoices):
        OWN = "own", _("Own organisation")
        NAMED = "named", _("Named organisations")
        REGION_PORTS = "region_ports", _("Ports of the region")
        REGION = "region", _("Whole region")
        LINKED_REGIONS = "linked_regions", _("Linked regions")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="audiences")
    owner = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Who named it, and so may list its members; empty for a region's audience."),
    )

    objects: ClassVar[AudienceQuerySet] = AudienceQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.key

    @property
    def name(self) -> str:
        """What anyone who sees the record may read: never who else was named."""
        region = self.region.name if self.region else ""
        return {
            self.Kind.OWN: gettext("own organisation"),
            self.Kind.NAMED: gettext("named organisations"),
            self.Kind.REGION_PORTS: gettext("ports of the %(region)s") % {"region": region},
            self.Kind.REGION: gettext("whole %(region)s") % {"region": region},
            self.Kind.LINKED_REGIONS: gettext("%(region)s and linked regions") % {"region": region},
        }[self.Kind(self.kind)]


class AudienceGrant(GroupObjectPermissionBase):
    """Guardian's grant, with a direct foreign key: an organisation's group may view an audience.

    Guardian's unique index of group, permission and audience serves every question but that for an audience's members;
    each further index would be written two hundred times where two hundred are told.
    """

    content_object = models.ForeignKey(Audience, on_delete=models.CASCADE, related_name="grants")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE, db_index=False)
