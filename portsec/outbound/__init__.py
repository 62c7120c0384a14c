"""Calls to addresses that users name (webhooks, OpenID providers): to hosts of the open internet only, and never for long.

Nothing else in the product opens a connection to an address that came from outside.
"""

from portsec.outbound.addresses import CheckedAddress, check_address
from portsec.outbound.client import Answer, Limits, request
from portsec.outbound.errors import OutboundError

__all__ = ["Answer", "CheckedAddress", "Limits", "OutboundError", "check_address", "request"]
