"""How a person says where and of what is told. The rules stand in the verbs."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from portsec.delivery.models import Endpoint
from portsec.delivery.models.endpoint import THRESHOLDS, Kind
from portsec.delivery.severity import Severity
from portsec.face.forms import RefusalMixin

FROM_SEVERITY = [
    ("all", gettext_lazy("All")),
    (Severity.MODERATE.value, gettext_lazy("Moderate and above")),
    (Severity.SEVERE.value, gettext_lazy("Severe and above")),
    (Severity.EXTREME.value, gettext_lazy("Extreme only")),
]


NONE_CHOSEN = {"required": gettext_lazy("Choose at least one."), "invalid_choice": gettext_lazy("Choose among those in the list.")}
NO_THRESHOLD = {"required": gettext_lazy("Choose from which severity on."), "invalid_choice": gettext_lazy("Choose one of the list.")}


def threshold_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("From which severity on"),
        choices=FROM_SEVERITY,
        help_text=gettext_lazy("A security level counts as Moderate (1), Severe (2) or Extreme (3)."),
        error_messages=NO_THRESHOLD,
    )


def kinds_field() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=gettext_lazy("Told of"),
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages=NONE_CHOSEN,
    )


class ThresholdForm(RefusalMixin, forms.Form):
    """What its owner says of an endpoint that follows a contact point."""

    POINTERS: ClassVar[dict[str, str]] = {"severities": "threshold"}

    threshold = threshold_field()
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, endpoint: Endpoint | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {} if endpoint is None else self.initial_of(endpoint)

    def initial_of(self, endpoint: Endpoint) -> dict[str, Any]:
        return {"threshold": endpoint.threshold, "version": endpoint.version}

    def arguments(self) -> dict[str, Any]:
        """As the verbs take it."""
        written = {name: value for name, value in self.cleaned_data.items() if name not in {"threshold", "version"}}
        return {**written, "severities": list(map(str, THRESHOLDS[self.cleaned_data["threshold"]]))}


class MailboxForm(ThresholdForm):
    label = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("As your people know it: Control room mailbox."),
        error_messages={"required": gettext_lazy("Give it a name, as Control room mailbox.")},
    )
    address = forms.CharField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Write the address of the mailbox.")},
    )
    kinds = kinds_field()
    field_order = ["label", "address", "kinds", "threshold", "version"]

    def initial_of(self, endpoint: Endpoint) -> dict[str, Any]:
        return {**super().initial_of(endpoint), **{name: getattr(endpoint, name) for name in ("label", "address", "kinds")}}


class WebhookForm(RefusalMixin, forms.Form):
    label = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("Which system is told: Control room wall."),
        error_messages={"required": gettext_lazy("Give it a name, as Control room wall.")},
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=1000,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Begins with https:// and is reachable from the internet."),
        error_messages={"required": gettext_lazy("Write the address that is called, as https://example.org/portsec.")},
    )
    kinds = kinds_field()
    severities = forms.MultipleChoiceField(
        label=gettext_lazy("Of these severities"),
        choices=Severity.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages=NONE_CHOSEN,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, webhook: Endpoint | None, *args: Any, **kwargs: Any) -> None:
        initial: dict[str, Any] = {"kinds": Kind.values, "severities": Severity.values}
        if webhook is not None:
            initial = {name: getattr(webhook, name) for name in ("label", "address", "kinds", "severities", "version")}
        super().__init__(*args, **kwargs)
        self.initial = initial

    def arguments(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class OwnForm(RefusalMixin, forms.Form):
    by_email = forms.BooleanField(label=gettext_lazy("By e-mail"), required=False)
    threshold = threshold_field()
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("Never for Extreme and Severe: they come at any hour."),
        error_messages={"invalid": gettext_lazy("Give a time, as 22:00.")},
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("On your organisation's clock. Leave both empty for none."),
        error_messages={"invalid": gettext_lazy("Give a time, as 06:00.")},
    )
    POINTERS: ClassVar[dict[str, str]] = {"severities": "threshold"}

    def __init__(self, mail: Endpoint, *args: Any, **kwargs: Any) -> None:
        kept = {name: getattr(mail, name) for name in ("threshold", "quiet_from", "quiet_until")}
        super().__init__(*args, **kwargs)
        self.initial = {"by_email": bool(mail.kinds), **kept}
        self.fields["by_email"].help_text = mail.address or ""

    def arguments(self) -> dict[str, Any]:
        written = {name: value for name, value in self.cleaned_data.items() if name != "threshold"}
        return {**written, "severities": list(map(str, THRESHOLDS[self.cleaned_data["threshold"]]))}


class SubscriptionForm(RefusalMixin, forms.Form):
    """What push.js sends: the parts of a PushSubscription."""

    endpoint = forms.CharField(max_length=1000)
    p256dh = forms.CharField(max_length=120)
    auth = forms.CharField(max_length=40)
    POINTERS: ClassVar[dict[str, str]] = {"address": "endpoint"}
