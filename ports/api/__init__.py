from ports.api.levels import SecurityLevelViewSet
from ports.api.ports import PortViewSet

__all__ = ["PortViewSet", "SecurityLevelViewSet"]
