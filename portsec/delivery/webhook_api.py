"""`/api/v1/webhooks/` and its verbs."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.api import ActingViewSet, StrictSerializer, etag, listed_all
from portsec.delivery import actions, queries
from portsec.delivery.models import Attempt, Dispatch, Endpoint, Outcome
from portsec.delivery.models.endpoint import Kind
from portsec.delivery.severity import Severity

HEALTH = ("last_accepted_at", "failing_since", "failures", "last_error")  # changes with every call, and is no version of it


class WebhookSerializer(serializers.ModelSerializer[Endpoint]):
    """`secret` is null but in the one answer that shows it."""

    kinds = serializers.ListField(child=serializers.ChoiceField(choices=Kind.choices))
    severities = serializers.ListField(child=serializers.ChoiceField(choices=Severity.choices))
    secret = serializers.SerializerMethodField()

    class Meta:
        model = Endpoint
        fields = (
            "id", "label", "address", "kinds", "severities", "is_active", "disabled_at", "disabled_because", "previous_until", "created_at",
            "version", "secret", *HEALTH,
        )  # fmt: skip

    def get_secret(self, webhook: Endpoint) -> str | None:
        secret: str | None = self.context.get("secret")
        return secret


class WebhookInput(StrictSerializer):
    label = serializers.CharField(max_length=120)  # type: ignore[assignment]  # a field, not the label of this serializer
    address = serializers.CharField(max_length=1000)
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=Kind.choices), max_length=len(Kind))
    severities = serializers.ListField(child=serializers.ChoiceField(choices=Severity.choices), max_length=len(Severity))


class WebhookAttemptSerializer(serializers.ModelSerializer[Attempt]):
    """`message` is the `webhook-id` of the call; `detail` what was answered."""

    message = serializers.UUIDField(source="dispatch_id")
    purpose = serializers.CharField(source="dispatch.purpose")
    outcome = serializers.ChoiceField(choices=Outcome.choices)

    class Meta:
        model = Attempt
        fields = ("message", "purpose", "number", "started_at", "ended_at", "outcome", "detail")


class AttemptPage(serializers.Serializer[Any]):
    results = WebhookAttemptSerializer(many=True)


class TestSerializer(serializers.ModelSerializer[Dispatch]):
    message = serializers.UUIDField(source="id")
    state = serializers.CharField()

    class Meta:
        model = Dispatch
        fields = ("message", "state", "created_at")


class WebhookViewSet(ActingViewSet):
    """Systems of the acting organisation that are called (Standard Webhooks 1.0)."""

    serializer_class = WebhookSerializer
    parameters: ClassVar[frozenset[str]] = frozenset()
    verb_to_read = "webhook.manage"

    def get_queryset(self) -> Any:
        return queries.webhooks(self.acting)

    def list(self, request: Request) -> Response:
        """In the order in which they were added."""
        return listed_all(self, self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self.get_object())

    @extend_schema(request=WebhookInput, responses={201: WebhookSerializer})
    def create(self, request: Request) -> Response:
        """The answer holds the secret, once: a repeated request with the same Idempotency-Key gets it without."""
        if (again := self.repeated()) is not None:
            return again
        self.acting.require("webhook.manage")
        webhook, secret = actions.add_webhook(self.acting, **self.read_input(WebhookInput))
        return self._shown(webhook, status=201, secret=secret)

    @extend_schema(request=WebhookInput(partial=True), responses=WebhookSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        webhook = self.get_object()
        self.acting.require("webhook.manage")
        self.check_match(stable(self._data_of(webhook)))
        return self._shown(actions.edit_webhook(self.acting, webhook, **self.read_input(WebhookInput, partial=True)))

    def destroy(self, request: Request, pk: str) -> Response:
        """Takes it away for good, with its secret. What was sent stays on record."""
        webhook = self.get_object()
        self.acting.require("webhook.manage")
        self.check_match(stable(self._data_of(webhook)))
        actions.remove_endpoint(self.acting, webhook)
        return Response(status=204)

    @extend_schema(request=None, responses=WebhookSerializer)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """A new secret, shown once; the one before signs along for 24 hours (`previous_until`)."""
        if (again := self.repeated()) is not None:
            return again
        webhook, secret = actions.rotate_secret(self.acting, self.get_object())
        return self._shown(webhook, secret=secret)

    @extend_schema(request=None, responses={202: TestSerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Queues a call of the type `test`; `attempts/` says what came of it."""
        if (again := self.repeated()) is not None:
            return again
        return Response(TestSerializer(actions.send_test(self.acting, self.get_object())).data, status=202)

    @extend_schema(request=None, responses=WebhookSerializer)
    @action(detail=True, methods=["post"], url_path="switch-off")
    def switch_off(self, request: Request, pk: str) -> Response:
        return self._switched(on=False)

    @extend_schema(request=None, responses=WebhookSerializer)
    @action(detail=True, methods=["post"], url_path="switch-on")
    def switch_on(self, request: Request, pk: str) -> Response:
        """Also after it was switched off because it answered 410."""
        return self._switched(on=True)

    @extend_schema(responses=AttemptPage)
    @action(detail=True, methods=["get"])
    def attempts(self, request: Request, pk: str) -> Response:
        """The last 50, the newest first."""
        tries = queries.last_tries(self.get_object(), most=50)
        return Response({"results": WebhookAttemptSerializer(tries, many=True).data})

    def to_keep(self, data: Any) -> Any:
        """A secret is not kept, in the answers to repeated requests neither."""
        return {**data, "secret": None} if isinstance(data, dict) and "secret" in data else data

    def _switched(self, *, on: bool) -> Response:
        if (again := self.repeated()) is not None:
            return again
        return self._shown(actions.switch_endpoint(self.acting, self.get_object(), on=on))

    def _shown(self, webhook: Endpoint, *, status: int = 200, secret: str | None = None) -> Response:
        data = self._data_of(webhook, secret)
        return Response(data, status=status, headers={"ETag": etag(stable(data))})

    def _data_of(self, webhook: Endpoint, secret: str | None = None) -> dict[str, Any]:
        context = {**self.get_serializer_context(), "secret": secret}
        return dict(WebhookSerializer(self.get_queryset().get(pk=webhook.pk), context=context).data)


def stable(data: dict[str, Any]) -> dict[str, Any]:
    """What `If-Match` is about: not how the last call went."""
    return {name: value for name, value in data.items() if name not in {*HEALTH, "secret"}}
