"""How a coordinator hands over a file of ports. The rules stand in the verbs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from ports.importing.text import ENCODINGS, check_size
from portsec.access.time_zones import zone_choices
from portsec.face.forms import RefusalMixin
from portsec.problems import Refused


class PortFileForm(RefusalMixin, forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        help_text=gettext_lazy("CSV, up to 5,000 ports and 4 MB. The World Port Index as it is, or the columns named beside."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": gettext_lazy("Choose a file."), "max_length": gettext_lazy("The file's name is too long. Shorten it.")},
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("For each port whose line names none. A position alone does not say its time zone."),
        error_messages={
            "required": gettext_lazy("Choose a time zone."),
            "invalid_choice": gettext_lazy("Choose one of the time zones in the list."),
        },
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        required=False,
        choices=list(ENCODINGS.items()),
        help_text=gettext_lazy("Change it only where the preview shows wrong letters."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["time_zone"].choices = zone_choices()  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """Its size is known before it is read."""
        file = self.cleaned_data["file"]
        try:
            check_size(file.size or 0)
        except Refused as refused:
            raise forms.ValidationError(refused.faults[0].detail, code=refused.faults[0].code) from refused
        return file


class PortForm(RefusalMixin, forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("As people call the port: “Port of Gdańsk”."),
        error_messages={"required": gettext_lazy("Write the port's name.")},
    )
    unlocode = forms.CharField(
        label=gettext_lazy("UN/LOCODE"),
        max_length=12,
        help_text=gettext_lazy("Two letters of the country and three of the place: PLGDN."),
        error_messages={"required": gettext_lazy("Write the port's UN/LOCODE.")},
    )
    latitude = forms.CharField(
        label=gettext_lazy("Latitude"),
        max_length=20,
        help_text=gettext_lazy("Degrees as a decimal number, as 54.35; the south is negative."),
        error_messages={"required": gettext_lazy("Write the port's latitude.")},
    )
    longitude = forms.CharField(
        label=gettext_lazy("Longitude"),
        max_length=20,
        help_text=gettext_lazy("Degrees as a decimal number, as 18.66; the west is negative."),
        error_messages={"required": gettext_lazy("Write the port's longitude.")},
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zone_choices,
        error_messages={
            "required": gettext_lazy("Choose a time zone."),
            "invalid_choice": gettext_lazy("Choose one of the time zones in the list."),
        },
    )
