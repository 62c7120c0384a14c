"""The verbs of ports, one file a subject."""

from ports.actions.activity import YearTaken, edit_activity, record_activity
from ports.actions.attainment import acknowledge_level, attain_level
from ports.actions.contacts import add_contact_point, edit_contact_point, reorder, retire_contact_point, verify_contact_point
from ports.actions.declaration_answers import (
    agree_declaration,
    decline_declaration,
    end_declaration,
    expire_declarations,
    sign_declaration,
)
from ports.actions.declarations import (
    delete_declaration,
    draft_declaration,
    edit_declaration,
    make_declaration,
    request_declaration,
)
from ports.actions.documents import add_document, add_version, edit_document, retire_document
from ports.actions.facilities import add_facility, close_facility, edit_facility
from ports.actions.importing import add_port, discard_import, import_as_operator, import_ports, look_at_ports
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
    "add_port",
    "add_version",
    "agree_declaration",
    "attain_level",
    "cancel_plan",
    "close_facility",
    "decline_declaration",
    "delete_declaration",
    "discard_import",
    "draft_declaration",
    "edit_activity",
    "edit_contact_point",
    "edit_declaration",
    "edit_document",
    "edit_facility",
    "end_declaration",
    "expire_declarations",
    "import_as_operator",
    "import_ports",
    "keep_profile",
    "look_at_ports",
    "make_declaration",
    "plan_security_level",
    "record_activity",
    "reorder",
    "request_declaration",
    "retire_contact_point",
    "retire_document",
    "set_security_level",
    "sign_declaration",
    "take_effect",
    "verify_contact_point",
]
