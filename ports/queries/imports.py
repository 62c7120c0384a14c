"""Files of ports that somebody chose and nobody has confirmed yet."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.models import PortImport
from ports.models.port_import import PortImportQuerySet
from portsec.access.acting import Acting
from portsec.face import wording
from portsec.face.waits import Wait


def waiting_imports(acting: Acting) -> PortImportQuerySet:
    """The acting body's, the newest first, without their lines, of which there are thousands. 1 query."""
    found = PortImport.objects.waiting(acting).select_related("region", "made_by")
    return found.defer("lines").order_by("-created_at", "-pk")


def imports_to_confirm(acting: Acting) -> list[Wait]:
    """A line for each on the dashboard. 1 query; none for who may not import."""
    if not acting.may("port.import"):
        return []
    return [_wait(one) for one in waiting_imports(acting)]


def _wait(one: PortImport) -> Wait:
    left = (one.kept_until - timezone.now()).total_seconds()
    told = {"region": one.region.name, "person": one.made_by.short_name if one.made_by else _("a service")}
    return Wait(
        title=_("Import or throw away %s") % one.file_name,
        url=reverse("port_import_review", args=[one.pk]),
        meta=_("Ports for %(region)s, chosen by %(person)s. Nothing of it is in the region yet.") % told,
        icon="plus",
        badge=_("kept %s more") % wording.span(left),
    )
