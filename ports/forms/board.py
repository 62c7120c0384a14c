"""The filters of the regional board, kept in its address."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ports.models import SecurityLevel

LEVELS = [("", _("Any level")), *((level.value, _("Level %d") % level.value) for level in SecurityLevel)]
ORDERS = [("", _("Along the coast")), ("port", _("By name")), ("level", _("By level")), ("waiting", _("By what is late"))]


class BoardForm(forms.Form):
    """A value that it does not know is left out: an address that somebody has typed still shows the board."""

    level = forms.TypedChoiceField(choices=LEVELS, coerce=int, empty_value=None, required=False, label=_("Level"))
    waiting = forms.BooleanField(required=False, label=_("Only with late answers"))
    order = forms.ChoiceField(choices=ORDERS, required=False, label=_("Order"))
    search = forms.CharField(required=False, max_length=100, label=_("Search a port"))

    def choice(self) -> dict[str, Any]:
        """What `chosen_rows` takes."""
        said = self.cleaned_data if self.is_valid() or self.cleaned_data else {}
        return {"level": said.get("level"), "waiting": said.get("waiting", False), "search": said.get("search", "").strip()}

    @property
    def chosen_order(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("order") or "")
