"""`/api/v1/planned-levels/`: levels that take effect later."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ports import actions
from ports.api.levels import FacilityName
from ports.models import LevelScope, PlannedLevel, SecurityLevel
from ports.queries.plans import plans
from portsec.access.api import OrganisationName, RegionName
from portsec.api import ActingViewSet, StrictSerializer, listed, read_choice, read_uuid


class PlannedLevelSerializer(serializers.ModelSerializer[PlannedLevel]):
    """`change` is the security level that it became; `note` says why it was cancelled or could not take effect."""

    organisation = OrganisationName(source="owner")
    region = RegionName()
    facility = FacilityName()
    set_by = serializers.CharField(source="set_by.short_name", default=None)

    class Meta:
        model = PlannedLevel
        fields = (
            "id", "organisation", "scope", "region", "facility", "operation", "level", "reason", "authority", "effective_at",
            "expected_until", "set_by", "planned_at", "state", "closed_at", "note", "change",
        )  # fmt: skip


class PlannedLevelInput(StrictSerializer, serializers.ModelSerializer[PlannedLevel]):
    scope = serializers.ChoiceField(choices=LevelScope.choices, required=False)
    region = serializers.UUIDField(required=False, allow_null=True)
    facility = serializers.UUIDField(required=False, allow_null=True)
    level = serializers.ChoiceField(choices=SecurityLevel.choices)

    class Meta:
        model = PlannedLevel
        fields = ("scope", "region", "facility", "operation", "level", "reason", "authority", "effective_at", "expected_until")


class CancelPlanInput(StrictSerializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class PlannedLevelViewSet(ActingViewSet):
    """Levels that were planned: what is still to come, and what became of the rest."""

    serializer_class = PlannedLevelSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"port", "state"})

    def get_queryset(self) -> Any:
        return plans(self.acting)

    def list(self, request: Request) -> Response:
        """Last planned first. `port`: of one organisation; `state`: planned, effective, cancelled or lapsed."""
        found = self.get_queryset()
        if (port := read_uuid(request, "port")) is not None:
            found = found.filter(owner=port)
        if state := read_choice(request, "state", PlannedLevel.State.values):
            found = found.filter(state=state)
        return listed(self, found, by="planned_at")

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self.get_object())

    @extend_schema(request=PlannedLevelInput, responses={201: PlannedLevelSerializer})
    def create(self, request: Request) -> Response:
        """Plans a level of your port or region for an instant at most 14 days ahead."""
        if (again := self.repeated()) is not None:
            return again
        data = dict(self.read_input(PlannedLevelInput))
        data["at"], data["until"] = data.pop("effective_at"), data.pop("expected_until", None)
        return self._shown(actions.plan_security_level(self.acting, **data), status=201)

    @extend_schema(request=CancelPlanInput, responses=PlannedLevelSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """It does not take effect. 409 where it has already."""
        if (again := self.repeated()) is not None:
            return again
        plan = self.get_object()
        actions.cancel_plan(self.acting, plan, **self.read_input(CancelPlanInput))
        return self._shown(plan)

    def _shown(self, plan: PlannedLevel, *, status: int = 200) -> Response:
        return self.tagged(self.get_serializer(self.get_queryset().get(pk=plan.pk)).data, status=status)
