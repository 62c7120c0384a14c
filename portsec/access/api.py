"""Who am I, and how regions and organisations are named in every answer."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access.acting import Acting
from portsec.access.authentication import active_memberships
from portsec.access.models import Audience, Membership, Organisation, Region
from portsec.api import ActingViewSet, StrictSerializer


class OrganisationName(serializers.ModelSerializer[Organisation]):
    class Meta:
        model = Organisation
        fields = ("id", "name")


class RegionName(serializers.ModelSerializer[Region]):
    class Meta:
        model = Region
        fields = ("id", "name")


class OwnOrganisationSerializer(serializers.ModelSerializer[Organisation]):
    regions = RegionName(many=True, read_only=True)

    class Meta:
        model = Organisation
        fields = ("id", "name", "kind", "time_zone", "regions", "is_active")


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
    organisation = OwnOrganisationSerializer()
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
