"""Alerts as the API reads and writes them (interface.md)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.content import WRITTEN
from incidents.models import Alert, AlertMessage
from portsec.access.acting import Acting
from portsec.access.api import AudienceInput, OrganisationName
from portsec.access.audiences import AudienceWish, members_of
from portsec.access.models import Audience
from portsec.access.tlp import Tlp
from portsec.api import StrictSerializer
from portsec.delivery.models import OPEN, Delivery
from portsec.delivery.progress import Progress
from portsec.delivery.serializers import EscalationSerializer, OnChannelSerializer


class AudienceAnswer(serializers.ModelSerializer[Audience]):
    """Its name for everyone; its members for the owner of the record alone, and only where one record is asked for."""

    class Meta:
        model = Audience
        fields = ("id", "kind", "name", "region")


class AlertSerializer(serializers.ModelSerializer[Alert]):
    url = serializers.SerializerMethodField()
    organisation = OrganisationName(source="owner")
    audience = AudienceAnswer()
    published_by = serializers.CharField(source="published_by.short_name", default=None)

    class Meta:
        model = Alert
        fields = (
            "id",
            "url",
            "ref_id",
            "state",
            "version",
            "organisation",
            "audience",
            *WRITTEN,
            "published_at",
            "published_by",
            "ended_at",
        )

    def get_url(self, alert: Alert) -> str:
        return reverse("alert-detail", args=[alert.pk])


class MessageSerializer(serializers.ModelSerializer[AlertMessage]):
    sent_by = serializers.CharField(source="sent_by.short_name", default=None)

    class Meta:
        model = AlertMessage
        fields = (
            "version", "type", "note", "headline", "description", "instruction", "urgency", "severity", "certainty",
            "areas", "expires_at", "asks_again", "sent_at", "sent_by",
        )  # fmt: skip


class AnswerSerializer(serializers.ModelSerializer[Delivery]):
    """The acting organisation's own delivery."""

    class Meta:
        model = Delivery
        fields = ("state", "delivered_at", "seen_at", "acknowledge_by", "acknowledged_at", "remark")


class AlertDetailSerializer(AlertSerializer):
    messages = MessageSerializer(many=True)
    audience = serializers.SerializerMethodField()  # type: ignore[assignment]
    delivery = serializers.SerializerMethodField()

    class Meta(AlertSerializer.Meta):
        fields = (*AlertSerializer.Meta.fields, "messages", "delivery")  # type: ignore[assignment]

    def get_audience(self, alert: Alert) -> dict[str, Any]:
        acting: Acting = self.context["view"].acting
        if alert.state == Alert.State.DRAFT:
            return dict(alert.wish)
        answer: dict[str, Any] = dict(AudienceAnswer(alert.audience).data)
        if alert.owner_id == acting.organisation.pk:
            answer["organisations"] = OrganisationName(members_of(alert.audience), many=True).data
        return answer

    def get_delivery(self, alert: Alert) -> dict[str, Any] | None:
        received = Delivery.objects.received_by(self.context["view"].acting).filter(object_id=alert.pk).order_by("-version").first()
        return dict(AnswerSerializer(received).data) if received else None


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One recipient, as the sender and that recipient may see it. Context: `progress` (portsec.delivery.progress)."""

    recipient = OrganisationName()
    acknowledged_by = serializers.CharField(source="acknowledged_by.short_name", default=None)
    answered_through = serializers.CharField()
    is_late = serializers.SerializerMethodField()
    channels = serializers.SerializerMethodField()
    escalation = serializers.SerializerMethodField()
    next_step = serializers.SerializerMethodField()
    next_step_at = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = (
            "id", "version", "recipient", "channel", "state", "reason", "created_at", "delivered_at", "seen_at",
            "acknowledge_by", "acknowledged_at", "acknowledged_by", "answered_through", "answered_for", "carried_over", "remark", "is_late",
            "channels", "escalation", "next_step", "next_step_at", "escalation_paused_at",
        )  # fmt: skip

    def _progress(self, delivery: Delivery) -> Progress:
        found: Progress = self.context["progress"][delivery.pk]
        return found

    @extend_schema_field(OnChannelSerializer(many=True))
    def get_channels(self, delivery: Delivery) -> Any:
        return OnChannelSerializer(list(self._progress(delivery).channels), many=True).data  # type: ignore[arg-type]

    @extend_schema_field(EscalationSerializer(many=True))
    def get_escalation(self, delivery: Delivery) -> Any:
        return EscalationSerializer(self._progress(delivery).taken, many=True).data

    def get_next_step(self, delivery: Delivery) -> str:
        return self._progress(delivery).next_step

    def get_next_step_at(self, delivery: Delivery) -> datetime | None:
        return self._progress(delivery).next_at

    def get_is_late(self, delivery: Delivery) -> bool:
        return delivery.state in OPEN and delivery.acknowledge_by is not None and delivery.acknowledge_by < timezone.now()


class AlertInput(StrictSerializer, serializers.ModelSerializer[Alert]):
    """What `POST /alerts/` takes. The rules of each field stand on the model."""

    audience = AudienceInput()
    persons = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=100)
    draft = serializers.BooleanField(required=False, default=False)

    class Meta:
        model = Alert
        fields = (*WRITTEN, "audience", "persons", "draft")
        extra_kwargs = {"category": {"allow_empty": False}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("persons") and attrs.get("tlp", getattr(self.instance, "tlp", None)) != Tlp.RED:
            raise serializers.ValidationError({"persons": ["Only TLP:RED names persons. Leave them out."]}, code="unexpected")
        return attrs


def split_wish(data: Mapping[str, Any]) -> dict[str, Any]:
    """From checked input to the arguments of `draft_alert` and `publish_alert`."""
    content = {name: value for name, value in data.items() if name in WRITTEN}
    arguments: dict[str, Any] = content
    if "audience" in data:
        wish = data["audience"]
        arguments["wish"] = AudienceWish(wish["kind"], wish.get("region"), tuple(wish.get("organisations", ())))
    if "persons" in data:
        arguments["persons"] = data["persons"]
    return arguments


class PreviewInput(StrictSerializer):
    tlp = serializers.ChoiceField(choices=Tlp.choices)
    audience = AudienceInput()


class PublishInput(StrictSerializer):
    previewed = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=2000)


class UpdateInput(StrictSerializer, serializers.ModelSerializer[AlertMessage]):
    """An update says what is new, and may change any of the content; what it leaves out stays."""

    note = serializers.CharField(max_length=500)
    ask_again = serializers.BooleanField(required=False, default=False)

    class Meta:
        model = AlertMessage
        fields = ("note", "ask_again", "headline", "description", "instruction", "urgency", "severity", "certainty", "areas", "expires_at")
        extra_kwargs = {name: {"required": False} for name in ("headline", "urgency", "severity", "certainty")}


class CancelInput(StrictSerializer):
    reason = serializers.CharField(max_length=500)


class AcknowledgeInput(StrictSerializer):
    remark = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
