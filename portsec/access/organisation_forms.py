"""How an administrator types what the verbs of this room take. The rules stand in the verbs."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portsec.access.models import Organisation
from portsec.access.roles import ROLES_OF_KIND, SCOPES, VERBS, Role
from portsec.face.forms import RefusalMixin


def role_choices(organisation: Organisation, *, without: Iterable[Role] = ()) -> list[tuple[str, str]]:
    return [(role.value, str(role.label)) for role in ROLES_OF_KIND[organisation.kind] if role not in set(without)]


class RoleField(forms.ChoiceField):
    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            error_messages={
                "required": gettext_lazy("Choose a role."),
                "invalid_choice": gettext_lazy("Choose one of the roles in the list."),
            },
        )


class RoleForm(RefusalMixin, forms.Form):
    role = RoleField(gettext_lazy("Role"))

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(organisation)  # type: ignore[attr-defined]


class InviteForm(RoleForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        help_text=gettext_lazy("The invitation goes there. Whoever opens it joins with this address."),
        error_messages={
            "required": gettext_lazy("Write the address to which the invitation goes."),
            "invalid": gettext_lazy("This is no e-mail address. Write it as name@port.example."),
        },
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("As you know the person. It can be corrected when the invitation is taken up."),
        error_messages={"required": gettext_lazy("Write the person's name.")},
    )
    field_order = ["email", "name", "role"]


class HandOverForm(RefusalMixin, forms.Form):
    own_role = RoleField(gettext_lazy("Your own role afterwards"))

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        managers = VERBS["member.manage"].roles
        self.fields["own_role"].choices = role_choices(organisation, without=managers)  # type: ignore[attr-defined]


class JoinForm(RefusalMixin, forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=120,
        help_text=gettext_lazy("As colleagues in other ports see it beside your answers."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": gettext_lazy("Write your name.")},
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=256,
        help_text=gettext_lazy("At least 12 characters. Several words that you remember are better than signs."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": gettext_lazy("Choose a password of at least 12 characters.")},
    )


LIFETIMES = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("1 year"),
    "date": gettext_lazy("Until a day of your choice"),
}
DAY_FORMATS = ["%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y"]


class TokenForm(RefusalMixin, forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("Which system uses it, as “Quay 3 gate control”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Name the system that will use the token.")},
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("As little as the system needs."),
        error_messages={"required": gettext_lazy("Choose at least one thing that the system may do.")},
    )
    lifetime = forms.ChoiceField(label=gettext_lazy("Works for"), choices=list(LIFETIMES.items()), widget=forms.RadioSelect, initial="90")
    expires_at = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        input_formats=DAY_FORMATS,
        help_text=gettext_lazy("Only for a day of your choice, two years ahead at most."),
        widget=forms.DateInput(attrs={"autocomplete": "off", "inputmode": "numeric"}, format=DAY_FORMATS[0]),
        error_messages={"invalid": gettext_lazy("Write day, month and year, as 24.11.2026.")},
    )
    networks = forms.CharField(
        label=gettext_lazy("Taken only from these networks"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("One a line, as 192.0.2.0/24 or 2001:db8::/48. Empty: from anywhere."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = scope_choices()  # type: ignore[attr-defined]

    def clean(self) -> None:
        super().clean()
        if self.cleaned_data.get("lifetime") == "date" and not self.cleaned_data.get("expires_at") and "expires_at" not in self.errors:
            self.add_error("expires_at", _("Write the last day, or choose 30 days, 90 days or 1 year."))

    def arguments(self) -> dict[str, Any]:
        """As `create_token` takes them."""
        said = self.cleaned_data
        return {
            "name": said["name"],
            "scopes": said["scopes"],
            "expires_at": self._end(said["lifetime"], said.get("expires_at")),
            "networks": said["networks"].replace(",", " ").split(),
        }

    def _end(self, lifetime: str, last_day: date | None) -> datetime:
        if lifetime == "date" and last_day is not None:
            return timezone.make_aware(datetime.combine(last_day, time.max.replace(microsecond=0)))
        return timezone.now() + timedelta(days=int(lifetime))


def scope_choices() -> list[tuple[str, str]]:
    """Each scope with the words of the verbs that it allows."""
    words = {scope: [str(verb.label) for verb in VERBS.values() if verb.scope == scope] for scope in SCOPES}
    return [(scope, capfirst("; ".join(labels))) for scope, labels in words.items()]


GRACE_CHOICES = {
    0: gettext_lazy("Not at all"),
    3600: gettext_lazy("For 1 hour"),
    24 * 3600: gettext_lazy("For 24 hours"),
}


class RotateForm(RefusalMixin, forms.Form):
    grace = forms.TypedChoiceField(
        label=gettext_lazy("The old secret still works"),
        coerce=int,
        choices=list(GRACE_CHOICES.items()),
        initial=3600,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Long enough to put the new one into every system."),
        error_messages={"invalid_choice": gettext_lazy("Choose how long the old secret works: not at all, 1 hour or 24 hours.")},
    )
