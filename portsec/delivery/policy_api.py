"""`/api/v1/escalation-policies/`: what happens when nobody answers. Read by programs, changed by people."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access.api import OrganisationName, RegionName
from portsec.access.models import Region
from portsec.api import ActingViewSet, StrictSerializer, listed_all
from portsec.delivery.models import EscalationPolicy, Step
from portsec.delivery.policies import Place, reset_policy, save_policy
from portsec.delivery.severity import Severity


class StepSerializer(StrictSerializer):
    after = serializers.IntegerField(help_text="Seconds after the deadline, at most 24 h.")
    step = serializers.ChoiceField(choices=Step.choices)


class EscalationPolicySerializer(serializers.ModelSerializer[EscalationPolicy]):
    """Of an organisation or of a region; `severity` is empty for all that have no policy of their own."""

    organisation = OrganisationName(allow_null=True)
    region = RegionName(allow_null=True)
    steps = StepSerializer(many=True)
    updated_by = serializers.CharField(source="updated_by.short_name", default=None)

    class Meta:
        model = EscalationPolicy
        fields = ("id", "organisation", "region", "severity", "acknowledge_within", "steps", "updated_at", "updated_by", "version")


class EscalationPolicyEdit(StrictSerializer):
    acknowledge_within = serializers.IntegerField(allow_null=True, required=False, help_text="Seconds; null for the severity's default.")
    steps = StepSerializer(many=True)


class EscalationPolicyInput(EscalationPolicyEdit):
    """Without a `region` it is one's own."""

    region = serializers.UUIDField(required=False, allow_null=True)
    severity = serializers.ChoiceField(choices=[("", ""), *Severity.choices], required=False, allow_blank=True, default="")


class EscalationPolicyViewSet(ActingViewSet):
    """One's own, and those of the regions that one is in."""

    serializer_class = EscalationPolicySerializer

    def get_queryset(self) -> Any:
        found = EscalationPolicy.objects.visible_to(self.acting).select_related("organisation", "region", "updated_by")
        return found.order_by("region__name", "severity", "pk")

    def list(self, request: Request) -> Response:
        return listed_all(self, self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self.get_object())

    @extend_schema(request=EscalationPolicyInput, responses={201: EscalationPolicySerializer})
    def create(self, request: Request) -> Response:
        """Sets one where there is none; 409 where there is one: change that."""
        if (again := self.repeated()) is not None:
            return again
        said = dict(self.read_input(EscalationPolicyInput))
        mine = Region.objects.filter(memberships__organisation=self.acting.organisation)
        region = get_object_or_404(mine, pk=said["region"]) if said.get("region") else None
        return self._shown(self._save(Place(region, said["severity"]), said, version=0), status=201)

    @extend_schema(request=EscalationPolicyEdit, responses=EscalationPolicySerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        policy = self.get_object()
        self.check_match(self._data_of(policy))
        said = {"acknowledge_within": policy.acknowledge_within, "steps": policy.steps}
        said |= self.read_input(EscalationPolicyEdit, partial=True)
        return self._shown(self._save(Place(policy.region, policy.severity), said, version=policy.version))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Back to the default."""
        policy = self.get_object()
        self.check_match(self._data_of(policy))
        reset_policy(self.acting, Place(policy.region, policy.severity), version=policy.version)
        return Response(status=204)

    def _save(self, place: Place, said: dict[str, Any], *, version: int) -> EscalationPolicy:
        steps = [dict(one) for one in said["steps"]]
        return save_policy(self.acting, place, acknowledge_within=said.get("acknowledge_within"), steps=steps, version=version)

    def _shown(self, policy: EscalationPolicy, *, status: int = 200) -> Response:
        return self.tagged(self._data_of(policy), status=status)

    def _data_of(self, policy: EscalationPolicy) -> Any:
        return EscalationPolicySerializer(self.get_queryset().get(pk=policy.pk), context=self.get_serializer_context()).data
