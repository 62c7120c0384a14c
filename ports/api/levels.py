"""`/api/v1/security-levels/`."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ports.models import SecurityLevelChange
from portsec.access.api import OrganisationName
from portsec.api import ActingViewSet, listed


class SecurityLevelSerializer(serializers.ModelSerializer[SecurityLevelChange]):
    organisation = OrganisationName(source="owner")
    set_by = serializers.CharField(source="set_by.short_name", default=None)

    class Meta:
        model = SecurityLevelChange
        fields = ("id", "organisation", "level", "reason", "effective_at", "expected_until", "set_by")


class SecurityLevelViewSet(ActingViewSet):
    """Changes of security levels, newest first."""

    serializer_class = SecurityLevelSerializer
    parameters: ClassVar[frozenset[str]] = frozenset()

    def get_queryset(self) -> Any:
        return SecurityLevelChange.objects.visible_to(self.acting).select_related("owner", "set_by")

    def list(self, request: Request) -> Response:
        return listed(self, self.get_queryset(), by="effective_at")

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.tagged(self.get_serializer(self.get_object()).data)
