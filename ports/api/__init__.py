from ports.api.activity import PortActivityViewSet
from ports.api.contacts import ContactPointViewSet
from ports.api.declarations import DeclarationViewSet
from ports.api.documents import PortDocumentViewSet
from ports.api.facilities import FacilityViewSet
from ports.api.imports import PortImportViewSet
from ports.api.levels import SecurityLevelViewSet
from ports.api.plans import PlannedLevelViewSet
from ports.api.ports import PortViewSet

__all__ = [
    "ContactPointViewSet",
    "DeclarationViewSet",
    "FacilityViewSet",
    "PlannedLevelViewSet",
    "PortActivityViewSet",
    "PortDocumentViewSet",
    "PortImportViewSet",
    "PortViewSet",
    "SecurityLevelViewSet",
]
