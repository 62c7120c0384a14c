"""`/api/v1/communications-checks/`: read by programs, started by people."""

from datetime import timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access.api import OrganisationName, RegionName
from portsec.access.models import Region
from portsec.api import ActingViewSet, StrictSerializer, listed_all
from portsec.delivery.checks import Row, result_of, start_check
from portsec.delivery.models import CommunicationsCheck


class CheckedContactSerializer(serializers.Serializer[Row]):
    """`seconds`: after how long it confirmed. `contact` and `address` are null for all but its own organisation."""

    organisation = OrganisationName(source="checked.organisation")
    place = serializers.IntegerField(source="checked.place")
    channel = serializers.CharField(source="checked.dispatch.channel")
    state = serializers.CharField(source="checked.dispatch.state")
    reason = serializers.CharField(source="checked.dispatch.reason")
    confirmed_at = serializers.DateTimeField(source="checked.confirmed_at")
    seconds = serializers.IntegerField(allow_null=True)
    contact = serializers.CharField(source="endpoint.label", default=None)
    address = serializers.CharField(source="endpoint.address", default=None)


class CommunicationsCheckSerializer(serializers.ModelSerializer[CommunicationsCheck]):
    organisation = OrganisationName()
    region = RegionName(allow_null=True)
    started_by = serializers.CharField(source="started_by.short_name", default=None)

    class Meta:
        model = CommunicationsCheck
        fields: tuple[str, ...] = (
            "id",
            "organisation",
            "region",
            "is_drill",
            "remark",
            "started_at",
            "started_by",
            "ends_at",
            "is_running",
        )


class CommunicationsCheckDetail(CommunicationsCheckSerializer):
    contacts = CheckedContactSerializer(many=True, source="contacts_shown")

    class Meta(CommunicationsCheckSerializer.Meta):
        fields = (*CommunicationsCheckSerializer.Meta.fields, "contacts")


class CheckInput(StrictSerializer):
    """Without a `region` it is of one's own contacts: `organisations` names one's own organisation."""

    region = serializers.UUIDField(required=False, allow_null=True)
    organisations = serializers.ListField(child=serializers.UUIDField(), max_length=500)
    lasts = serializers.IntegerField(min_value=0, max_value=1_000_000, default=3600, help_text="Seconds, from 10 minutes to 24 hours.")
    is_drill = serializers.BooleanField(default=False)
    remark = serializers.CharField(max_length=300, allow_blank=True, default="")


class CommunicationsCheckViewSet(ActingViewSet):
    """The checks that the acting organisation started, and those in which its contacts were asked."""

    serializer_class = CommunicationsCheckSerializer

    def get_queryset(self) -> Any:
        related = ("organisation", "region", "started_by")
        return CommunicationsCheck.objects.visible_to(self.acting).select_related(*related).order_by("-started_at", "-pk")

    def list(self, request: Request) -> Response:
        """Newest first."""
        return listed_all(self, self.get_queryset())

    @extend_schema(responses=CommunicationsCheckDetail)
    def retrieve(self, request: Request, pk: str) -> Response:
        """With each contact that was asked; an organisation that was asked sees its own."""
        return self._shown(self.get_object())

    @extend_schema(request=CheckInput, responses={201: CommunicationsCheckDetail})
    def create(self, request: Request) -> Response:
        """Sends to every contact of the chosen organisations. 409 while one of yours is running."""
        if (again := self.repeated()) is not None:
            return again
        said = dict(self.read_input(CheckInput))
        pk, lasts = said.pop("region", None), timedelta(seconds=said.pop("lasts"))
        mine = Region.objects.filter(memberships__organisation=self.acting.organisation)
        region = get_object_or_404(mine, pk=pk) if pk else None
        return self._shown(start_check(self.acting, region=region, lasts=lasts, **said), status=201)

    def _shown(self, check: CommunicationsCheck, *, status: int = 200) -> Response:
        check.contacts_shown = result_of(self.acting, check).rows  # type: ignore[attr-defined]
        return self.tagged(CommunicationsCheckDetail(check).data, status=status)
