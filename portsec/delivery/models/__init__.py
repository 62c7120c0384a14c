from portsec.delivery.models.alarm import Alarm
from portsec.delivery.models.check import CheckedContact, CommunicationsCheck
from portsec.delivery.models.delivery import OPEN, Channel, Delivery, State
from portsec.delivery.models.dispatch import Attempt, Dispatch, Outcome, Purpose
from portsec.delivery.models.endpoint import Endpoint
from portsec.delivery.models.escalation import Escalation, EscalationPolicy, Step

__all__ = [
    "OPEN",
    "Alarm",
    "Attempt",
    "Channel",
    "CheckedContact",
    "CommunicationsCheck",
    "Delivery",
    "Dispatch",
    "Endpoint",
    "Escalation",
    "EscalationPolicy",
    "Outcome",
    "Purpose",
    "State",
    "Step",
]
