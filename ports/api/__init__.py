from ports.api.contacts import ContactPointViewSet
from ports.api.levels import SecurityLevelViewSet
from ports.api.ports import PortViewSet

__all__ = ["ContactPointViewSet", "PortViewSet", "SecurityLevelViewSet"]
