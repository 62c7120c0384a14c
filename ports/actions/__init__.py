"""The verbs of ports, one file a subject."""

from ports.actions.contacts import add_contact_point, edit_contact_point, reorder, retire_contact_point, verify_contact_point
from ports.actions.levels import set_security_level

__all__ = ["add_contact_point", "edit_contact_point", "reorder", "retire_contact_point", "set_security_level", "verify_contact_point"]
