"""The verbs of ports, one file a subject."""

from ports.actions.levels import set_security_level

__all__ = ["set_security_level"]
