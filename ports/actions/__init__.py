"""The verbs of ports, one file a subject."""

from ports.actions.attainment import acknowledge_level, attain_level
from ports.actions.facilities import add_facility, close_facility, edit_facility
from ports.actions.levels import LevelTaken, set_security_level

__all__ = [
    "LevelTaken",
    "acknowledge_level",
    "add_facility",
    "attain_level",
    "close_facility",
    "edit_facility",
    "set_security_level",
]
