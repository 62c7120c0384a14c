"""`/api/v1/ports/`."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ports import actions
from ports.models import CargoType, PortDescription, PortProfile
from ports.queries import port_levels
from ports.queries.profile import descriptions
from portsec.access.acting import NotAllowedError
from portsec.access.coordination import find_coordinated
from portsec.access.text import no_control_characters
from portsec.api import ActingViewSet, StrictSerializer, listed_all


class PortSerializer(serializers.ModelSerializer[PortProfile]):
    id = serializers.UUIDField(source="organisation_id")
    name = serializers.CharField(source="organisation.name")
    time_zone = serializers.CharField(source="organisation.time_zone")
    level = serializers.SerializerMethodField()
    cargo_types = serializers.SerializerMethodField()
    layout_notes = serializers.SerializerMethodField()

    class Meta:
        model = PortProfile
        fields = ("id", "name", "unlocode", "latitude", "longitude", "time_zone", "level", "cargo_types", "layout_notes")

    def get_level(self, port: PortProfile) -> int:
        return int(self.context["levels"][port.pk])

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=CargoType.choices), allow_null=True))
    def get_cargo_types(self, port: PortProfile) -> Any:
        """Null where the port has told nothing, or nothing that the acting organisation may read."""
        told = self._description(port)
        return told.cargo_types if told else None

    def get_layout_notes(self, port: PortProfile) -> str | None:
        told = self._description(port)
        return told.layout_notes if told else None

    def _description(self, port: PortProfile) -> PortDescription | None:
        found: PortDescription | None = self.context["descriptions"].get(port.pk)
        return found


class PortInput(StrictSerializer):
    """Any of the fields. `region` only where the port is in several, and the first time: who may read cargo and layout."""

    unlocode = serializers.CharField(required=False, max_length=5)
    latitude = serializers.FloatField(required=False)
    longitude = serializers.FloatField(required=False)
    time_zone = serializers.CharField(required=False, max_length=64)
    cargo_types = serializers.ListField(child=serializers.ChoiceField(choices=CargoType.choices), required=False, max_length=len(CargoType))
    layout_notes = serializers.CharField(required=False, allow_blank=True, max_length=4000, validators=[no_control_characters])
    region = serializers.UUIDField(required=False)


class NewPort(StrictSerializer):
    """In the words of a line of a file of ports."""

    region = serializers.UUIDField(help_text="One that your coordination body coordinates.")
    name = serializers.CharField(allow_blank=True)
    unlocode = serializers.CharField(allow_blank=True)
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    time_zone = serializers.CharField()


class PortViewSet(ActingViewSet):
    """Ports that share a region with the acting organisation, or are in a linked one, in the coast's order."""

    serializer_class = PortSerializer

    def get_queryset(self) -> Any:
        return PortProfile.objects.visible_to(self.acting).select_related("organisation")

    def get_serializer_context(self) -> dict[str, Any]:
        levels = {} if getattr(self, "swagger_fake_view", False) else {one.port.pk: one.level for one in port_levels(self.acting)}
        told = {} if getattr(self, "swagger_fake_view", False) else descriptions(self.acting)
        return {**super().get_serializer_context(), "levels": levels, "descriptions": told}

    def list(self, request: Request) -> Response:
        found = self.get_queryset()
        if search := request.query_params.get("search"):
            found = found.filter(organisation__name__icontains=search) | found.filter(unlocode__iexact=search)
        return listed_all(self, found)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.tagged(self.get_serializer(self.get_object()).data)

    @extend_schema(request=NewPort, responses={201: PortSerializer})
    def create(self, request: Request) -> Response:
        """Adds one port to a region that you coordinate, without people; many at once: `/api/v1/port-imports/`. For people alone."""
        if (again := self.repeated()) is not None:
            return again
        self.acting.require("port.import")
        said = dict(self.read_input(NewPort))
        region = find_coordinated(self.acting, "port.import", said.pop("region"))
        place = {name: str(said.pop(name)) for name in ("latitude", "longitude")}
        added = actions.add_port(self.acting, region, **said, **place)
        return self.tagged(self.get_serializer(self.get_queryset().get(pk=added.pk)).data, status=201)

    @extend_schema(request=PortInput, responses=PortSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes your own port's profile. A position that cannot be and a UN/LOCODE that is taken are refused."""
        port = self.get_object()
        self.acting.require("profile.keep")
        if port.pk != self.acting.organisation.pk:
            raise NotAllowedError(f"Only {port.organisation.name} may change its profile.", code="not_owner")
        self.check_match(self.get_serializer(port).data)
        kept = actions.keep_profile(self.acting, **self.read_input(PortInput))
        return self.tagged(self.get_serializer(kept).data)
