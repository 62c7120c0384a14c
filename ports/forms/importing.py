"""How a coordinator hands over a file of ports. The rules stand in the verbs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from ports.importing.checks import zones
from ports.importing.text import ENCODINGS, check_size
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
        self.fields["time_zone"].choices = [(name, name) for name in sorted(zones())]  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """Its size is known before it is read."""
        file = self.cleaned_data["file"]
        try:
            check_size(file.size or 0)
        except Refused as refused:
            raise forms.ValidationError(refused.faults[0].detail, code=refused.faults[0].code) from refused
        return file
