"""How a person writes a Declaration of Security, in three short steps; the rules of its fields stand on the model."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from ports.forms.levels import LEVELS
from ports.measures import DUTIES, LONGEST_NOTE, By
from ports.models import Counterpart, DeclarationOfSecurity, PortFacility
from ports.models.declaration import ShipRole
from ports.ship_numbers import normalised
from portsec.access.acting import Acting
from portsec.face.forms import LocalMoment, RefusalMixin

ADDED = 3  # lines for measures of one's own
USUAL_PERIOD = timedelta(hours=24)
SHIP_ROLES = [(one.value, one.label) for one in ShipRole]


def level_field(label: Any, help_text: Any = "", **options: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=LEVELS, coerce=int, empty_value=None, widget=forms.RadioSelect, help_text=help_text, **options
    )


def facility_field(label: Any, told: Any, **options: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, coerce=UUID, empty_value=None, error_messages={"required": told}, **options)


class SidesForm(RefusalMixin, forms.Form):
    """Step 1: whose facility, and who the other side is. Each kind of other side has a form of its own below."""

    counterpart: str
    facility = facility_field(gettext_lazy("Your facility"), gettext_lazy("Choose your facility."))

    def __init__(self, data: Any = None, *, acting: Acting, facilities: Iterable[PortFacility], **options: Any) -> None:
        super().__init__(data, **options)
        own = [(str(one.pk), str(one)) for one in facilities if one.owner_id == acting.organisation.pk]
        self.choices_of("facility", own)

    def choices_of(self, name: str, choices: list[Any]) -> None:
        """Nothing is chosen where there is a choice: a tired eye would pass over it."""
        chosen = choices if len(choices) == 1 else [("", "–"), *choices]
        self.fields[name].choices = chosen  # type: ignore[attr-defined]

    def arguments(self) -> dict[str, Any]:
        """As `draft_declaration` takes them."""
        return {**self.cleaned_data, "counterpart": self.counterpart}


class ShipForm(SidesForm):
    counterpart = Counterpart.SHIP
    own_level = level_field(gettext_lazy("Your level"))
    ship_name = forms.CharField(label=gettext_lazy("Ship's name"), max_length=80)
    ship_imo = forms.CharField(
        label=gettext_lazy("IMO number"),
        max_length=20,
        help_text=gettext_lazy("Seven digits, as on the hull and in the certificate."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    ship_flag = forms.CharField(label=gettext_lazy("Flag State"), max_length=60)
    other_level = level_field(gettext_lazy("Ship's level"), gettext_lazy("Ask the ship; it may be higher than yours, never lower."))
    ship_role = forms.ChoiceField(label=gettext_lazy("Who answers for the ship"), choices=SHIP_ROLES, widget=forms.RadioSelect)
    ship_person = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    ship_contact = forms.CharField(
        label=gettext_lazy("How to reach them"), max_length=120, help_text=gettext_lazy("Phone, e-mail or VHF channel.")
    )

    def clean_ship_imo(self) -> str:
        return normalised(self.cleaned_data["ship_imo"])


class OtherFacilityForm(SidesForm):
    """A facility's level is known: the officer states another only where it is agreed otherwise."""

    counterpart = Counterpart.FACILITY
    own_level = level_field(gettext_lazy("Your level"))
    other_facility = facility_field(
        gettext_lazy("The other facility"),
        gettext_lazy("Choose the other facility."),
        help_text=gettext_lazy("Of another port: that port is asked, and signs for itself."),
    )
    other_level = level_field(gettext_lazy("Its level"), gettext_lazy("Leave it open to take the one in force now."), required=False)

    def __init__(self, data: Any = None, *, acting: Acting, facilities: Iterable[PortFacility], **options: Any) -> None:
        listed = list(facilities)
        super().__init__(data, acting=acting, facilities=listed, **options)
        ports: dict[str, list[Any]] = {}
        for one in listed:
            ports.setdefault(one.owner.name, []).append((str(one.pk), str(one)))
        self.fields["other_facility"].choices = [("", "–"), *ports.items()]  # type: ignore[attr-defined]


class PeriodForm(RefusalMixin, forms.Form):
    """Step 2: what the two sides do together, and from when until when."""

    activities = forms.CharField(
        label=gettext_lazy("What you do together"), max_length=200, help_text=gettext_lazy("For example: loading containers, berth 3.")
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, required=False, help_text=gettext_lazy("For example: the ship is at level 2.")
    )
    valid_from = LocalMoment(label=gettext_lazy("From"), help_text=gettext_lazy("Day and time on your clock."))
    valid_to = LocalMoment(label=gettext_lazy("Until"), help_text=gettext_lazy("It ends by itself; you may end it earlier."))

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


def period_initial(declaration: DeclarationOfSecurity) -> dict[str, Any]:
    """What is written; of a new one the next 24 hours, from the full minute."""
    now = timezone.now().replace(second=0, microsecond=0)
    begins = declaration.valid_from or now
    return {
        "activities": declaration.activities,
        "reason": declaration.reason,
        "valid_from": begins,
        "valid_to": declaration.valid_to or begins + USUAL_PERIOD,
    }


class MeasuresForm(RefusalMixin, forms.Form):
    """Step 3: of each duty who takes it, and measures of one's own."""

    def __init__(self, data: Any = None, *, declaration: DeclarationOfSecurity) -> None:
        super().__init__(data)
        who = [(By.FACILITY, declaration.named.get("facility", "")), (By.OTHER, declaration.other_name), *By.choices[2:]]
        for duty in DUTIES:
            said = declaration.measures.get(duty.code, {})
            told = {"required": gettext_lazy("Say who takes this.")}
            self.fields[f"by_{duty.code}"] = forms.ChoiceField(
                label=duty.label, choices=who, widget=forms.RadioSelect, initial=said.get("by"), error_messages=told
            )
            self.fields[f"note_{duty.code}"] = forms.CharField(
                label=gettext_lazy("Note"), required=False, max_length=LONGEST_NOTE, initial=said.get("note", "")
            )
        self._add_own(declaration, who)

    def _add_own(self, declaration: DeclarationOfSecurity, who: list[Any]) -> None:
        lines = max(ADDED, len(declaration.additional))
        for place in range(lines):
            said = declaration.additional[place] if place < len(declaration.additional) else {}
            self.fields[f"text_{place}"] = forms.CharField(
                label=gettext_lazy("A measure of your own"), required=False, max_length=LONGEST_NOTE, initial=said.get("text", "")
            )
            self.fields[f"taken_{place}"] = forms.ChoiceField(
                label=gettext_lazy("Who takes it"), choices=who[:3], required=False, initial=said.get("by", By.BOTH)
            )
        self.lines = range(lines)

    def rows(self) -> list[dict[str, Any]]:
        """For the template: each duty with its two fields."""
        return [{"by": self[f"by_{duty.code}"], "note": self[f"note_{duty.code}"]} for duty in DUTIES]

    def own_rows(self) -> list[dict[str, Any]]:
        return [{"text": self[f"text_{place}"], "by": self[f"taken_{place}"]} for place in self.lines]

    def arguments(self) -> dict[str, Any]:
        said = self.cleaned_data
        measures = {duty.code: {"by": said[f"by_{duty.code}"], "note": said[f"note_{duty.code}"]} for duty in DUTIES}
        texts = [(said[f"text_{place}"], said[f"taken_{place}"] or By.BOTH) for place in self.lines]
        return {"measures": measures, "additional": [{"text": text, "by": str(by)} for text, by in texts if text]}

    def add_refusal(self, refused: Any) -> None:
        """`measures/cargo` stands beside the choice of that duty, `additional/1` beside that line."""
        for fault in refused.faults:
            kind, _slash, place = fault.field.partition("/")
            name = {"measures": f"by_{place}", "additional": f"text_{place}"}.get(kind, kind)
            self.add_error(name if name in self.fields else None, fault.detail)


class SignForm(RefusalMixin, forms.Form):
    """One's own hand: the name is the account's."""

    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    side = forms.CharField(widget=forms.HiddenInput, max_length=8)
    capacity = forms.CharField(label=gettext_lazy("You sign as"), max_length=80)


class PaperForm(SignForm):
    """What somebody who has no account signed on paper."""

    person = forms.CharField(label=gettext_lazy("Who signed"), max_length=120)
    capacity = forms.CharField(label=gettext_lazy("In what capacity"), max_length=80)
    signed_at = LocalMoment(label=gettext_lazy("Signed at"), help_text=gettext_lazy("Day and time on your clock."))


class RemarkForm(RefusalMixin, forms.Form):
    POINTERS = {"reason": "note"}

    note = forms.CharField(label=gettext_lazy("Remark"), max_length=200, required=False)
    text_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=30_000)


class ReasonForm(RefusalMixin, forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        error_messages={"required": gettext_lazy("Say why, so that the other side knows what to change.")},
    )


class EndForm(RefusalMixin, forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)
