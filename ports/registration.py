"""What this app tells the rooms below it about itself."""

from django.urls import reverse
from django.utils.translation import gettext_lazy

from ports.queries.attainment import levels_to_attain
from ports.queries.contacts import contacts_to_verify
from ports.queries.levels import levels_to_decide
from ports.reached import note_reached
from ports.told import level_facts
from ports.views.contacts import found_contacts
from portsec.delivery.checks import register_reached
from portsec.delivery.facts import register_facts
from portsec.face.found import register_found
from portsec.face.waits import register_waits
from portsec.live.links import register_link

LEVEL_ICONS = {"level.changed": "level", "level.acknowledged": "check", "level.attained": "check"}
FACILITY_ICONS = {"facility.added": "pin", "facility.edited": "edit", "facility.closed": "cross"}
CONTACT_VERBS = [f"contact_point.{done}" for done in ("added", "edited", "verified", "retired", "reordered")]


def register() -> None:
    register_link("security_level_change", lambda pk: reverse("level_change", args=[pk]), icons=LEVEL_ICONS)
    register_link("port_facility", lambda pk: reverse("facility_detail", args=[pk]), icons=FACILITY_ICONS)
    register_link("contact_point", lambda pk: reverse("contact_detail", args=[pk]), icons=dict.fromkeys(CONTACT_VERBS, "call"))
    register_facts("security_level_change", level_facts)
    register_reached(note_reached)
    register_waits(levels_to_decide)
    register_waits(levels_to_attain)
    register_waits(contacts_to_verify)
    register_found("contact_points", gettext_lazy("Contact points"), "call", found_contacts)
