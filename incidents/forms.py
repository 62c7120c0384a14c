"""The composer's forms. Field rules stand on the models; here is how a person types them."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Alert, AlertMessage, cap
from incidents.queries import FILTERS
from portsec.access.acting import Acting
from portsec.access.audience_form import AudienceFields
from portsec.access.audiences import AudienceWish
from portsec.access.models import Audience, Membership, Organisation
from portsec.access.roles import OFFICERS
from portsec.access.tlp import Tlp
from portsec.face.forms import LocalMoment, RefusalMixin

EVENTS = (
    gettext_lazy("Suspicious craft"),
    gettext_lazy("Suspicious vehicle"),
    gettext_lazy("Suspicious person"),
    gettext_lazy("Unauthorised drone"),
    gettext_lazy("Unauthorised access"),
    gettext_lazy("Bomb threat"),
    gettext_lazy("Fire or explosion"),
    gettext_lazy("Dangerous goods release"),
    gettext_lazy("Cyber incident"),
    gettext_lazy("AIS or GNSS interference"),
    gettext_lazy("Closure of port or fairway"),
    gettext_lazy("Stowaways"),
)


class AreaFields(forms.Form):
    """One place with a radius, as it is said on the radio; the API takes more."""

    area_description = forms.CharField(
        label=gettext_lazy("Area"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("A place in words. Mark it on the map if you can."),
    )
    area_lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    area_lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    area_radius_km = forms.FloatField(label=gettext_lazy("Radius, km"), required=False, min_value=0.1, max_value=2000)

    def areas(self) -> list[dict[str, Any]]:
        said = self.cleaned_data
        if not said.get("area_description"):
            return []
        area: dict[str, Any] = {"description": said["area_description"]}
        if said.get("area_lat") is not None and said.get("area_lon") is not None:
            area["circle"] = {"lat": said["area_lat"], "lon": said["area_lon"], "km": said.get("area_radius_km") or 1.0}
        return [area]

    def clean(self) -> dict[str, Any] | None:
        said = super().clean()
        if self.cleaned_data.get("area_lat") is not None and not self.cleaned_data.get("area_description"):
            self.add_error("area_description", _("Describe the area in words: a radio message cannot show a map."))
        return said


def area_initial(areas: list[dict[str, Any]]) -> dict[str, Any]:
    if not areas:
        return {}
    circle = areas[0].get("circle") or {}
    return {
        "area_description": areas[0]["description"],
        "area_lat": circle.get("lat"),
        "area_lon": circle.get("lon"),
        "area_radius_km": circle.get("km"),
    }


class AlertForm(AudienceFields, AreaFields, forms.ModelForm[Alert]):
    POINTERS = {**AudienceFields.POINTERS, "areas": "area_description"}

    category = forms.TypedMultipleChoiceField(
        choices=cap.Category.choices, widget=forms.CheckboxSelectMultiple, initial=[cap.Category.SECURITY]
    )
    response_types = forms.TypedMultipleChoiceField(
        label=gettext_lazy("What to do, in one word"),
        choices=cap.ResponseType.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    severity = forms.ChoiceField(choices=cap.Severity.choices, widget=forms.RadioSelect)
    tlp = forms.ChoiceField(label=gettext_lazy("Who may know: TLP label"), choices=Tlp.choices, widget=forms.RadioSelect, initial=Tlp.AMBER)
    audience_kind = forms.ChoiceField(
        label=gettext_lazy("Send to"),
        choices=[choice for choice in Audience.Kind.choices if choice[0] != Audience.Kind.OWN],
        widget=forms.RadioSelect,
        initial=Audience.Kind.REGION_PORTS,
    )
    persons = forms.MultipleChoiceField(
        label=gettext_lazy("Named persons"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Of TLP:RED only these persons and you learn that the alert exists."),
    )
    expires_at = LocalMoment(
        label=gettext_lazy("Expires"), required=False, help_text=gettext_lazy("An expired alert leaves the dashboards.")
    )

    class Meta:
        model = Alert
        fields: ClassVar[list[str]] = [
            "headline", "description", "instruction", "event", "category", "response_types", "severity", "urgency", "certainty",
            "tlp", "expires_at", "is_exercise",
        ]  # fmt: skip
        labels = {"is_exercise": gettext_lazy("This is an exercise"), "event": gettext_lazy("Event")}
        help_texts = {
            "headline": gettext_lazy("What happens and where, in one line. It stands on every dashboard."),
            "instruction": gettext_lazy("Start with a verb. What should the reader do now?"),
            "description": gettext_lazy("What is known, and what is not."),
        }
        widgets = {
            "instruction": forms.Textarea(attrs={"rows": 3}),
            "description": forms.Textarea(attrs={"rows": 3}),
            "event": forms.TextInput(attrs={"list": "events", "autocomplete": "off"}),
        }
        error_messages = {
            "headline": {"required": gettext_lazy("Say in one line what happens and where.")},
            "event": {"required": gettext_lazy("Name the kind of event.")},
        }

    events = EVENTS

    def __init__(self, acting: Acting, *args: Any, **kwargs: Any) -> None:
        alert: Alert | None = kwargs.get("instance")
        if alert is not None:
            kwargs["initial"] = _initial(alert) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.acting = acting
        self.offer_audiences(acting)
        self._field("persons").choices = persons_to_name(acting)
        for name in ("urgency", "certainty"):
            self._field(name).choices = [choice for choice in self._field(name).choices if choice[0]]

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def arguments(self) -> dict[str, Any]:
        """As `draft_alert` and `edit_draft` take them."""
        content = {name: self.cleaned_data[name] for name in self.Meta.fields}
        persons = [UUID(one) for one in self.cleaned_data.get("persons") or ()] if content["tlp"] == Tlp.RED else []
        return {**content, "areas": self.areas(), "wish": self.wish(), "persons": persons}

    def _post_clean(self) -> None:
        """The action checks the model; done here as well, a mistake would be said twice."""


def _initial(alert: Alert) -> dict[str, Any]:
    wish = AudienceWish.from_json(alert.wish)
    chosen = {"audience_kind": wish.kind, "region": wish.region, "organisations": list(wish.organisations)}
    return {**chosen, "persons": [str(one) for one in alert.wished_persons], **area_initial(alert.areas)}


def persons_to_name(acting: Acting) -> list[tuple[str, list[tuple[str, str]]]]:
    """The officers of the visible organisations, by organisation. 1 query."""
    seen = Organisation.objects.visible_to(acting)
    officers = Membership.objects.filter(
        organisation__in=seen, is_active=True, user__is_active=True, user__is_service=False, role__in=OFFICERS
    ).exclude(user=acting.user)
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in officers.select_related("user", "organisation").order_by("organisation__name", "user__name"):
        groups.setdefault(one.organisation.name, []).append((str(one.user_id), f"{one.user.name}, {one.get_role_display()}"))
    return list(groups.items())


class UpdateForm(RefusalMixin, AreaFields, forms.ModelForm[AlertMessage]):
    POINTERS = {"areas": "area_description"}

    note = forms.CharField(label=gettext_lazy("What is new"), max_length=500, help_text=gettext_lazy("One line. It stands in every feed."))
    severity = forms.ChoiceField(choices=cap.Severity.choices, widget=forms.RadioSelect)
    expires_at = LocalMoment(label=gettext_lazy("Expires"), required=False)
    ask_again = forms.BooleanField(
        label=gettext_lazy("Ask everyone to acknowledge again"),
        required=False,
        help_text=gettext_lazy("Otherwise the answers given so far stand."),
    )

    class Meta:
        model = AlertMessage
        fields: ClassVar[list[str]] = ["note", "headline", "description", "instruction", "severity", "urgency", "certainty", "expires_at"]
        widgets = {"instruction": forms.Textarea(attrs={"rows": 3}), "description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, alert: Alert, data: Any = None) -> None:
        kept = {name: getattr(alert, name) for name in self.Meta.fields if name != "note"}
        super().__init__(data, initial={**kept, **area_initial(alert.areas)})

    def arguments(self) -> dict[str, Any]:
        """As `update_alert` takes them."""
        return {
            **{name: self.cleaned_data[name] for name in self.Meta.fields},
            "areas": self.areas(),
            "ask_again": self.cleaned_data["ask_again"],
        }

    def _post_clean(self) -> None:
        """The action checks the model; done here as well, a mistake would be said twice."""


class CancelForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


class RemarkForm(forms.Form):
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=500, required=False)


LISTS = {
    "waiting": gettext_lazy("Waiting for us"),
    "active": gettext_lazy("Active"),
    "sent": gettext_lazy("Sent by us"),
    "drafts": gettext_lazy("Drafts"),
    "ended": gettext_lazy("Ended"),
    "all": gettext_lazy("All"),
}


class ListForm(forms.Form):
    """The filters of the list, kept in the address."""

    show = forms.ChoiceField(
        choices=[(name, LISTS[name]) for name in FILTERS], required=False, initial="active", label=gettext_lazy("Show")
    )
    severity = forms.ChoiceField(
        choices=[("", gettext_lazy("Any severity")), *cap.Severity.choices], required=False, label=gettext_lazy("Severity")
    )
    search = forms.CharField(max_length=200, required=False, label=gettext_lazy("Search"))
    hide_exercises = forms.BooleanField(required=False, label=gettext_lazy("Hide exercises"))
