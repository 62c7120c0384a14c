from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from portsec.access.models import User


class ThemeForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["theme"]


class AccountForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["name", "theme", "single_key_shortcuts"]
        labels = {"name": _("Name"), "theme": _("Light or dark"), "single_key_shortcuts": _("Single-key shortcuts")}
        help_texts = {
            "name": _("As colleagues in other ports see it beside your answers."),
            "single_key_shortcuts": _("Letters such as n and a act outside of fields. Press ? for the list."),
        }
