"""What the coordinator of a region sees of it: who is in it, whether anybody acts there, and what has been proposed."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from portsec.access.acting import Acting
from portsec.access.coordination import coordinated_regions
from portsec.access.models import Invitation, Membership, Organisation, Proposal, Region, RegionMembership
from portsec.face.waits import Wait


def regions(acting: Acting) -> QuerySet[Region]:
    """Those that the organisation coordinates, by name, each with `size`. 1 query."""
    return coordinated_regions(acting).annotate(size=Count("organisations"))


def organisations(acting: Acting) -> QuerySet[Organisation]:
    """Whom the organisation sees, and the closed ones of the regions that it coordinates: those it may open again. 1 query."""
    homes = RegionMembership.objects.filter(region__in=coordinated_regions(acting))
    closed = Organisation.objects.filter(is_active=False, pk__in=homes.values("organisation")).distinct()
    return Organisation.objects.visible_to(acting) | closed


def vacant(acting: Acting, organisations: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Those of them to which nobody has ever belonged, in the regions that the acting body coordinates: whom it may begin."""
    homes = RegionMembership.objects.filter(region__in=coordinated_regions(acting))
    return organisations.filter(pk__in=homes.values("organisation")).exclude(_has_people())


def _has_people() -> Exists:
    return Exists(Membership.objects.filter(organisation=OuterRef("pk"), user__is_service=False))


def members(region: Region, search: str = "", *, vacant: bool = False) -> QuerySet[Organisation]:
    """By name, the closed ones too; each knows `has_people`: whether anybody has ever belonged to it. 1 query."""
    found = Organisation.objects.filter(regions=region).annotate(has_people=_has_people()).order_by("name")
    if search:
        found = found.filter(name__icontains=search)
    return found.filter(has_people=False) if vacant else found


def first_invitations(acting: Acting, organisations: Iterable[Organisation]) -> dict[UUID, Invitation]:
    """Those that the acting body has sent for them and that wait, by organisation. 1 query."""
    sent = Invitation.objects.waiting().filter(sent_for=acting.organisation, organisation__in=[one.pk for one in organisations])
    return {one.organisation_id: one for one in sent}


def received_proposals(acting: Acting) -> QuerySet[Proposal]:
    """That wait for an answer of the acting organisation. 1 query."""
    return Proposal.objects.received_by(acting).waiting().select_related("region", "body", "other").order_by("created_at")


def proposals_to_answer(acting: Acting) -> Iterable[Wait]:
    """For the dashboard of those who may answer. 1 query; none for who may not."""
    if not acting.may("region.join"):
        return []
    return [
        Wait(
            title=_("Answer the proposal of %s") % one.body.name,
            url=reverse("proposal_detail", args=[one.pk]),
            meta=_("Link with %s") % one.region.name if one.kind == Proposal.Kind.LINK else _("Join %s") % one.region.name,
            icon="inbox",
        )
        for one in received_proposals(acting)
    ]
