"""`/api/v1/regions/` and `/api/v1/organisations/`: read by programs; set up, closed and let go by people (docs/set-up.md)."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access import actions, region_queries
from portsec.access.acting import Acting
from portsec.access.api import OrganisationName, OwnOrganisationSerializer, RegionName
from portsec.access.coordination import coordinated_regions, find_coordinated, home_of, require_coordinated
from portsec.access.models import Invitation, Organisation, Region
from portsec.api import ActingViewSet, StrictSerializer, listed_all, read_choice, read_flag, read_uuid


class RegionSerializer(serializers.ModelSerializer[Region]):
    linked = RegionName(source="seen_linked", many=True, read_only=True)
    coordinator_sees_deliveries = serializers.SerializerMethodField(help_text="Null for all but who coordinates the region.")

    class Meta:
        model = Region
        fields = ("id", "name", "linked", "coordinator_sees_deliveries")

    def get_coordinator_sees_deliveries(self, region: Region) -> bool | None:
        return region.coordinator_sees_deliveries if region.pk in self.context["coordinated"] else None


class RegionInput(StrictSerializer):
    name = serializers.CharField(allow_blank=True)


class RegionEdit(RegionInput):
    coordinator_sees_deliveries = serializers.BooleanField()


class UnlinkInput(StrictSerializer):
    other = serializers.UUIDField(help_text="The region at the other end of the link.")


class RegionViewSet(ActingViewSet):
    """The regions that the acting organisation is in, and those linked to them."""

    serializer_class = RegionSerializer

    def get_queryset(self) -> Any:
        seen = Region.objects.visible_to(self.acting)
        return seen.prefetch_related(Prefetch("linked", seen.order_by("name"), to_attr="seen_linked")).order_by("name")

    def get_serializer_context(self) -> dict[str, Any]:
        is_schema = getattr(self, "swagger_fake_view", False)
        ours = set() if is_schema else set(coordinated_regions(self.acting).values_list("pk", flat=True))
        return {**super().get_serializer_context(), "coordinated": ours}

    def list(self, request: Request) -> Response:
        return listed_all(self, self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self.get_object())

    @extend_schema(request=RegionInput, responses={201: RegionSerializer})
    def create(self, request: Request) -> Response:
        """Sets up a region, which your coordination body coordinates from then on. For people alone."""
        if (again := self.repeated()) is not None:
            return again
        self.acting.require("region.manage")
        region = actions.found_region(self.acting, **self.read_input(RegionInput))
        return self._shown(region, status=201)

    @extend_schema(request=RegionEdit(partial=True), responses=RegionSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Its name, and whether its coordination bodies see who was told and who has answered. For people alone."""
        region = self.get_object()
        require_coordinated(self.acting, "region.manage", region)
        self.check_match(self.get_serializer(region).data)
        stands = {"name": region.name, "coordinator_sees_deliveries": region.coordinator_sees_deliveries}
        actions.edit_region(self.acting, region, **stands | self.read_input(RegionEdit, partial=True))
        return self._shown(region)

    @extend_schema(request=UnlinkInput, responses=RegionSerializer)
    @action(detail=True, methods=["post"])
    def unlink(self, request: Request, pk: str) -> Response:
        """Ends the link with another region, at once; either side may. For people alone."""
        if (again := self.repeated()) is not None:
            return again
        region = self.get_object()
        require_coordinated(self.acting, "region.manage", region)
        other = get_object_or_404(region.linked, pk=self.read_input(UnlinkInput)["other"])
        actions.unlink_region(self.acting, region, other)
        return self._shown(region)

    def _shown(self, region: Region, *, status: int = 200) -> Response:
        return self.tagged(self.get_serializer(self.get_queryset().get(pk=region.pk)).data, status=status)


class OrganisationSerializer(OwnOrganisationSerializer):
    regions = RegionName(source="seen_regions", many=True, read_only=True, help_text="Those that the acting organisation sees.")


class OrganisationInput(StrictSerializer):
    """An agency or another coordination body; a port has a place, and is added under `/api/v1/ports/`."""

    region = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=Organisation.Kind.choices)
    time_zone = serializers.CharField()


class RemoveInput(StrictSerializer):
    region = serializers.UUIDField(help_text="The region that it is removed from.")


class FirstAdministratorInput(StrictSerializer):
    email = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)


class FirstAdministratorSerializer(serializers.ModelSerializer[Invitation]):
    """Never the link: that is in the mail alone."""

    organisation = OrganisationName()

    class Meta:
        model = Invitation
        fields = ("id", "organisation", "email", "name", "role", "created_at", "expires_at")


class OrganisationViewSet(ActingViewSet):
    """Whom the acting organisation shares a region with, or a linked one; who coordinates a region, its closed ones too."""

    serializer_class = OrganisationSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"kind", "region", "is_active", "vacant"})

    def get_queryset(self) -> Any:
        seen = Region.objects.visible_to(self.acting).order_by("name")
        # An attribute of its own: rules ask `regions` for all of them, whoever sees which.
        found = region_queries.organisations(self.acting).prefetch_related(Prefetch("regions", seen, to_attr="seen_regions"))
        return found.order_by("name")

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str, enum=Organisation.Kind.values),
            OpenApiParameter("region", OpenApiTypes.UUID),
            OpenApiParameter("vacant", bool, description="true: those that nobody has joined yet, for who coordinates their region"),
            OpenApiParameter("is_active", bool, description="false: those that are closed, for who coordinates their region"),
        ]
    )
    def list(self, request: Request) -> Response:
        """By name."""
        found = self.get_queryset().filter(is_active=read_choice(request, "is_active", ["true", "false"], "true") == "true")
        if kind := read_choice(request, "kind", Organisation.Kind.values):
            found = found.filter(kind=kind)
        if region := read_uuid(request, "region"):
            found = found.filter(region_memberships__region__in=Region.objects.visible_to(self.acting).filter(pk=region))
        if read_flag(request, "vacant"):
            found = region_queries.vacant(self.acting, found)
        if search := request.query_params.get("search"):
            found = found.filter(name__icontains=search)
        return listed_all(self, found)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self.get_object().pk)

    @extend_schema(request=OrganisationInput, responses={201: OrganisationSerializer})
    def create(self, request: Request) -> Response:
        """Sets up an organisation in a region that you coordinate, without people. For people alone."""
        if (again := self.repeated()) is not None:
            return again
        self.acting.require("organisation.invite")
        said = dict(self.read_input(OrganisationInput))
        region = find_coordinated(self.acting, "organisation.invite", said.pop("region"))
        return self._shown(actions.set_up_organisation(self.acting, region, **said).pk, status=201)

    @extend_schema(request=RemoveInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, pk: str) -> Response:
        """Out of a region that you coordinate: it loses sight of what the region shares. Asks a person for a second factor."""
        if (again := self.repeated()) is not None:
            return again
        organisation = self.get_object()
        home_of(self.acting, "organisation.invite", organisation)
        region = find_coordinated(self.acting, "organisation.invite", self.read_input(RemoveInput)["region"])
        actions.remove_from_region(self.acting, region, get_object_or_404(region.organisations, pk=organisation.pk))
        return Response(status=204)

    @extend_schema(request=None, responses=OrganisationSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Nobody acts for it any more. Only where you coordinate each of its regions; asks a person for a second factor."""
        return self._set_open(actions.close_organisation)

    @extend_schema(request=None, responses=OrganisationSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Its people act for it again. As `close`."""
        return self._set_open(actions.reopen_organisation)

    @extend_schema(request=FirstAdministratorInput, responses={201: FirstAdministratorSerializer})
    @action(detail=True, methods=["post"], url_path="first-administrator")
    def first_administrator(self, request: Request, pk: str) -> Response:
        """Invites by mail who begins the organisation. 409 where it has, or had, people; asks a person for a second factor."""
        if (again := self.repeated()) is not None:
            return again
        organisation = self.get_object()
        region = home_of(self.acting, "organisation.invite", organisation)
        said = self.read_input(FirstAdministratorInput)
        invitation = actions.invite_first_administrator(self.acting, region, organisation, **said)
        return Response(FirstAdministratorSerializer(invitation).data, status=201)

    def _set_open(self, verb: Callable[[Acting, Organisation], None]) -> Response:
        if (again := self.repeated()) is not None:
            return again
        organisation = self.get_object()
        home_of(self.acting, "organisation.invite", organisation)
        verb(self.acting, organisation)
        return self._shown(organisation.pk)

    def _shown(self, pk: UUID, *, status: int = 200) -> Response:
        return self.tagged(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=status)
