"""How a person adds a document, a version, or retires one. Field rules stand on the models, those of files in portsec/files."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy

from ports.models import PortDocument
from portsec.access.acting import Acting
from portsec.access.audience_form import AudienceFields
from portsec.access.models import Audience, Membership, Organisation
from portsec.access.tlp import Tlp
from portsec.face.forms import RefusalMixin


def file_field() -> forms.FileField:
    return forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,  # the store says it in its own words
        help_text=gettext_lazy("PDF, PNG, JPEG, WebP, DOCX, XLSX, ODT, TXT or CSV, up to 20 MB."),
        error_messages={"required": gettext_lazy("Choose the file."), "missing": gettext_lazy("Choose the file.")},
    )


def note_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("What is new"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("One line that stands beside the version."),
    )


def kind_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=gettext_lazy("Kind"), choices=PortDocument.Kind.choices, widget=forms.RadioSelect)


class DocumentForm(AudienceFields, forms.ModelForm[PortDocument]):
    POINTERS = {**AudienceFields.POINTERS, "persons": "persons"}

    kind = kind_field()
    tlp = forms.ChoiceField(label=gettext_lazy("TLP label"), choices=Tlp.choices, widget=forms.RadioSelect, initial=Tlp.AMBER)
    audience_kind = forms.ChoiceField(
        label=gettext_lazy("Who may read it"),
        choices=Audience.Kind.choices,
        widget=forms.RadioSelect,
        initial=Audience.Kind.OWN,
        help_text=gettext_lazy("Others never learn of it. This cannot be changed later: those who have it would keep it."),
    )
    persons = forms.MultipleChoiceField(
        label=gettext_lazy("Named persons"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For TLP:RED only. You are always among them."),
        error_messages={"invalid_choice": gettext_lazy("No such person in the named organisations.")},
    )
    file = file_field()
    note = note_field()

    class Meta:
        model = PortDocument
        fields = ("title", "kind", "tlp")

    def __init__(self, acting: Acting, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer_audiences(acting)
        persons: Any = self.fields["persons"]
        persons.choices = persons_to_name(acting)

    def arguments(self) -> dict[str, Any]:
        """As `add_document` takes them."""
        said = {name: self.cleaned_data[name] for name in ("title", "kind", "tlp", "file", "note")}
        return {**said, "wish": self.wish(), "persons": [UUID(one) for one in self.cleaned_data["persons"]]}

    def _post_clean(self) -> None:
        """Left to the action."""


def persons_to_name(acting: Acting) -> list[tuple[str, str]]:
    """The people of the visible organisations but for oneself, as TLP:RED names them. 1 query."""
    seen = Organisation.objects.visible_to(acting)
    people = Membership.objects.filter(organisation__in=seen, is_active=True, user__is_active=True, user__is_service=False)
    others = people.exclude(user=acting.user).select_related("user", "organisation").order_by("organisation__name", "user__name")
    return [(str(one.user_id), f"{one.user.name}, {one.get_role_display()}, {one.organisation.name}") for one in others]


class DocumentEditForm(RefusalMixin, forms.ModelForm[PortDocument]):
    kind = kind_field()
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2_000_000_000)

    class Meta:
        model = PortDocument
        fields = ("title", "kind")

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def _post_clean(self) -> None:
        """Left to the action."""


class VersionForm(RefusalMixin, forms.Form):
    """`after` is the newest version that the person saw."""

    after = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32_000)
    file = file_field()
    note = note_field()

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class RetireForm(RefusalMixin, forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("One line for those who find it later, for example Replaced by the plan of 2026."),
        error_messages={"required": gettext_lazy("Say why it is not in use any more.")},
    )
