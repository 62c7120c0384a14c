from ports.models.contact import ContactPoint, Situation
from ports.models.declaration import Counterpart, DeclarationOfSecurity, DeclarationSignature, Side
from ports.models.facility import CargoType, PortFacility
from ports.models.level import LevelAttainment, LevelScope, SecurityLevel, SecurityLevelChange
from ports.models.port_import import PortImport
from ports.models.profile import PortProfile

__all__ = [
    "CargoType",
    "ContactPoint",
    "Counterpart",
    "DeclarationOfSecurity",
    "DeclarationSignature",
    "LevelAttainment",
    "LevelScope",
    "PortFacility",
    "PortImport",
    "PortProfile",
    "SecurityLevel",
    "SecurityLevelChange",
    "Side",
    "Situation",
]
