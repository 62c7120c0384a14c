"""The filters of the audit log, for the page and for programs alike."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from portsec.access.acting import Acting
from portsec.access.models import Membership
from portsec.face.wording import label
from portsec.journal.audit import Choice, Group, linked_kinds


class Day(forms.DateField):
    """A day of the acting organisation's calendar."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            input_formats=["%Y-%m-%d", "%d.%m.%Y"],
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"invalid": _("Write a day as 2026-11-24.")},
            **options,
        )


class AuditForm(forms.Form):
    """Kept in the address. People are all who belong, or belonged, to the acting organisation. 1 query."""

    person = forms.ChoiceField(required=False, label=_("Person"))
    group = forms.ChoiceField(choices=[("", _("Everything")), *Group.choices], required=False, label=_("What was done"))
    kind = forms.ChoiceField(required=False, label=_("Kind of object"))
    since = Day(label=_("From"))
    until = Day(label=_("To"))
    search = forms.CharField(required=False, max_length=200, label=_("Search"))

    def __init__(self, acting: Acting, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = Membership.objects.filter(organisation=acting.organisation).select_related("user").order_by("user__name", "pk")
        self.fields["person"].choices = [("", _("Anybody")), *((str(one.user_id), one.user.name) for one in people)]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("Any kind")), *((kind, label(kind)) for kind in linked_kinds())]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one. Choose a later day."))
        return self.cleaned_data

    def choice(self) -> Choice:
        """Of a valid form."""
        said = self.cleaned_data
        person = UUID(said["person"]) if said["person"] else None
        return Choice(person, said["group"], said["kind"], said["since"], said["until"], said["search"])
