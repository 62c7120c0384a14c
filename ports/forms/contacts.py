"""How a person writes a contact point. The rules of its fields stand on the model."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from ports.models import ContactPoint, Situation
from ports.models.contact import Day, Hours
from ports.phones import in_groups
from portsec.access.acting import Acting
from portsec.access.audience_form import AudienceFields
from portsec.access.models import Audience
from portsec.face.forms import RefusalMixin

LONGEST_WRITTEN = 60  # a number with all its spaces and brackets
WORKING_DAYS = [1, 2, 3, 4, 5]


def phone_field(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=LONGEST_WRITTEN,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )


def time_field(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": gettext_lazy("Give a time, as 08:00.")},
    )


class ContentForm(RefusalMixin, forms.Form):
    role = forms.CharField(
        label=gettext_lazy("Role"),
        max_length=80,
        help_text=gettext_lazy("Who answers, as a caller asks for it: Duty officer, VTS watch."),
        error_messages={"required": gettext_lazy("Say who answers, as a caller asks for it.")},
    )
    person = forms.CharField(
        label=gettext_lazy("Name"), required=False, max_length=120, help_text=gettext_lazy("Where it is always the same person.")
    )
    phone = phone_field(gettext_lazy("Phone"), gettext_lazy("With + and the country code."))
    second_phone = phone_field(gettext_lazy("Second phone"))
    radio_channel = forms.CharField(
        label=gettext_lazy("Radio channel"), required=False, max_length=40, help_text=gettext_lazy("As it is said: VHF 12.")
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        error_messages={"invalid": gettext_lazy("This is no e-mail address. Write it as duty@port.example.")},
    )
    situations = forms.MultipleChoiceField(
        label=gettext_lazy("Call in these situations"),
        choices=Situation.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one situation.")},
    )
    hours = forms.ChoiceField(label=gettext_lazy("Answers"), choices=Hours.choices, widget=forms.RadioSelect, initial=Hours.ALWAYS)
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"),
        choices=Day.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        initial=WORKING_DAYS,
        help_text=gettext_lazy("Of some hours only: the days on which they begin."),
    )
    opens_at = time_field(gettext_lazy("From"))
    closes_at = time_field(gettext_lazy("To, on your clock"))
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=300)
    verified_on = forms.DateField(
        label=gettext_lazy("Last verified on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The day on which somebody called and was answered. Empty: nobody has tried yet."),
        error_messages={"invalid": gettext_lazy("Give a day, as 2026-11-24.")},
    )

    WRITTEN: ClassVar[tuple[str, ...]] = (
        "role", "person", "phone", "second_phone", "radio_channel", "email", "situations", "hours", "days", "opens_at", "closes_at",
        "note", "verified_on",
    )  # fmt: skip

    def arguments(self) -> dict[str, Any]:
        """As the verbs take them; days and times stay in the form when it says “always”, and go no further."""
        content = {name: self.cleaned_data[name] for name in self.WRITTEN}
        if content["hours"] == Hours.ALWAYS:
            content |= {"days": [], "opens_at": None, "closes_at": None}
        return content


class ContactPointForm(ContentForm):
    """Of one that is there: `version` is the one that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2_000_000_000)

    def __init__(self, contact: ContactPoint, data: Any = None) -> None:
        kept = {name: getattr(contact, name) for name in (*self.WRITTEN, "version")}
        numbers = {name: in_groups(kept[name]) if kept[name] else "" for name in ("phone", "second_phone")}
        super().__init__(data, initial=kept | numbers | {"days": kept["days"] or WORKING_DAYS})


class NewContactPointForm(ContentForm, AudienceFields):
    POINTERS = AudienceFields.POINTERS

    audience_kind = forms.ChoiceField(
        label=gettext_lazy("Who may call"),
        choices=Audience.Kind.choices,
        widget=forms.RadioSelect,
        initial=Audience.Kind.REGION,
        help_text=gettext_lazy("Others never see it. This cannot be changed later: those who know a number keep it."),
    )

    def __init__(self, acting: Acting, data: Any = None) -> None:
        super().__init__(data)
        self.offer_audiences(acting)
