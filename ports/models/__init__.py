from ports.models.activity import PortActivity
from ports.models.contact import ContactPoint, Situation
from ports.models.declaration import Counterpart, DeclarationOfSecurity, DeclarationSignature, Side
from ports.models.description import PortDescription
from ports.models.document import DocumentVersion, PortDocument
from ports.models.facility import CargoType, PortFacility
from ports.models.level import LevelAttainment, LevelScope, SecurityLevel, SecurityLevelChange
from ports.models.plan import PlannedLevel
from ports.models.port_import import PortImport
from ports.models.profile import PortProfile

__all__ = [
    "CargoType",
    "ContactPoint",
    "Counterpart",
    "DeclarationOfSecurity",
    "DeclarationSignature",
    "DocumentVersion",
    "LevelAttainment",
    "LevelScope",
    "PlannedLevel",
    "PortActivity",
    "PortDescription",
    "PortDocument",
    "PortFacility",
    "PortImport",
    "PortProfile",
    "SecurityLevel",
    "SecurityLevelChange",
    "Side",
    "Situation",
]
