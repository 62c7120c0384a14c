"""Contact points as the API reads and writes them. The rules of each field stand on the model."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from ports.contact_content import WRITTEN
from ports.models import ContactPoint, Situation
from ports.models.contact import Hours
from ports.queries.contacts import Reach
from portsec.access.api import AudienceInput, OrganisationName
from portsec.access.models import Audience
from portsec.api import StrictSerializer

LONGEST_WRITTEN = 60  # a number with all its spaces and brackets


class AudienceName(serializers.ModelSerializer[Audience]):
    """Never who else was named."""

    class Meta:
        model = Audience
        fields = ("id", "kind", "name", "region")


class ContactPointSerializer(serializers.ModelSerializer[ContactPoint]):
    url = serializers.SerializerMethodField()
    organisation = OrganisationName(source="owner")
    audience = AudienceName()
    time_zone = serializers.CharField(source="owner.time_zone")
    verified_by = serializers.CharField(source="verified_by.short_name", default=None)
    is_stale = serializers.SerializerMethodField()

    class Meta:
        model = ContactPoint
        fields = (
            "id", "url", "organisation", "audience", *WRITTEN, "time_zone", "call_order", "verified_by", "is_stale", "is_active",
            "created_at",
        )  # fmt: skip

    def get_url(self, contact: ContactPoint) -> str:
        return reverse("contact-point-detail", args=[contact.pk])

    def get_is_stale(self, contact: ContactPoint) -> bool:
        return Reach(contact, timezone.now()).is_stale


class ContactPointEdit(StrictSerializer, serializers.ModelSerializer[ContactPoint]):
    """Who may know of it cannot be changed: those who knew the number would keep it. Retire it, and add another."""

    phone = serializers.CharField(max_length=LONGEST_WRITTEN, required=False, allow_blank=True)
    second_phone = serializers.CharField(max_length=LONGEST_WRITTEN, required=False, allow_blank=True)
    situations = serializers.ListField(child=serializers.ChoiceField(choices=Situation.choices), allow_empty=False)

    class Meta:
        model = ContactPoint
        fields: tuple[str, ...] = WRITTEN

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        hours = attrs.get("hours", getattr(self.instance, "hours", Hours.ALWAYS))
        given = [name for name in ("days", "opens_at", "closes_at") if attrs.get(name)]
        if hours == Hours.ALWAYS and given:
            message = _("Only the hours “office” have days and times. Leave them out, or set hours to office.")
            raise serializers.ValidationError({name: [serializers.ErrorDetail(message, "unexpected")] for name in given})
        return attrs


class ContactPointInput(ContactPointEdit):
    audience = AudienceInput(required=False)

    class Meta(ContactPointEdit.Meta):
        fields = (*WRITTEN, "audience")


class PlaceInput(StrictSerializer):
    place = serializers.IntegerField()
