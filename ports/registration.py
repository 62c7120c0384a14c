"""What this app tells the rooms below it about itself."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from ports.queries.attainment import levels_to_attain
from ports.queries.contacts import contacts_to_verify
from ports.queries.declaration_waits import declarations_to_answer, declarations_to_propose
from ports.queries.documents import found_documents
from ports.queries.imports import imports_to_confirm
from ports.queries.levels import levels_to_decide
from ports.reached import note_reached
from ports.told import level_facts
from ports.views.contacts import found_contacts
from ports.views.declarations import found_declarations
from portsec.access.actions.proposals import register_names
from portsec.delivery.checks import register_reached
from portsec.delivery.facts import register_facts
from portsec.face.found import register_found
from portsec.face.waits import register_waits
from portsec.live.links import register_link

LEVEL_ICONS = {"level.changed": "level", "level.acknowledged": "check", "level.attained": "check"}
PLAN_ICONS = {"level.planned": "clock", "level.plan_cancelled": "cross", "level.plan_lapsed": "cross"}
FACILITY_ICONS = {"facility.added": "pin", "facility.edited": "edit", "facility.closed": "cross"}
ACTIVITY_ICONS = {"port_activity.recorded": "chart", "port_activity.edited": "chart"}
DOCUMENT_VERBS = [f"document.{done}" for done in ("added", "version_added", "edited", "retired")]
CONTACT_VERBS = [f"contact_point.{done}" for done in ("added", "edited", "verified", "retired", "reordered")]
DECLARATION_ICONS = {
    "declaration.agreed": "check",
    "declaration.declined": "cross",
    "declaration.cancelled": "cross",
    "declaration.deleted": "cross",
    "declaration.expired": "clock",
    **{f"declaration.{done}": "sign" for done in ("requested", "edited", "signed", "ended")},
}


def register() -> None:
    register_link("security_level_change", lambda pk: reverse("level_change", args=[pk]), icons=LEVEL_ICONS)
    register_link("planned_level", lambda pk: reverse("level_plan", args=[pk]), icons=PLAN_ICONS)
    register_link("port_facility", lambda pk: reverse("facility_detail", args=[pk]), icons=FACILITY_ICONS)
    register_link("contact_point", lambda pk: reverse("contact_detail", args=[pk]), icons=dict.fromkeys(CONTACT_VERBS, "call"))
    register_facts("security_level_change", level_facts)
    register_names(lambda text: Q(port__unlocode="".join(text.split()).upper()))
    register_link("port_description", lambda pk: reverse("port_description", args=[pk]), icons={"profile.kept": "edit"})
    register_link("port_activity", lambda pk: reverse("activity_detail", args=[pk]), icons=ACTIVITY_ICONS)
    register_link("port_document", lambda pk: reverse("document_detail", args=[pk]), icons=dict.fromkeys(DOCUMENT_VERBS, "book"))
    register_reached(note_reached)
    register_waits(levels_to_decide)
    register_waits(levels_to_attain)
    register_waits(contacts_to_verify)
    register_waits(imports_to_confirm)
    register_found("port_documents", gettext_lazy("Documents"), "book", found_documents)
    register_found("contact_points", gettext_lazy("Contact points"), "call", found_contacts)
    register_link("declaration_of_security", lambda pk: reverse("declaration_detail", args=[pk]), icons=DECLARATION_ICONS)
    register_waits(declarations_to_answer)
    register_waits(declarations_to_propose)
    register_found("declarations", gettext_lazy("Declarations of Security"), "sign", found_declarations)
