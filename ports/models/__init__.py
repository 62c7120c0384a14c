from ports.models.level import SecurityLevel, SecurityLevelChange
from ports.models.profile import PortProfile

__all__ = ["PortProfile", "SecurityLevel", "SecurityLevelChange"]
