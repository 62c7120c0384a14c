"""The filters of the ledger, for the page and for programs alike."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portsec.access.acting import Acting
from portsec.access.models import Organisation
from portsec.delivery.ledger import Choice, Show
from portsec.delivery.models import Channel, State
from portsec.delivery.models.endpoint import Kind
from portsec.journal.forms import Day

OUTSIDE = [one for one in Channel.choices if one[0] != Channel.DASHBOARD]


class LedgerForm(forms.Form):
    """Kept in the address. 1 query, for the organisations that one may know of."""

    show = forms.ChoiceField(choices=Show.choices, required=False, label=_("Deliveries"))
    state = forms.ChoiceField(choices=[("", _("Any state")), *State.choices], required=False, label=_("State"))
    channel = forms.ChoiceField(choices=[("", _("Any channel")), *OUTSIDE], required=False, label=_("Also sent by"))
    kind = forms.ChoiceField(choices=[("", _("Alerts and levels")), *Kind.choices], required=False, label=_("Kind"))
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        required=False,
        label=_("Organisation"),
        empty_label=_("Any organisation"),
        error_messages={"invalid_choice": _("No such organisation among those you share a region with.")},
    )
    since = Day(label=_("From"))
    until = Day(label=_("To"))
    late = forms.BooleanField(required=False, label=_("Late only"))

    def __init__(self, acting: Acting, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["organisation"].queryset = Organisation.objects.visible_to(acting).exclude(pk=acting.organisation.pk).order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one. Choose a later day."))
        return self.cleaned_data

    def choice(self) -> Choice:
        """Of a valid form."""
        said = {name: value for name, value in self.cleaned_data.items() if value}
        return Choice(**said)
