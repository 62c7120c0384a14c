from ports.models.activity import PortActivity
from ports.models.contact import ContactPoint, Situation
from ports.models.description import PortDescription
from ports.models.document import DocumentVersion, PortDocument
from ports.models.facility import CargoType, PortFacility
from ports.models.level import LevelAttainment, LevelScope, SecurityLevel, SecurityLevelChange
from ports.models.plan import PlannedLevel
from ports.models.profile import PortProfile

__all__ = [
    "CargoType",
    "ContactPoint",
    "DocumentVersion",
    "LevelAttainment",
    "LevelScope",
    "PlannedLevel",
    "PortActivity",
    "PortDescription",
    "PortDocument",
    "PortFacility",
    "PortProfile",
    "SecurityLevel",
    "SecurityLevelChange",
    "Situation",
]
