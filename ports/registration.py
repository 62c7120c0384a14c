"""What this app tells the rooms below it about itself."""

from django.urls import reverse

from ports.queries.attainment import levels_to_attain
from ports.queries.levels import levels_to_decide
from portsec.face.waits import register_waits
from portsec.live.links import register_link

LEVEL_ICONS = {"level.changed": "level", "level.acknowledged": "check", "level.attained": "check"}
FACILITY_ICONS = {"facility.added": "pin", "facility.edited": "edit", "facility.closed": "cross"}


def register() -> None:
    register_link("security_level_change", lambda pk: reverse("level_change", args=[pk]), icons=LEVEL_ICONS)
    register_link("port_facility", lambda pk: reverse("facility_detail", args=[pk]), icons=FACILITY_ICONS)
    register_waits(levels_to_decide)
    register_waits(levels_to_attain)
