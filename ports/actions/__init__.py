"""The verbs of ports, one file a subject."""

from ports.actions.activity import YearTaken, edit_activity, record_activity
from ports.actions.attainment import acknowledge_level, attain_level
from ports.actions.contacts import add_contact_point, edit_contact_point, reorder, retire_contact_point, verify_contact_point
from ports.actions.documents import add_document, add_version, edit_document, retire_document
from ports.actions.facilities import add_facility, close_facility, edit_facility
from ports.actions.levels import LevelTaken, set_security_level
from ports.actions.plans import cancel_plan, plan_security_level, take_effect
from ports.actions.profile import keep_profile

__all__ = [
    "LevelTaken",
    "YearTaken",
    "acknowledge_level",
    "add_contact_point",
    "add_document",
    "add_facility",
    "add_version",
    "attain_level",
    "cancel_plan",
    "close_facility",
    "edit_activity",
    "edit_contact_point",
    "edit_document",
    "edit_facility",
    "keep_profile",
    "plan_security_level",
    "record_activity",
    "reorder",
    "retire_contact_point",
    "retire_document",
    "set_security_level",
    "take_effect",
    "verify_contact_point",
]
