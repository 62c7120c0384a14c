"""Who may know of a record, as every form asks it. The form itself says `audience_kind`: its words and its first choice differ."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from portsec.access.acting import Acting
from portsec.access.audiences import AudienceWish
from portsec.access.models import Audience, Organisation, Region
from portsec.face.forms import RefusalMixin


class AudienceFields(RefusalMixin, forms.Form):
    POINTERS: ClassVar[dict[str, str]] = {
        "audience/organisations": "organisations",
        "audience/region": "region",
        "audience": "audience_kind",
    }

    region = forms.ModelChoiceField(Region.objects.none(), label=gettext_lazy("Region"), required=False, empty_label=None)
    organisations = forms.ModelMultipleChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Organisations"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For “Named organisations” only."),
        error_messages={"invalid_choice": gettext_lazy("No such organisation among those you share a region with.")},
    )

    def offer_audiences(self, acting: Acting) -> None:
        """The regions that one is in, the first joined first, and whom one sees."""
        fields: dict[str, Any] = self.fields
        regions = Region.objects.filter(memberships__organisation=acting.organisation).order_by("memberships__joined_at")
        fields["region"].queryset, fields["region"].initial = regions, regions.first()
        fields["organisations"].queryset = Organisation.objects.visible_to(acting).exclude(pk=acting.organisation.pk).order_by("name")

    def wish(self) -> AudienceWish:
        said = self.cleaned_data
        kind = said["audience_kind"]
        if kind == Audience.Kind.NAMED:
            return AudienceWish(kind, organisations=tuple(one.pk for one in said.get("organisations") or ()))
        return AudienceWish(kind, said["region"].pk if said.get("region") and kind != Audience.Kind.OWN else None)
