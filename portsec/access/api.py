"""Who am I, and whom do I share a region with."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access.acting import Acting
from portsec.access.authentication import active_memberships
from portsec.access.models import Audience, Membership, Organisation, Region
from portsec.api import ActingViewSet, StrictSerializer, listed_all, read_choice, read_uuid


class OrganisationName(serializers.ModelSerializer[Organisation]):
    class Meta:
        model = Organisation
        fields = ("id", "name")


class RegionName(serializers.ModelSerializer[Region]):
    class Meta:
        model = Region
        fields = ("id", "name")


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    regions = RegionName(many=True, read_only=True)

    class Meta:
        model = Organisation
        fields = ("id", "name", "kind", "time_zone", "regions")


class RegionSerializer(serializers.ModelSerializer[Region]):
    linked = RegionName(many=True, read_only=True)

    class Meta:
        model = Region
        fields = ("id", "name", "linked")


class AudienceInput(StrictSerializer):
    """`{"kind", "region"?, "organisations"?}`: who shall know."""

    kind = serializers.ChoiceField(choices=Audience.Kind.choices)
    region = serializers.UUIDField(required=False, allow_null=True)
    organisations = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    organisation = OrganisationName()

    class Meta:
        model = Membership
        fields = ("organisation", "role")


class MeSerializer(serializers.Serializer[Acting]):
    id = serializers.UUIDField(source="user.pk")
    kind = serializers.SerializerMethodField()
    name = serializers.CharField(source="user.name")
    email = serializers.SerializerMethodField()
    organisation = OrganisationSerializer()
    role = serializers.CharField()
    scopes = serializers.SerializerMethodField()
    second_factor_at = serializers.DateTimeField()
    memberships = serializers.SerializerMethodField()

    def get_kind(self, acting: Acting) -> str:
        return "service" if acting.is_service else "user"

    def get_email(self, acting: Acting) -> str | None:
        return None if acting.is_service else acting.user.email

    def get_scopes(self, acting: Acting) -> list[str] | None:
        return sorted(acting.scopes) if acting.scopes is not None else None

    def get_memberships(self, acting: Acting) -> list[dict[str, Any]]:
        held = [] if acting.is_service else active_memberships(acting.user)
        listed: list[dict[str, Any]] = MembershipSerializer(held, many=True).data  # type: ignore[assignment]
        return listed


class MeViewSet(ActingViewSet):
    serializer_class = MeSerializer
    never_blocked: ClassVar[frozenset[str]] = frozenset({"show"})

    @extend_schema(responses=MeSerializer)
    def show(self, request: Request) -> Response:
        """Who am I: user or service, acting organisation, role, scopes, other memberships."""
        return self.tagged(self.get_serializer(self.acting).data)


class RegionViewSet(ActingViewSet):
    serializer_class = RegionSerializer

    def get_queryset(self) -> Any:
        return Region.objects.visible_to(self.acting).prefetch_related("linked").order_by("name")

    def list(self, request: Request) -> Response:
        return listed_all(self, self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.tagged(self.get_serializer(self.get_object()).data)


class OrganisationViewSet(ActingViewSet):
    serializer_class = OrganisationSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"kind", "region"})

    def get_queryset(self) -> Any:
        return Organisation.objects.visible_to(self.acting).prefetch_related("regions").order_by("name")

    def list(self, request: Request) -> Response:
        found = self.get_queryset()
        if kind := read_choice(request, "kind", Organisation.Kind.values):
            found = found.filter(kind=kind)
        if region := read_uuid(request, "region"):
            found = found.filter(region_memberships__region__in=Region.objects.visible_to(self.acting).filter(pk=region))
        if search := request.query_params.get("search"):
            found = found.filter(name__icontains=search)
        return listed_all(self, found)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.tagged(self.get_serializer(self.get_object()).data)
