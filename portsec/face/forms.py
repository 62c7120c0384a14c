"""What forms of several apps share: moments on the organisation's clock, and what an action refused beside its field."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from portsec.problems import Refused

TIME_FORMATS = ["%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M"]


class LocalMoment(forms.DateTimeField):
    """A date and time on the acting organisation's clock."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            input_formats=TIME_FORMATS,
            widget=forms.DateTimeInput(attrs={"inputmode": "numeric", "autocomplete": "off"}, format=TIME_FORMATS[0]),
            error_messages={"invalid": gettext_lazy("Write day, month, year and time, as 24.11.2026 06:30.")},
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        return timezone.localtime(value).replace(tzinfo=None) if isinstance(value, datetime) and timezone.is_aware(value) else value


class RefusalMixin:
    """Shows what an action refused beside the field it names, with the input kept."""

    POINTERS: ClassVar[dict[str, str]] = {}

    def add_refusal(self, refused: Refused) -> None:
        for fault in refused.faults:
            name = self.POINTERS.get(fault.field.rstrip("/0123456789"), fault.field.partition("/")[0])
            self.add_error(name if name in self.fields else None, fault.detail)  # type: ignore[attr-defined]
