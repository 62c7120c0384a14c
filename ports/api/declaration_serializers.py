"""Declarations of Security as the API reads and writes them. The rules of each field stand on the model and in its content."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ports.api.levels import FacilityName
from ports.declaration_content import SHIP, digest_of, text_of
from ports.measures import CODES, By
from ports.models import Counterpart, DeclarationOfSecurity, DeclarationSignature, SecurityLevel, Side
from ports.queries.declarations import Standing, signatures, standing
from ports.ship_numbers import normalised
from portsec.access.api import OrganisationName
from portsec.api import StrictSerializer


class ShareSerializer(StrictSerializer):
    by = serializers.ChoiceField(choices=By.choices)
    note = serializers.CharField(required=False, allow_blank=True, default="")


class AddedSerializer(StrictSerializer):
    text = serializers.CharField()
    by = serializers.ChoiceField(choices=By.choices)


class DeclarationSerializer(serializers.ModelSerializer[DeclarationOfSecurity]):
    """`state` is where it stands now: signatures and dates decide with what people did. `retain_until` is known once it is over."""

    organisation = OrganisationName(source="owner")
    facility = FacilityName()
    other_facility = FacilityName()
    other_port = OrganisationName()
    state = serializers.SerializerMethodField()

    class Meta:
        model = DeclarationOfSecurity
        fields = (
            "id", "ref_id", "organisation", "state", "version", "text_version", "facility", "own_level", "counterpart", "other_facility",
            "other_port", *SHIP, "other_level", "activities", "reason", "valid_from", "valid_to", "created_at", "requested_at",
            "answered_at", "answer_note", "closed_at", "close_note", "keep_days", "keep_rule", "retain_until",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=Standing.choices))
    def get_state(self, declaration: DeclarationOfSecurity) -> str:
        return str(standing(declaration))


class SignatureSerializer(serializers.ModelSerializer[DeclarationSignature]):
    """`stands`: it is of the text as it is now."""

    organisation = OrganisationName(source="owner")
    stands = serializers.BooleanField()

    class Meta:
        model = DeclarationSignature
        fields = (
            "side", "text_version", "person", "capacity", "signed_at", "is_on_paper", "organisation", "recorded_at", "sha256", "stands",
        )  # fmt: skip


class DeclarationDetailSerializer(DeclarationSerializer):
    """`text` is what is signed, `sha256` its digest over UTF-8."""

    measures = serializers.DictField(child=ShareSerializer())
    additional = AddedSerializer(many=True)
    text = serializers.SerializerMethodField()
    sha256 = serializers.SerializerMethodField()
    signatures = serializers.SerializerMethodField()

    class Meta(DeclarationSerializer.Meta):
        fields = (*DeclarationSerializer.Meta.fields, "measures", "additional", "text", "sha256", "signatures")  # type: ignore[assignment]

    def get_text(self, declaration: DeclarationOfSecurity) -> str:
        return text_of(declaration)

    def get_sha256(self, declaration: DeclarationOfSecurity) -> str:
        return digest_of(text_of(declaration))

    @extend_schema_field(SignatureSerializer(many=True))
    def get_signatures(self, declaration: DeclarationOfSecurity) -> Any:
        return SignatureSerializer(signatures(self.context["view"].acting, declaration), many=True).data


class DeclarationChange(StrictSerializer, serializers.ModelSerializer[DeclarationOfSecurity]):
    """`clear_signatures`: that a signed text becomes a new version, which nobody has signed."""

    facility = serializers.UUIDField()
    other_facility = serializers.UUIDField(required=False, allow_null=True)
    own_level = serializers.ChoiceField(choices=SecurityLevel.choices, required=False)
    other_level = serializers.ChoiceField(choices=SecurityLevel.choices, required=False)
    ship_imo = serializers.CharField(max_length=20, required=False, allow_blank=True)
    measures = serializers.DictField(
        child=ShareSerializer(), required=False, help_text="Keys: " + ", ".join(CODES) + ". Left out: as is usual."
    )
    additional = AddedSerializer(many=True, required=False)
    clear_signatures = serializers.BooleanField(required=False, default=False)

    class Meta:
        model = DeclarationOfSecurity
        fields: tuple[str, ...] = (
            "facility", "own_level", "other_facility", *SHIP, "other_level", "activities", "reason", "valid_from", "valid_to", "measures",
            "additional", "clear_signatures",
        )  # fmt: skip

    def validate_ship_imo(self, value: str) -> str:
        return normalised(value)

    def validate_measures(self, value: dict[str, Any]) -> dict[str, Any]:
        return {code: dict(share) for code, share in value.items()}

    def validate_additional(self, value: list[Any]) -> list[dict[str, Any]]:
        return [dict(one) for one in value]


class DeclarationInput(DeclarationChange):
    """`draft`: it is saved for your own port alone, and requested later."""

    counterpart = serializers.ChoiceField(choices=Counterpart.choices)
    clear_signatures = None  # type: ignore[assignment]
    draft = serializers.BooleanField(required=False, default=False)

    class Meta(DeclarationChange.Meta):
        fields = ("counterpart", *DeclarationChange.Meta.fields[:-1], "draft")


class NoteInput(StrictSerializer):
    """`text_version`: the one that was read; 409 where there is a newer one. Left out, it is not compared."""

    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    text_version = serializers.IntegerField(min_value=1, max_value=30_000, required=False)


class DeclineInput(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class EndInput(StrictSerializer):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class SignInput(StrictSerializer):
    """`sha256`: the digest of the text that the person read. `person` and `signed_at`: of what was signed on paper."""

    sha256 = serializers.CharField(max_length=64)
    side = serializers.ChoiceField(choices=Side.choices, required=False)
    person = serializers.CharField(max_length=120, required=False, allow_blank=True)
    capacity = serializers.CharField(max_length=80, required=False, allow_blank=True)
    signed_at = serializers.DateTimeField(required=False)
