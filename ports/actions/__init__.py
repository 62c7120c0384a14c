"""The verbs of ports, one file a subject."""

from ports.actions.attainment import acknowledge_level, attain_level
from ports.actions.contacts import add_contact_point, edit_contact_point, reorder, retire_contact_point, verify_contact_point
from ports.actions.facilities import add_facility, close_facility, edit_facility
from ports.actions.importing import add_port, import_as_operator, import_ports, look_at_ports
from ports.actions.levels import LevelTaken, set_security_level

__all__ = [
    "LevelTaken",
    "acknowledge_level",
    "add_contact_point",
    "add_facility",
    "add_port",
    "attain_level",
    "close_facility",
    "edit_contact_point",
    "edit_facility",
    "import_as_operator",
    "import_ports",
    "look_at_ports",
    "reorder",
    "retire_contact_point",
    "set_security_level",
    "verify_contact_point",
]
