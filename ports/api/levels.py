"""`/api/v1/security-levels/` and its verbs."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ports import actions
from ports.models import LevelAttainment, LevelScope, PortFacility, SecurityLevel, SecurityLevelChange
from ports.queries.attainment import clocks
from portsec.access.api import OrganisationName, RegionName
from portsec.api import ActingViewSet, StrictSerializer, listed, read_choice, read_flag, read_uuid


class FacilityName(serializers.ModelSerializer[PortFacility]):
    class Meta:
        model = PortFacility
        fields = ("id", "name", "imo_number")


class SecurityLevelSerializer(serializers.ModelSerializer[SecurityLevelChange]):
    organisation = OrganisationName(source="owner")
    region = RegionName()
    facility = FacilityName()
    set_by = serializers.CharField(source="set_by.short_name", default=None)
    previous_level = serializers.IntegerField(allow_null=True)
    in_force = serializers.SerializerMethodField()

    class Meta:
        model = SecurityLevelChange
        fields = (
            "id", "organisation", "scope", "region", "facility", "operation", "level", "previous_level", "reason", "authority",
            "effective_at", "expected_until", "set_by", "replaces", "in_force",
        )  # fmt: skip

    def get_in_force(self, change: SecurityLevelChange) -> bool:
        return not hasattr(change, "replaced_by")


class AttainmentSerializer(serializers.ModelSerializer[LevelAttainment]):
    port = OrganisationName()
    facility = FacilityName()
    acknowledged_by = serializers.CharField(source="acknowledged_by.short_name", default=None)
    attained_by = serializers.CharField(source="attained_by.short_name", default=None)

    class Meta:
        model = LevelAttainment
        fields = ("port", "facility", "due_at", "acknowledged_at", "acknowledged_by", "attained_at", "attained_by", "remark")


class SecurityLevelDetailSerializer(SecurityLevelSerializer):
    attainments = serializers.SerializerMethodField()

    class Meta(SecurityLevelSerializer.Meta):
        fields = (*SecurityLevelSerializer.Meta.fields, "attainments")  # type: ignore[assignment]

    @extend_schema_field(AttainmentSerializer(many=True))
    def get_attainments(self, change: SecurityLevelChange) -> Any:
        return AttainmentSerializer(clocks(self.context["view"].acting, change), many=True).data


class SecurityLevelInput(StrictSerializer, serializers.ModelSerializer[SecurityLevelChange]):
    """`replaces`: the change in force that you read, null where you saw none; left out, nobody is asked whether another came."""

    scope = serializers.ChoiceField(choices=LevelScope.choices, required=False)
    region = serializers.UUIDField(required=False, allow_null=True)
    facility = serializers.UUIDField(required=False, allow_null=True)
    level = serializers.ChoiceField(choices=SecurityLevel.choices)
    replaces = serializers.UUIDField(required=False, allow_null=True)

    class Meta:
        model = SecurityLevelChange
        fields = ("scope", "region", "facility", "operation", "level", "reason", "authority", "expected_until", "replaces")


class LevelAnswerInput(StrictSerializer):
    """For which of the port's facilities; left out, for all that wait."""

    facilities = serializers.ListField(child=serializers.UUIDField(), required=False, allow_empty=False, max_length=500)
    remark = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class SecurityLevelViewSet(ActingViewSet):
    """Changes of security levels, newest first."""

    serializer_class = SecurityLevelSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"port", "scope", "in_force"})
    never_blocked: ClassVar[frozenset[str]] = frozenset({"list", "retrieve", "acknowledge", "attain"})

    def get_queryset(self) -> Any:
        people = ("owner", "set_by", "region", "facility", "replaced_by")
        return SecurityLevelChange.objects.visible_to(self.acting).select_related(*people)

    def list(self, request: Request) -> Response:
        """`port`: what that organisation set; `scope`: region, port, facility or operation; `in_force`: true for what holds."""
        found = self.get_queryset()
        if (port := read_uuid(request, "port")) is not None:
            found = found.filter(owner=port)
        if scope := read_choice(request, "scope", LevelScope.values):
            found = found.filter(scope=scope)
        if "in_force" in request.query_params:
            found = found.filter(replaced_by__isnull=read_flag(request, "in_force"))
        return listed(self, found, by="effective_at")

    @extend_schema(responses=SecurityLevelDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """With the clocks of the facilities, as far as they are yours or you set the level."""
        return self._shown(self.get_object())

    @extend_schema(request=SecurityLevelInput, responses={201: SecurityLevelDetailSerializer})
    def create(self, request: Request) -> Response:
        """Sets a level from now on and tells the region. 409 names the change that came first."""
        if (again := self.repeated()) is not None:
            return again
        data = self.read_input(SecurityLevelInput)
        if "replaces" in data:
            data["replaces"] = [one for one in [data["replaces"]] if one]
        if "expected_until" in data:
            data["until"] = data.pop("expected_until")
        return self._shown(actions.set_security_level(self.acting, **data), status=201)

    @extend_schema(request=LevelAnswerInput, responses=SecurityLevelDetailSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Your port has taken the notice, for its facilities."""
        return self._answered(actions.acknowledge_level)

    @extend_schema(request=LevelAnswerInput, responses=SecurityLevelDetailSerializer)
    @action(detail=True, methods=["post"])
    def attain(self, request: Request, pk: str) -> Response:
        """The level's measures are in place at your facilities."""
        return self._answered(actions.attain_level)

    def _answered(self, verb: Any) -> Response:
        if (again := self.repeated()) is not None:
            return again
        change = self.get_object()
        verb(self.acting, change, **self.read_input(LevelAnswerInput))
        return self._shown(change)

    def _shown(self, change: SecurityLevelChange, *, status: int = 200) -> Response:
        shown = self.get_queryset().get(pk=change.pk)
        return self.tagged(SecurityLevelDetailSerializer(shown, context=self.get_serializer_context()).data, status=status)
