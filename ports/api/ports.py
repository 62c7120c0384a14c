"""`/api/v1/ports/`."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ports.models import PortProfile
from ports.queries import port_levels
from portsec.api import ActingViewSet, listed_all


class PortSerializer(serializers.ModelSerializer[PortProfile]):
    id = serializers.UUIDField(source="organisation_id")
    name = serializers.CharField(source="organisation.name")
    time_zone = serializers.CharField(source="organisation.time_zone")
    level = serializers.SerializerMethodField()

    class Meta:
        model = PortProfile
        fields = ("id", "name", "unlocode", "latitude", "longitude", "time_zone", "level")

    def get_level(self, port: PortProfile) -> int:
        return int(self.context["levels"][port.pk])


class PortViewSet(ActingViewSet):
    """Ports that share a region with the acting organisation, or are in a linked one, in the coast's order."""

    serializer_class = PortSerializer

    def get_queryset(self) -> Any:
        return PortProfile.objects.visible_to(self.acting).select_related("organisation")

    def get_serializer_context(self) -> dict[str, Any]:
        levels = {} if getattr(self, "swagger_fake_view", False) else {one.port.pk: one.level for one in port_levels(self.acting)}
        return {**super().get_serializer_context(), "levels": levels}

    def list(self, request: Request) -> Response:
        found = self.get_queryset()
        if search := request.query_params.get("search"):
            found = found.filter(organisation__name__icontains=search) | found.filter(unlocode__iexact=search)
        return listed_all(self, found)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.tagged(self.get_serializer(self.get_object()).data)
