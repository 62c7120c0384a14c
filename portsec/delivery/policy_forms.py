"""How a person writes an escalation policy: minutes, one row for each step."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portsec.delivery.models import Step
from portsec.delivery.progress import in_minutes
from portsec.face.forms import RefusalMixin
from portsec.problems import Refused

PREFIX = "steps"
ROWS = 30  # read at most, far more than may be kept: too many is said in words


def minutes(label: Any, *, required: bool, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        help_text=help_text,
        min_value=0,
        max_value=100_000,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"min": "0", "step": "any", "inputmode": "decimal"}),
        error_messages={"required": _("Say after how many minutes."), "invalid": _("Give a number of minutes, as 2 or 0.5.")},
    )


class PolicyForm(RefusalMixin, forms.Form):
    """`version` is the one that was read; 0: there was none."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    acknowledge_within = minutes(
        _("Answer due after, minutes"),
        required=False,
        help_text=_("Of what we send ourselves. Empty: 5 for Extreme, 15 for Severe, 60 for the rest."),
    )

    def seconds(self) -> int | None:
        return in_seconds(self.cleaned_data.get("acknowledge_within"))


class StepForm(RefusalMixin, forms.Form):
    after = minutes(_("Minutes after the deadline"), required=True)
    step = forms.ChoiceField(label=_("What happens"), choices=Step.choices)


def in_seconds(written: Decimal | None) -> int | None:
    return None if written is None else round(written * 60)


def rows_of(data: Mapping[str, Any]) -> list[dict[str, str]]:
    """The steps as they were written, whatever they are."""
    written = [(data.get(f"{PREFIX}-{number}-after"), data.get(f"{PREFIX}-{number}-step")) for number in range(ROWS)]
    return [{"after": after or "", "step": step or ""} for after, step in written if after is not None or step is not None]


def shown_rows(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{"after": in_minutes(one["after"]), "step": one["step"]} for one in steps]


def step_forms(rows: Sequence[Mapping[str, str]], *, bound: bool) -> list[StepForm]:
    """Bound they are checked; unbound they keep what is written, and complain of nothing."""
    return [
        StepForm({f"{PREFIX}-{number}-{name}": value for name, value in row.items()}, prefix=f"{PREFIX}-{number}")
        if bound
        else StepForm(initial=dict(row), prefix=f"{PREFIX}-{number}")
        for number, row in enumerate(rows)
    ]


def readable_steps(rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Those that can be drawn, in order of time."""
    forms_ = [one for one in step_forms(rows, bound=True) if one.is_valid()]
    return sorted(written(forms_), key=lambda one: int(one["after"]))


def written(valid: Sequence[StepForm]) -> list[dict[str, Any]]:
    return [{"after": in_seconds(one.cleaned_data["after"]), "step": one.cleaned_data["step"]} for one in valid]


def show_refusal(form: PolicyForm, steps: Sequence[StepForm], refused: Refused) -> None:
    """Each fault beside the row and field that it names."""
    for fault in refused.faults:
        parts = fault.field.split("/")
        if parts[0] == PREFIX and len(parts) == 3 and int(parts[1]) < len(steps):
            steps[int(parts[1])].add_error(parts[2], fault.detail)
        else:
            form.add_error(parts[0] if parts[0] in form.fields else None, fault.detail)
