"""`/api/v1/contact-points/` and its verbs."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ports import actions
from ports.api.contact_serializers import ContactPointEdit, ContactPointInput, ContactPointSerializer, PlaceInput
from ports.models import ContactPoint, Situation
from ports.queries import contacts as queries
from portsec.access.audiences import AudienceWish
from portsec.api import ActingViewSet, listed, read_choice, read_flag, read_uuid
from portsec.journal.api import HistorySerializer, history_of
from portsec.problems import Fault, Refused

FILTERS = [
    OpenApiParameter("organisation", OpenApiTypes.UUID),
    OpenApiParameter("situation", str, enum=Situation.values),
    OpenApiParameter("reachable_at", OpenApiTypes.DATETIME, description="Only those that answer at this instant, on their own clock."),
    OpenApiParameter("stale", bool, description="Not verified for 90 days, or never."),
]


class ContactPointViewSet(ActingViewSet):
    """Whom to call: the contact points that are shared with the acting organisation."""

    serializer_class = ContactPointSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"organisation", "situation", "reachable_at", "stale"})

    def get_queryset(self) -> Any:
        return queries.readable(self.acting)

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request) -> Response:
        """Newest first; retired ones are left out, and stay readable by their id."""
        found = self.get_queryset().filter(is_active=True)
        if organisation := read_uuid(request, "organisation"):
            found = found.filter(owner=organisation)
        if situation := read_choice(request, "situation", Situation.values):
            found = found.filter(situations__contains=[situation])
        if (at := read_instant(request, "reachable_at")) is not None:
            found = queries.reachable_at(found, at)
        if "stale" in request.query_params:
            found = queries.stale(found, timezone.now(), wanted=read_flag(request, "stale"))
        if search := request.query_params.get("search"):
            found = queries.matching(found, search)
        return listed(self, found, by="created_at")

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self.get_object())

    @extend_schema(request=ContactPointInput, responses={201: ContactPointSerializer})
    def create(self, request: Request) -> Response:
        """Without an `audience` the own region may know of it."""
        if (again := self.repeated()) is not None:
            return again
        data = dict(self.read_input(ContactPointInput))
        wish = data.pop("audience", None) or {"kind": "region"}
        asked = AudienceWish(wish["kind"], wish.get("region"), tuple(wish.get("organisations", ())))
        return self._shown(actions.add_contact_point(self.acting, wish=asked, **data), status=201)

    @extend_schema(request=ContactPointEdit, responses=ContactPointSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes any of the content. A changed number or address counts as not verified."""
        contact = self.get_object()
        self.acting.require("contact.manage")
        self.check_match(self._data_of(contact))
        changes = self.read_input(ContactPointEdit, instance=contact, partial=True)
        return self._shown(actions.edit_contact_point(self.acting, contact, **changes))

    @extend_schema(request=None, responses=ContactPointSerializer)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, pk: str) -> Response:
        """It was tried today, and answered."""
        if (again := self.repeated()) is not None:
            return again
        return self._shown(actions.verify_contact_point(self.acting, self.get_object()))

    @extend_schema(request=None, responses=ContactPointSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """Nobody is sent to it any more. It stays readable, with its history."""
        if (again := self.repeated()) is not None:
            return again
        return self._shown(actions.retire_contact_point(self.acting, self.get_object()))

    @extend_schema(request=PlaceInput, responses=ContactPointSerializer)
    @action(detail=True, methods=["post"])
    def reorder(self, request: Request, pk: str) -> Response:
        """Puts it at a place, counted from 1, in the order in which the organisation is called."""
        if (again := self.repeated()) is not None:
            return again
        contact = self.get_object()
        actions.reorder(self.acting, contact, place=self.read_input(PlaceInput)["place"])
        return self._shown(contact)

    @extend_schema(responses=HistorySerializer(many=True))
    @action(detail=True, methods=["get"])
    def history(self, request: Request, pk: str) -> Response:
        return history_of(self, "contact_point", self.get_object().pk)

    def _shown(self, contact: ContactPoint, *, status: int = 200) -> Response:
        return self.tagged(self._data_of(contact), status=status)

    def _data_of(self, contact: ContactPoint) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=contact.pk)).data


def read_instant(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        at = parse_datetime(text)
        if at is not None and timezone.is_aware(at):
            return at.astimezone(UTC)  # the database takes no offset of a whole day
    except (ValueError, OverflowError):
        pass
    raise Refused(Fault(name, _("Give an instant in UTC, as 2026-11-24T02:14:00Z."), "invalid"))
