"""How a person writes a level, a facility or an answer. Field rules stand on the models."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy

from ports.models import CargoType, LevelAttainment, LevelScope, PortFacility
from portsec.access.models import Region
from portsec.face.forms import LocalMoment, RefusalMixin

LEVELS = (
    (1, gettext_lazy("1, normal")),
    (2, gettext_lazy("2, heightened")),
    (3, gettext_lazy("3, exceptional")),
)
SCOPE_NAMES = dict(LevelScope.choices)


class RegionField(forms.TypedChoiceField):
    """Asked only of who is in several regions."""

    def __init__(self, regions: Sequence[Region]) -> None:
        super().__init__(
            label=gettext_lazy("Region"),
            choices=[("", "–"), *((str(one.pk), one.name) for one in regions)],
            coerce=UUID,
            empty_value=None,
            help_text=gettext_lazy("Your organisation is in several. Choose which one is told."),
        )


class LevelForm(RefusalMixin, forms.Form):
    """What a port writes; a coordination body has no scope to choose. `region` stands here only for who is in several."""

    scope = forms.ChoiceField(label=gettext_lazy("Holds for"), widget=forms.RadioSelect)
    facility = forms.TypedChoiceField(
        label=gettext_lazy("Facility"), required=False, coerce=UUID, empty_value=None, help_text=gettext_lazy("For one facility only.")
    )
    operation = forms.CharField(
        label=gettext_lazy("Operation"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("For a kind of operation only, for example Ferry check-in."),
    )
    level = forms.TypedChoiceField(label=gettext_lazy("Level"), choices=LEVELS, coerce=int, widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, help_text=gettext_lazy("One line that your whole region reads."))
    authority = forms.CharField(
        label=gettext_lazy("Ordered by"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("The authority that ordered it, where it was not you."),
    )
    at = LocalMoment(
        label=gettext_lazy("Takes effect"),
        required=False,
        help_text=gettext_lazy("Empty: now. A later day and time, at most 14 days ahead, can be cancelled until then."),
    )
    until = LocalMoment(
        label=gettext_lazy("Expected end"),
        required=False,
        help_text=gettext_lazy("Day and time on your clock. The level does not end by itself: you are reminded two hours before."),
    )
    POINTERS = {"expected_until": "until", "effective_at": "at"}

    def __init__(
        self, data: Any = None, *, scopes: Sequence[str], facilities: Iterable[PortFacility], regions: Sequence[Region], **options: Any
    ) -> None:
        super().__init__(data, **options)
        scope, facility = self.fields["scope"], self.fields["facility"]
        scope.choices = [(one, SCOPE_NAMES[one]) for one in scopes]  # type: ignore[attr-defined]
        facility.choices = [("", "–"), *((str(one.pk), str(one)) for one in facilities)]  # type: ignore[attr-defined]
        if LevelScope.REGION in scopes:
            for name in ("scope", "facility", "operation"):
                del self.fields[name]
        if len(regions) > 1:
            self.fields["region"] = RegionField(regions)

    def arguments(self) -> dict[str, Any]:
        """As `set_security_level` takes them."""
        return dict(self.cleaned_data)


class FacilityForm(RefusalMixin, forms.ModelForm[PortFacility]):
    """What the port tells of a facility. The action checks the model; done here as well, a mistake would be said twice."""

    plan_approved_on = forms.DateField(
        label=gettext_lazy("Plan approved on"),
        required=False,
        input_formats=["%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(format="%d.%m.%Y", attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("When the authority approved its security plan, as 24.11.2026."),
        error_messages={"invalid": gettext_lazy("Write day, month and year, as 24.11.2026.")},
    )
    cargo_types = forms.MultipleChoiceField(
        label=gettext_lazy("Cargo"),
        required=False,
        choices=CargoType.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = PortFacility
        fields = ("name", "imo_number", "cargo_types", "plan_approved_on", "attain_hours")
        labels = {"attain_hours": gettext_lazy("Hours to attain a raised level")}
        help_texts = {"imo_number": gettext_lazy("UN/LOCODE, hyphen, four figures: PLGDN-0001.")}

    def __init__(self, data: Any = None, *, regions: Sequence[Region] = (), **options: Any) -> None:
        super().__init__(data, **options)
        if len(regions) > 1:
            self.fields["region"] = RegionField(regions)

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def _post_clean(self) -> None:
        """Left to the action."""


class AnswerForm(RefusalMixin, forms.Form):
    """For which of the port's facilities the answer is given; all that wait are chosen at first."""

    facilities = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Facilities"),
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one facility.")},
    )
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=500, required=False)

    def __init__(self, data: Any = None, *, clocks: Sequence[LevelAttainment]) -> None:
        super().__init__(data)
        field = self.fields["facilities"]
        field.choices = [(str(one.facility_id), one.facility.name) for one in clocks]  # type: ignore[attr-defined]
        field.initial = [str(one.facility_id) for one in clocks if one.attained_at is None]
