"""How a coordinator types what the verbs of a region take. The rules stand in the verbs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from portsec.access.models import Organisation
from portsec.access.time_zones import zone_choices
from portsec.face.forms import RefusalMixin


class NameField(forms.CharField):
    def __init__(self, label: Any, missing: Any, **options: Any) -> None:
        super().__init__(label=label, max_length=120, error_messages={"required": missing}, **options)
        self.widget.attrs["autocomplete"] = "off"


class TimeZoneField(forms.ChoiceField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=gettext_lazy("Time zone"),
            choices=zone_choices,
            error_messages={
                "required": gettext_lazy("Choose a time zone."),
                "invalid_choice": gettext_lazy("Choose one of the time zones in the list."),
            },
            **options,
        )


class RegionForm(RefusalMixin, forms.Form):
    name = NameField(
        gettext_lazy("Name"), gettext_lazy("Write the region's name."), help_text=gettext_lazy("As its ports call it: “Baltic region”.")
    )


class RegionSettingsForm(RegionForm):
    coordinator_sees_deliveries = forms.BooleanField(
        label=gettext_lazy("Coordinators see who has answered"),
        required=False,
        help_text=gettext_lazy("Who was told of an alert of this region and who has answered, beside the sender."),
    )


class OrganisationForm(RefusalMixin, forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[(one.value, one.label) for one in (Organisation.Kind.AGENCY, Organisation.Kind.COORDINATION_BODY)],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("A coordination body coordinates the region beside you, with the same rights."),
        error_messages={
            "required": gettext_lazy("Choose agency or coordination body."),
            "invalid_choice": gettext_lazy("Choose agency or coordination body."),
        },
    )
    name = NameField(
        gettext_lazy("Name"),
        gettext_lazy("Write the organisation's name."),
        help_text=gettext_lazy("As it calls itself: “Harbour Police North”."),
    )
    time_zone = TimeZoneField()


class FirstAdministratorForm(RefusalMixin, forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        help_text=gettext_lazy("The invitation goes there. Whoever opens it becomes the administrator."),
        error_messages={
            "required": gettext_lazy("Write the address to which the invitation goes."),
            "invalid": gettext_lazy("This is no e-mail address. Write it as name@port.example."),
        },
    )
    name = NameField(gettext_lazy("Name"), gettext_lazy("Write the person's name."), help_text=gettext_lazy("As you know the person."))


class WantedForm(RefusalMixin, forms.Form):
    wanted = NameField(
        gettext_lazy("Name or UN/LOCODE"),
        gettext_lazy("Write its name, or a port's UN/LOCODE."),
        help_text=gettext_lazy("As the organisation writes itself. You are not told whether there is one of this name."),
    )


class WantedRegionForm(RefusalMixin, forms.Form):
    wanted = NameField(
        gettext_lazy("Name of the other region"),
        gettext_lazy("Write the other region's name."),
        help_text=gettext_lazy("As it writes itself. You are not told whether there is one of this name."),
    )
