"""`/api/v1/alerts/` and its verbs."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import actions, queries
from incidents.models import Alert
from incidents.models.cap import Severity
from incidents.reading import read_over_api
from incidents.serializers import (
    AcknowledgeInput,
    AlertDetailSerializer,
    AlertInput,
    AlertSerializer,
    AnswerSerializer,
    CancelInput,
    DeliverySerializer,
    PreviewInput,
    PublishInput,
    UpdateInput,
    split_wish,
)
from portsec.access.api import OrganisationName
from portsec.access.audiences import AudienceWish
from portsec.api import ActingViewSet, listed, read_choice, read_flag
from portsec.delivery.models import Delivery
from portsec.delivery.progress import Progress, progress_of
from portsec.journal.api import HistorySerializer, history_of
from portsec.list_files import as_response, list_file, wanted_form
from portsec.problems import Conflict


class AlertViewSet(ActingViewSet):
    """Alerts that the acting organisation sent or was sent."""

    serializer_class = AlertSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"show", "severity", "is_exercise"})
    as_files: ClassVar[frozenset[str]] = frozenset({"list", "deliveries"})

    def get_serializer_class(self) -> Any:
        return DeliverySerializer if self.action == "deliveries" else AlertSerializer

    never_blocked: ClassVar[frozenset[str]] = frozenset({"list", "retrieve", "acknowledge", "cancel"})

    progress: Mapping[UUID, Progress] = MappingProxyType({})  # of the deliveries that are told of

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "progress": self.progress}

    def get_queryset(self) -> Any:
        return queries.with_messages(self.acting)

    def list(self, request: Request) -> Response:
        """Newest first. `show`: waiting, active, sent, drafts, ended or all."""
        show = read_choice(request, "show", queries.FILTERS, default="all")
        found = queries.filtered(
            self.acting,
            show=show,
            severity=read_choice(request, "severity", Severity.values),
            search=request.query_params.get("search", ""),
        )
        if "is_exercise" in request.query_params:
            found = found.filter(is_exercise=read_flag(request, "is_exercise"))
        by = "created_at" if show == "drafts" else "published_at"
        return listed(self, found, by=by, read=partial(read_over_api, self.acting))

    @extend_schema(responses=AlertDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self._read())

    @extend_schema(request=AlertInput, responses={201: AlertDetailSerializer})
    def create(self, request: Request) -> Response:
        """Publishes at once; with `"draft": true` saves a draft."""
        if (again := self.repeated()) is not None:
            return again
        data = self.read_input(AlertInput)
        if data["draft"]:
            return self._shown(actions.draft_alert(self.acting, **split_wish(data)), status=201)
        published = actions.publish_alert(self.acting, **split_wish(data))
        return self._shown(published.alert, status=201)

    @extend_schema(request=AlertInput, responses=AlertDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes a draft. What has been sent is changed by `update`, which tells everyone."""
        alert = self._draft(request)
        if alert.state != Alert.State.DRAFT:
            raise Conflict(f"{alert.ref_id} has been sent: POST to update/ instead, which tells everyone.")
        data = split_wish(self.read_input(AlertInput, instance=alert, partial=True))
        wish = data.pop("wish", AudienceWish.from_json(alert.wish))
        persons = data.pop("persons", alert.wished_persons)
        return self._shown(actions.edit_draft(self.acting, alert, wish=wish, persons=persons, **data))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Discards a draft. What has been sent stays on record; `cancel` withdraws it."""
        actions.discard_draft(self.acting, self._draft(request))
        return Response(status=204)

    @extend_schema(request=PreviewInput, responses=OrganisationName(many=True))
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Who would be reached now. Writes nothing."""
        self.acting.require("alert.draft")
        arguments = split_wish(self.read_input(PreviewInput))
        reach = queries.preview(self.acting, arguments["wish"], arguments["tlp"])
        names = OrganisationName(reach.organisations, many=True).data
        return Response({"count": reach.count, "organisations": names, "not_told": reach.not_told})

    @extend_schema(request=PublishInput, responses=AlertDetailSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Sends a draft. With `previewed` (ids from a preview) the answer names who joined since."""
        if (again := self.repeated()) is not None:
            return again
        previewed = self.read_input(PublishInput).get("previewed")
        published = actions.publish_draft(self.acting, self.get_object(), previewed=previewed)
        answer = self._shown(published.alert)
        if previewed is not None:
            answer.data["joined_since_preview"] = OrganisationName(published.joined, many=True).data
        return answer

    @extend_schema(request=UpdateInput, responses=AlertDetailSerializer)
    @action(detail=True, methods=["post"], url_path="update")
    def update_message(self, request: Request, pk: str) -> Response:
        """Sends an update to everyone whom the alert reaches."""
        if (again := self.repeated()) is not None:
            return again
        return self._shown(actions.update_alert(self.acting, self.get_object(), **self.read_input(UpdateInput)))

    @extend_schema(request=CancelInput, responses=AlertDetailSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Tells everyone who was told that it no longer holds."""
        if (again := self.repeated()) is not None:
            return again
        return self._shown(actions.cancel_alert(self.acting, self.get_object(), reason=self.read_input(CancelInput)["reason"]))

    @extend_schema(request=AcknowledgeInput, responses=AnswerSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Answers for the organisation; answered here when it is durable."""
        if (again := self.repeated()) is not None:
            return again
        remark = self.read_input(AcknowledgeInput)["remark"]
        return Response(AnswerSerializer(actions.acknowledge_alert(self.acting, self.get_object(), remark=remark)).data)

    @extend_schema(responses=DeliverySerializer(many=True))
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, pk: str) -> Response:
        """The sender sees every recipient, a recipient itself alone. All versions, newest first. No address stands here."""
        alert = self.get_object()
        told = Delivery.objects.visible_to(self.acting).filter(object_id=alert.pk)
        found = list(told.select_related("recipient", "acknowledged_by").order_by("-version", "recipient__name"))
        self.progress = progress_of(self.acting, found)
        if wanted_form(request):
            return as_response(list_file(self, [found], lambda _last: None, label=alert.tlp))
        return Response({"results": self.get_serializer(found, many=True).data})

    @extend_schema(responses=HistorySerializer(many=True))
    @action(detail=True, methods=["get"])
    def history(self, request: Request, pk: str) -> Response:
        return history_of(self, "alert", self._read().pk)

    def _read(self) -> Alert:
        """The alert, with its reading on record; HEAD answers without its text."""
        alert: Alert = self.get_object()
        if self.request.method == "GET":
            read_over_api(self.acting, [alert])
        return alert

    def _draft(self, request: Request) -> Alert:
        alert: Alert = get_object_or_404(Alert.objects.editable_by(self.acting), pk=self.kwargs["pk"])
        self.check_match(self._data_of(alert))
        return alert

    def _shown(self, alert: Alert, *, status: int = 200) -> Response:
        return self.tagged(self._data_of(alert), status=status)

    def _data_of(self, alert: Alert) -> Any:
        return AlertDetailSerializer(self.get_queryset().get(pk=alert.pk), context=self.get_serializer_context()).data
