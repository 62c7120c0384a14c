from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from portsec.access.models import User


class ThemeForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["theme"]


class OrganisationAddressForm(forms.Form):
    email = forms.EmailField(
        label=_("Your e-mail address at work"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages={
            "required": _("Write your address at work."),
            "invalid": _("This is no e-mail address. Write it as name@port.example."),
        },
    )
    next = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)


class AccountForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["name", "theme", "single_key_shortcuts"]
        labels = {"name": _("Name"), "theme": _("Light or dark"), "single_key_shortcuts": _("Single-key shortcuts")}
        help_texts = {
            "name": _("As colleagues in other ports see it beside your answers."),
            "single_key_shortcuts": _("Letters such as n and a act outside of fields. Press ? for the list."),
        }
