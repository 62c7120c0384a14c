"""How an administrator types the rules of sign-in. What holds stands in actions/sign_in.py."""

from datetime import datetime, time
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portsec.access.models import OpenIdConnection
from portsec.access.organisation_forms import DAY_FORMATS
from portsec.face.forms import RefusalMixin


class SecondFactorForm(RefusalMixin, forms.Form):
    required = forms.BooleanField(
        label=_("Everybody needs a second factor"),
        required=False,
        help_text=_("Who has proven none can answer alerts, and do nothing else until one is set up."),
    )
    begins = forms.DateField(
        label=_("From this day on"),
        required=False,
        input_formats=DAY_FORMATS,
        help_text=_("Leave your people the time to set one up. Empty: from now on."),
        widget=forms.DateInput(attrs={"autocomplete": "off", "inputmode": "numeric"}, format=DAY_FORMATS[0]),
        error_messages={"invalid": _("Write day, month and year, as 24.11.2026.")},
    )

    def moment(self) -> datetime | None:
        """As `require_second_factor_from` takes it: the day begins with midnight on the organisation's clock."""
        if not self.cleaned_data["required"]:
            return None
        day = self.cleaned_data["begins"]
        return timezone.make_aware(datetime.combine(day, time.min)) if day else timezone.now()


class ProviderForm(RefusalMixin, forms.Form):
    POINTERS: ClassVar[dict[str, str]] = {"domains": "domains"}

    issuer = forms.CharField(
        label=_("Issuer's address"),
        max_length=300,
        help_text=_("As https://login.port.example. We look there for what OpenID Connect Discovery describes."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the issuer's address, as https://login.port.example.")},
    )
    client_id = forms.CharField(
        label=_("Client ID"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the client ID that the provider gave you.")},
    )
    client_secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        strip=False,
        max_length=2000,
        help_text=_("Kept sealed and never shown again. Empty: the one that is kept already."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write the client secret that the provider gave you.")},
    )
    domains = forms.CharField(
        label=_("Domains of your people's addresses"),
        max_length=2000,
        help_text=_("One a line, as port.example: what stands behind the @."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        error_messages={"required": _("Write at least one domain, as port.example.")},
    )
    trusts_factor = forms.BooleanField(
        label=_("A second factor at the provider counts here"),
        required=False,
        help_text=_("Only where the provider says in its answer that it has seen one. Otherwise ours is asked."),
    )

    def __init__(self, *args: Any, connection: OpenIdConnection | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if connection is None:
            self.fields["client_secret"].required = True
            self.fields["client_secret"].help_text = _("Kept sealed and never shown again.")

    @classmethod
    def of(cls, connection: OpenIdConnection | None, kept: dict[str, Any]) -> "ProviderForm":
        names = ("issuer", "client_id", "trusts_factor")
        there = {name: getattr(connection, name) for name in names} | {"domains": "\n".join(connection.domains)} if connection else {}
        return cls(initial=there | kept, connection=connection)

    def arguments(self) -> dict[str, Any]:
        """As `connect_provider` takes them."""
        return {**self.cleaned_data, "domains": self.cleaned_data["domains"].replace(",", " ").split()}
