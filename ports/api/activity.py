"""`/api/v1/port-activity/`."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ports import actions
from ports.actions.activity import CONTENT
from ports.api.contact_serializers import AudienceName
from ports.models import PortActivity
from ports.queries.profile import activities
from portsec.access.api import AudienceInput, OrganisationName
from portsec.access.audiences import AudienceWish
from portsec.api import ActingViewSet, StrictSerializer, listed, read_uuid
from portsec.problems import Fault, Refused


class PortActivitySerializer(serializers.ModelSerializer[PortActivity]):
    """A figure that is null was not reported. It is never to be read as 0."""

    port = OrganisationName(source="owner")
    audience = AudienceName()
    recorded_by = serializers.CharField(source="recorded_by.short_name", default=None)

    class Meta:
        model = PortActivity
        fields = ("id", "port", *CONTENT, "audience", "recorded_by", "recorded_at", "version")


class PortActivityInput(StrictSerializer, serializers.ModelSerializer[PortActivity]):
    """The rules of each figure stand on the model. `audience` is of kind own or region; left out, the region may read it."""

    audience = AudienceInput(required=False)

    class Meta:
        model = PortActivity
        fields = (*CONTENT, "audience")


class PortActivityViewSet(ActingViewSet):
    """What passed through ports, year by year: ship calls, tonnes, TEU, passengers."""

    serializer_class = PortActivitySerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"port", "year"})

    def get_queryset(self) -> Any:
        return activities(self.acting)

    @extend_schema(parameters=[OpenApiParameter("port", OpenApiTypes.UUID), OpenApiParameter("year", int)])
    def list(self, request: Request) -> Response:
        """Last recorded first. `port`: of one port; `year`: of one year."""
        found = activities(self.acting, read_uuid(request, "port"))
        if (year := read_year(request)) is not None:
            found = found.filter(year=year)
        return listed(self, found, by="recorded_at")

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self.get_object())

    @extend_schema(request=PortActivityInput, responses={201: PortActivitySerializer})
    def create(self, request: Request) -> Response:
        """Records a year of your port. A year that is on record is refused with the address of what to correct instead."""
        if (again := self.repeated()) is not None:
            return again
        data = dict(self.read_input(PortActivityInput))
        wish = wish_of(data.pop("audience", None)) or AudienceWish("region")
        return self._shown(actions.record_activity(self.acting, wish=wish, **data), status=201)

    @extend_schema(request=PortActivityInput, responses=PortActivitySerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Corrects a year; null takes a figure back, `audience` changes who reads it from now on."""
        activity = get_object_or_404(self.get_queryset(), pk=pk)
        self.acting.require("profile.keep")
        self.check_match(self._data_of(activity))
        data = dict(self.read_input(PortActivityInput, instance=activity, partial=True))
        wish = wish_of(data.pop("audience", None))
        return self._shown(actions.edit_activity(self.acting, activity, wish=wish, **data))

    def _shown(self, activity: PortActivity, *, status: int = 200) -> Response:
        return self.tagged(self._data_of(activity), status=status)

    def _data_of(self, activity: PortActivity) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=activity.pk)).data


def wish_of(asked: Any) -> AudienceWish | None:
    return AudienceWish(asked["kind"], asked.get("region"), tuple(asked.get("organisations", ()))) if asked else None


def read_year(request: Request) -> int | None:
    text = request.query_params.get("year")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise Refused(Fault("year", _("Give a year, as 2025."), "invalid"))
    return int(text)
