"""What the operator's first coordinator types on the first day. The rules stand in the verb."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from portsec.access.region_forms import NameField, TimeZoneField
from portsec.face.forms import RefusalMixin


class SetupForm(RefusalMixin, forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Set-up code"),
        max_length=60,
        help_text=gettext_lazy("Whoever runs the server finds it with: manage.py setup_code"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Write the set-up code.")},
    )
    body = NameField(
        gettext_lazy("Your coordination body"),
        gettext_lazy("Write the name of the body that coordinates the region."),
        help_text=gettext_lazy("Who coordinates the ports: “Baltic Port Security Council”."),
    )
    time_zone = TimeZoneField(initial=timezone.get_default_timezone_name)
    region = NameField(
        gettext_lazy("Your first region"),
        gettext_lazy("Write the region's name."),
        help_text=gettext_lazy("As its ports call it: “Baltic region”."),
    )
    name = NameField(
        gettext_lazy("Your name"),
        gettext_lazy("Write your name."),
        help_text=gettext_lazy("You become the administrator, who invites everybody else."),
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        max_length=254,
        help_text=gettext_lazy("You sign in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Write your e-mail address."),
            "invalid": gettext_lazy("This is no e-mail address. Write it as name@port.example."),
        },
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=256,
        help_text=gettext_lazy("At least 12 characters. Several words that you remember are better than signs."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": gettext_lazy("Choose a password of at least 12 characters.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
