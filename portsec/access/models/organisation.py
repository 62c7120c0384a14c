from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portsec.access.ids import new_id
from portsec.access.roles import Role

if TYPE_CHECKING:
    from portsec.access.acting import Acting


class RegionQuerySet(models.QuerySet["Region"]):
    def visible_to(self, acting: "Acting") -> "RegionQuerySet":
        """The organisation's own regions and those linked to them."""
        own = RegionMembership.objects.filter(organisation=acting.organisation).values("region")
        linked = Region.linked.through.objects.filter(to_region__in=own).values("from_region")
        return self.filter(Q(pk__in=own) | Q(pk__in=linked))  # no join: whoever asks further joins for reasons of its own


class Region(models.Model):
    """Ports and the agencies around them that coordinate. Linked regions can share with each other."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120, unique=True)
    linked = models.ManyToManyField("self", blank=True)
    coordinator_sees_deliveries = models.BooleanField(
        default=True, help_text=_("May the region's coordination body see who was told and who has answered?")
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[RegionQuerySet] = RegionQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name


# Who is in a region of an organisation's, or in one that is linked to it. In SQL for the reason that GRANTED has.
NEIGHBOURS = """
SELECT neighbour.organisation_id FROM access_regionmembership neighbour WHERE neighbour.region_id IN (
  SELECT own.region_id FROM access_regionmembership own WHERE own.organisation_id = %s
  UNION SELECT linked.from_region_id FROM access_region_linked linked
  JOIN access_regionmembership own ON own.region_id = linked.to_region_id WHERE own.organisation_id = %s)
"""


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, acting: "Acting") -> "OrganisationQuerySet":
        """Who shares a region with the organisation, or is in a linked one. Nobody else is known to exist."""
        neighbours = RawSQL(NEIGHBOURS, [acting.organisation.pk] * 2)  # noqa: S611 (a constant)
        return self.filter(Q(pk=acting.organisation.pk) | Q(is_active=True, pk__in=neighbours)).distinct()


class Organisation(models.Model):  # type: ignore[django-manager-missing]  # knox is untyped
    """A body that acts: a port, an agency or a region's coordination body."""

    class Kind(models.TextChoices):
        PORT = "port", _("Port")
        AGENCY = "agency", _("Agency")
        COORDINATION_BODY = "coordination_body", _("Coordination body")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    time_zone = models.CharField(max_length=64, default="UTC")
    group = models.OneToOneField(
        Group,
        on_delete=models.PROTECT,
        editable=False,
        help_text=_("Holds guardian's grants and nothing else; people are never put into it."),
    )
    regions: "models.ManyToManyField[Region, RegionMembership]" = models.ManyToManyField(
        Region, through="RegionMembership", related_name="organisations"
    )
    is_active = models.BooleanField(default=True)
    # How its people sign in (actions/sign_in.py). They stand here because every request of theirs asks.
    second_factor_from = models.DateTimeField(null=True, blank=True)
    password_allowed = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[OrganisationQuerySet] = OrganisationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class RegionMembership(models.Model):
    """An organisation in a region. Written only by `join_region` and `leave_region`, which keep the audiences in step."""

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="region_memberships")
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "organisation"], name="organisation_once_in_region")]

    def __str__(self) -> str:
        return f"{self.organisation_id} in {self.region_id}"


class Membership(models.Model):
    """A person in an organisation, with a role: the one truth for row security and for what a person may do."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey("access.User", on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="person_once_in_organisation")]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role} in {self.organisation_id}"
