"""`/api/v1/region-proposals/`: asking an organisation to join a region, or a region to be linked; answering such a proposal.

Nothing here tells who asks whether there is one of the name: what was made is answered as it was typed, and each rule about who may
do what is decided by who asked, never by whom it means.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access import actions
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.api import OrganisationName, RegionName
from portsec.access.coordination import find_coordinated
from portsec.access.models import Proposal
from portsec.api import ActingViewSet, StrictSerializer, listed_plainly, read_choice


class Direction(models.TextChoices):
    SENT = "sent"
    RECEIVED = "received"


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """`wanted`, the name that was typed, is null for who received it; `other`, the region that it means, for who sent it."""

    direction = serializers.SerializerMethodField()
    region = RegionName()
    body = OrganisationName()
    wanted = serializers.CharField(allow_null=True)
    other = RegionName(allow_null=True)
    state = serializers.ChoiceField(choices=Proposal.State.choices)

    class Meta:
        model = Proposal
        fields = ("id", "direction", "kind", "region", "body", "wanted", "other", "state", "created_at", "expires_at", "answered_at")

    def get_direction(self, proposal: Proposal) -> Direction:
        return direction_of(self.context["view"].acting, proposal)

    def to_representation(self, proposal: Proposal) -> dict[str, Any]:
        told = super().to_representation(proposal)
        return {**told, "other" if told["direction"] == Direction.SENT else "wanted": None}


class ProposalInput(StrictSerializer):
    """`wanted`: the name of an organisation or the UN/LOCODE of a port; of a `link` the name of the other region."""

    kind = serializers.ChoiceField(choices=Proposal.Kind.choices)
    region = serializers.UUIDField()
    wanted = serializers.CharField(allow_blank=True)


PROPOSE = {
    Proposal.Kind.MEMBERSHIP: ("organisation.invite", actions.propose_membership),
    Proposal.Kind.LINK: ("region.manage", actions.propose_link),
}


class ProposalViewSet(ActingViewSet):
    """What the acting organisation proposed, and what was proposed to it. For people alone, who may answer proposals."""

    serializer_class = ProposalSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"show"})

    def get_queryset(self) -> Any:
        return Proposal.objects.visible_to(self.acting).select_related("region", "body", "other")

    @extend_schema(parameters=[OpenApiParameter("show", str, enum=Direction.values, description="both where nothing is said")])
    def list(self, request: Request) -> Response:
        """Newest first."""
        self.acting.require("region.join")
        found = self.get_queryset()
        if show := read_choice(request, "show", Direction.values):
            sent = models.Q(body=self.acting.organisation)
            found = found.filter(sent if show == Direction.SENT else ~sent)
        return listed_plainly(self, found, by="created_at")

    def retrieve(self, request: Request, pk: str) -> Response:
        proposal = self.get_object()
        self.acting.require("region.join")
        return self._shown(proposal)

    @extend_schema(request=ProposalInput, responses={201: ProposalSerializer})
    def create(self, request: Request) -> Response:
        """Proposes a membership of your region, or a link with it. You are not told whether there is one of the name."""
        if (again := self.repeated()) is not None:
            return again
        self.acting.require("organisation.invite")
        said = self.read_input(ProposalInput)
        verb, propose = PROPOSE[Proposal.Kind(said["kind"])]
        region = find_coordinated(self.acting, verb, said["region"])
        return self._shown(propose(self.acting, region, wanted=said["wanted"]), status=201)

    @extend_schema(request=None, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Your organisation joins the region, or the regions are linked, at once. 409 where it is no longer open."""
        return self._done(actions.accept_proposal, Direction.RECEIVED)

    @extend_schema(request=None, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Nothing changes; the body that asked is told."""
        return self._done(actions.decline_proposal, Direction.RECEIVED)

    @extend_schema(request=None, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Takes back what your coordination body proposed. 409 where it was answered."""
        return self._done(actions.withdraw_proposal, Direction.SENT)

    def _done(self, verb: Callable[[Acting, Proposal], None], of: Direction) -> Response:
        if (again := self.repeated()) is not None:
            return again
        proposal = self.get_object()
        if direction_of(self.acting, proposal) != of:
            raise NotAllowedError(_("Who is asked answers a proposal, and who asked withdraws it."), code="other_side")
        verb(self.acting, proposal)
        return self._shown(proposal)

    def _shown(self, proposal: Proposal, *, status: int = 200) -> Response:
        return self.tagged(self.get_serializer(self.get_queryset().get(pk=proposal.pk)).data, status=status)


def direction_of(acting: Acting, proposal: Proposal) -> Direction:
    return Direction.SENT if proposal.body_id == acting.organisation.pk else Direction.RECEIVED
