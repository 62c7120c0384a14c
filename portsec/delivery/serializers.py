"""Deliveries as the API reads them. No address stands in any of them but in what the organisation itself was sent."""

from typing import Any

from rest_framework import serializers

from portsec.access.api import OrganisationName
from portsec.api import StrictSerializer
from portsec.delivery.ledger import Line, Sent
from portsec.delivery.models import Attempt, Escalation
from portsec.delivery.progress import OnChannel
from portsec.delivery.steering import Steering


class OnChannelSerializer(serializers.Serializer[OnChannel]):
    """All that went out on one channel and stands in one state."""

    channel = serializers.CharField()
    state = serializers.CharField()
    at = serializers.DateTimeField()
    count = serializers.IntegerField()
    reason = serializers.CharField()


class EscalationSerializer(serializers.ModelSerializer[Escalation]):
    class Meta:
        model = Escalation
        fields = ("number", "step", "due_at", "taken_at", "told", "by_watchdog")


class DeliveryLineSerializer(serializers.Serializer[Line]):
    """One delivery. `ref_id` and `headline` are null where the object may not be read any more."""

    id = serializers.UUIDField(source="pk")
    kind = serializers.CharField(source="delivery.kind")
    object_id = serializers.UUIDField(source="delivery.object_id")
    ref_id = serializers.CharField(source="facts.ref_id", default=None)
    headline = serializers.CharField(source="facts.headline", default=None)
    is_exercise = serializers.BooleanField(source="facts.is_exercise", default=None)
    sender = OrganisationName(source="delivery.sender")
    recipient = OrganisationName(source="delivery.recipient")
    version = serializers.IntegerField(source="delivery.version")
    channel = serializers.CharField(source="delivery.channel")
    state = serializers.CharField(source="delivery.state")
    reason = serializers.CharField(source="delivery.reason")
    created_at = serializers.DateTimeField(source="delivery.created_at")
    delivered_at = serializers.DateTimeField(source="delivery.delivered_at")
    seen_at = serializers.DateTimeField(source="delivery.seen_at")
    acknowledge_by = serializers.DateTimeField(source="delivery.acknowledge_by")
    acknowledged_at = serializers.DateTimeField(source="delivery.acknowledged_at")
    acknowledged_by = serializers.CharField(source="delivery.acknowledged_by.short_name", default=None)
    answered_through = serializers.CharField(source="delivery.answered_through")
    answered_for = serializers.CharField(source="delivery.answered_for")
    carried_over = serializers.BooleanField(source="delivery.carried_over")
    remark = serializers.CharField(source="delivery.remark")
    is_late = serializers.BooleanField()
    escalate_at = serializers.DateTimeField(source="delivery.escalate_at")
    escalation_paused_at = serializers.DateTimeField(source="delivery.escalation_paused_at")


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = ("number", "started_at", "ended_at", "outcome", "detail")


class DispatchSerializer(serializers.Serializer[Sent]):
    """One dispatch. `endpoint` and `address` are known to the organisation whose they are; null for the others."""

    id = serializers.UUIDField(source="dispatch.pk")
    recipient = OrganisationName(source="dispatch.recipient")
    channel = serializers.CharField(source="dispatch.channel")
    purpose = serializers.CharField(source="dispatch.purpose")
    step = serializers.IntegerField(source="dispatch.step")
    state = serializers.CharField(source="dispatch.state")
    reason = serializers.CharField(source="dispatch.reason")
    created_at = serializers.DateTimeField(source="dispatch.created_at")
    accepted_at = serializers.DateTimeField(source="dispatch.accepted_at")
    ended_at = serializers.DateTimeField(source="dispatch.ended_at")
    bundled_in = serializers.UUIDField(source="dispatch.bundled_in_id")
    endpoint = serializers.CharField(source="endpoint.label", default=None)
    address = serializers.CharField(source="endpoint.address", default=None)
    attempts = AttemptSerializer(source="tries", many=True)


class DeliveryHistorySerializer(DeliveryLineSerializer):
    dispatches = DispatchSerializer(source="sent", many=True)
    escalation = EscalationSerializer(source="steps", many=True)
    next_steps = serializers.SerializerMethodField(help_text="Seconds after the deadline, and what is done then.")

    def get_next_steps(self, history: Any) -> list[dict[str, Any]]:
        told = history.delivery
        return list(told.escalation_steps[told.escalation_step :]) if told.is_open and told.escalate_at else []


class SteerInput(StrictSerializer):
    how = serializers.ChoiceField(choices=Steering.choices)
