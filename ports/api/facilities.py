"""`/api/v1/port-facilities/`."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ports import actions
from ports.models import CargoType, PortFacility
from ports.queries.facilities import facilities
from portsec.access.api import OrganisationName
from portsec.api import ActingViewSet, StrictSerializer, listed_all, read_flag, read_uuid


class FacilitySerializer(serializers.ModelSerializer[PortFacility]):
    port = OrganisationName(source="owner")
    cargo_types = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = PortFacility
        fields = ("id", "port", "name", "imo_number", "cargo_types", "plan_approved_on", "attain_hours", "is_active", "version")


class FacilityInput(StrictSerializer, serializers.ModelSerializer[PortFacility]):
    """The rules of each field stand on the model. `region` only where the port is in several."""

    cargo_types = serializers.ListField(child=serializers.ChoiceField(choices=CargoType.choices), required=False, max_length=len(CargoType))
    region = serializers.UUIDField(required=False)

    class Meta:
        model = PortFacility
        fields = ("name", "imo_number", "cargo_types", "plan_approved_on", "attain_hours", "region")


class FacilityChange(FacilityInput):
    region = None  # type: ignore[assignment]  # a facility stays in the region that it was added to

    class Meta(FacilityInput.Meta):
        fields = ("name", "imo_number", "cargo_types", "plan_approved_on", "attain_hours")  # type: ignore[assignment]


class FacilityViewSet(ActingViewSet):
    """Port facilities of the acting port and of the ports that share their list with it."""

    serializer_class = FacilitySerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"port", "is_active"})

    def get_queryset(self) -> Any:
        return facilities(self.acting)

    def list(self, request: Request) -> Response:
        """By IMO number. `port`: of one port; `is_active`: true or false."""
        active = read_flag(request, "is_active") if "is_active" in request.query_params else None
        return listed_all(self, facilities(self.acting, read_uuid(request, "port"), active=active))

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self.get_object())

    @extend_schema(request=FacilityInput, responses={201: FacilitySerializer})
    def create(self, request: Request) -> Response:
        """Adds a facility of the acting port."""
        if (again := self.repeated()) is not None:
            return again
        return self._shown(actions.add_facility(self.acting, **self.read_input(FacilityInput)), status=201)

    @extend_schema(request=FacilityChange, responses=FacilitySerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        facility = get_object_or_404(self.get_queryset(), pk=pk)
        self.check_match(self.get_serializer(facility).data)
        changes = self.read_input(FacilityChange, instance=facility, partial=True)
        return self._shown(actions.edit_facility(self.acting, facility, **changes))

    @extend_schema(request=None, responses=FacilitySerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """No clock starts for it any more; its history stays."""
        if (again := self.repeated()) is not None:
            return again
        return self._shown(actions.close_facility(self.acting, self.get_object()))

    def _shown(self, facility: PortFacility, *, status: int = 200) -> Response:
        return self.tagged(self.get_serializer(facility).data, status=status)
