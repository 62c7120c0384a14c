from ports.models.contact import ContactPoint, Situation
from ports.models.level import SecurityLevel, SecurityLevelChange
from ports.models.profile import PortProfile

__all__ = ["ContactPoint", "PortProfile", "SecurityLevel", "SecurityLevelChange", "Situation"]
