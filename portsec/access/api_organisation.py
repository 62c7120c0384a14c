"""An organisation's own people and service tokens, to read. They are changed by people, in a browser (docs/api.md)."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access import queries
from portsec.access.models import Membership, ServiceToken
from portsec.access.roles import Role
from portsec.api import ActingViewSet, listed_all, read_choice


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """No address: a program has no need of one."""

    name = serializers.CharField(source="user.name")

    class Meta:
        model = Membership
        fields = ("id", "name", "role", "is_active")


class MemberViewSet(ActingViewSet):
    serializer_class = MemberSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"role", "is_active"})

    def get_queryset(self) -> Any:
        return queries.members(self.acting)

    def list(self, request: Request) -> Response:
        """The acting organisation's people, by name; those who have left are kept as inactive."""
        found = self.get_queryset()
        if role := read_choice(request, "role", Role.values):
            found = found.filter(role=role)
        if is_active := read_choice(request, "is_active", ["true", "false"]):
            found = found.filter(is_active=is_active == "true")
        if search := request.query_params.get("search"):
            found = found.filter(user__name__icontains=search)
        return listed_all(self, found)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.tagged(self.get_serializer(self.get_object()).data)


class ServiceTokenSerializer(serializers.ModelSerializer[ServiceToken]):
    """Never the secret, nor a part of it."""

    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)
    created_by = serializers.CharField(source="created_by.name", default=None)

    class Meta:
        model = ServiceToken
        fields = ("id", "name", "scopes", "networks", "created_at", "created_by", "expires_at", "last_used_at", "replaced_at")


class ServiceTokenViewSet(ActingViewSet):
    serializer_class = ServiceTokenSerializer
    verb_to_read = "token.manage"

    def get_queryset(self) -> Any:
        return queries.tokens(self.acting)

    def list(self, request: Request) -> Response:
        """The acting organisation's service tokens, for those who manage them: a person, never a token."""
        return listed_all(self, self.get_queryset())
