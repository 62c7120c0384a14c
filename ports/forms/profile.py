"""How a person writes a port's profile, and its volumes of a year. Field rules stand on the models."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy

from ports.actions.activity import CONTENT, KINDS
from ports.forms.levels import RegionField
from ports.models import CargoType, PortActivity
from portsec.access.audiences import AudienceWish
from portsec.access.models import Audience, Region
from portsec.face.forms import RefusalMixin


@cache
def zones() -> tuple[str, ...]:
    """Places of the IANA list, without its old abbreviations."""
    return tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/"))))


class ProfileForm(RefusalMixin, forms.Form):
    """`version` is the one that the person saw, 0 where nothing had been kept."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    unlocode = forms.CharField(
        label=gettext_lazy("UN/LOCODE"),
        max_length=5,
        help_text=gettext_lazy("Two letters of the country, three of the place: PLGDN."),
    )
    latitude = forms.FloatField(
        label=gettext_lazy("Latitude"),
        help_text=gettext_lazy("Degrees, north is positive."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={"invalid": gettext_lazy("Give a number of degrees, as 54.35.")},
    )
    longitude = forms.FloatField(
        label=gettext_lazy("Longitude"),
        help_text=gettext_lazy("Degrees, east is positive."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={"invalid": gettext_lazy("Give a number of degrees, as 18.67.")},
    )
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        help_text=gettext_lazy("As the IANA list writes it: Europe/Warsaw. Every clock of your port follows it."),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )
    cargo_types = forms.MultipleChoiceField(
        label=gettext_lazy("Cargo"), required=False, choices=CargoType.choices, widget=forms.CheckboxSelectMultiple
    )
    layout_notes = forms.CharField(
        label=gettext_lazy("Layout"),
        required=False,
        max_length=4000,
        help_text=gettext_lazy("Quays, gates, meeting points, as your region should know them. Linked regions do not read this."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, data: Any = None, *, regions: Sequence[Region] = (), **options: Any) -> None:
        super().__init__(data, **options)
        if len(regions) > 1:
            self.fields["region"] = RegionField(regions)

    def arguments(self) -> dict[str, Any]:
        """As `keep_profile` takes them."""
        return dict(self.cleaned_data)


AUDIENCES = [(kind.value, label) for kind, label in zip(KINDS, (
    gettext_lazy("Own organisation"), gettext_lazy("Whole region"),
), strict=True)]  # fmt: skip


class ActivityForm(RefusalMixin, forms.ModelForm[PortActivity]):
    """The action checks the model; done here as well, a mistake would be said twice."""

    POINTERS = {"audience/region": "region", "audience": "audience_kind"}

    audience_kind = forms.ChoiceField(
        label=gettext_lazy("Who may read it"), choices=AUDIENCES, widget=forms.RadioSelect, initial=Audience.Kind.REGION
    )

    class Meta:
        model = PortActivity
        fields = CONTENT
        help_texts = {
            "ship_calls": gettext_lazy("Leave empty what was not reported: an empty figure is not 0."),
            "tonnes": gettext_lazy("Metric tonnes, loaded and unloaded."),
            "source": gettext_lazy("Where the figures come from, for example Harbour master's yearly report."),
        }

    def __init__(self, data: Any = None, *, regions: Sequence[Region] = (), **options: Any) -> None:
        super().__init__(data, **options)
        if len(regions) > 1:
            self.fields["region"] = RegionField(regions)
            self.fields["region"].required = False
        for name in ("ship_calls", "tonnes", "teu", "passengers", "year"):
            self.fields[name].validators = []  # the model's say the same, and what to do
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def wish(self) -> AudienceWish:
        kind = self.cleaned_data["audience_kind"]
        return AudienceWish(kind, self.cleaned_data.get("region") if kind == Audience.Kind.REGION else None)

    def arguments(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CONTENT}

    def _post_clean(self) -> None:
        """Left to the action."""
