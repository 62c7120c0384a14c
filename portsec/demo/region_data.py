"""The demo region as data. Ports and positions: World Port Index (NGA Pub. 150, US Government work, public domain).

Agencies, the coordination bodies and every person are fictional.
"""

from typing import NamedTuple


class DemoPort(NamedTuple):
    name: str
    unlocode: str
    latitude: float
    longitude: float
    time_zone: str
    officer: str
    deputy: str


class DemoBody(NamedTuple):
    name: str
    kind: str
    login: str
    person: str
    role: str
    time_zone: str


BALTIC = "Baltic region"
KATTEGAT = "Kattegat–Skagerrak region"

BALTIC_PORTS = (  # in the coast's order, which every list keeps
    DemoPort("Port of Rostock", "DERSK", 54.1, 12.133333, "Europe/Berlin", "Hanna Petersen", "Jonas Brandt"),
    DemoPort("Port of Świnoujście", "PLSWI", 53.916667, 14.266667, "Europe/Warsaw", "Piotr Sadowski", "Teresa Lis"),
    DemoPort("Port of Gdynia", "PLGDY", 54.533333, 18.55, "Europe/Warsaw", "Paweł Wrona", "Alicja Kowal"),
    DemoPort("Port of Gdańsk", "PLGDN", 54.35, 18.666667, "Europe/Warsaw", "Maria Zielińska", "Adam Nowicki"),
    DemoPort("Port of Klaipėda", "LTKLJ", 55.716667, 21.116667, "Europe/Vilnius", "Ieva Petrauskas", "Tomas Jonaitis"),
    DemoPort("Port of Liepāja", "LVLPX", 56.516667, 21.016667, "Europe/Riga", "Jānis Ozols", "Zane Liepa"),
    DemoPort("Port of Ventspils", "LVVNT", 57.4, 21.533333, "Europe/Riga", "Andris Kalniņš", "Inga Vītola"),
    DemoPort("Port of Rīga", "LVRIX", 56.95, 24.1, "Europe/Riga", "Laima Bērziņa", "Mārtiņš Krūmiņš"),
    DemoPort("Port of Tallinn", "EETLL", 59.450128, 24.766676, "Europe/Tallinn", "Rein Kask", "Liis Tamm"),
    DemoPort("Port of Kotka", "FIKTK", 60.466667, 26.966667, "Europe/Helsinki", "Sanna Laine", "Mikko Heino"),
    DemoPort("Port of Helsinki", "FIHEL", 60.166667, 24.966667, "Europe/Helsinki", "Aino Virtanen", "Olli Salo"),
    DemoPort("Port of Turku", "FITKU", 60.45, 22.233333, "Europe/Helsinki", "Eero Mäki", "Kaisa Koski"),
    DemoPort("Port of Stockholm", "SESTO", 59.333333, 18.05, "Europe/Stockholm", "Elsa Lindqvist", "Nils Åberg"),
    DemoPort("Port of Visby", "SEVBY", 57.633333, 18.283333, "Europe/Stockholm", "Gustav Holm", "Maja Sund"),
    DemoPort("Port of Karlskrona", "SEKAA", 56.166667, 15.6, "Europe/Stockholm", "Karin Ek", "Lars Dahl"),
)

KATTEGAT_PORTS = (
    DemoPort("Port of Gothenburg", "SEGOT", 57.709722, 11.954722, "Europe/Stockholm", "Sven Alm", "Ylva Berg"),
    DemoPort("Port of Halmstad", "SEHAD", 56.666667, 12.866667, "Europe/Stockholm", "Britt Norén", "Ola Frisk"),
    DemoPort("Port of Aarhus", "DKAAR", 56.15, 10.216667, "Europe/Copenhagen", "Mette Holst", "Jens Kjær"),
    DemoPort("Port of Frederikshavn", "DKFDH", 57.433333, 10.55, "Europe/Copenhagen", "Anders Lund", "Pia Skov"),
    DemoPort("Port of Oslo", "NOOSL", 59.898056, 10.745556, "Europe/Oslo", "Ingrid Vik", "Odd Haugen"),
)

BALTIC_BODIES = (
    DemoBody("Baltic Port Security Council", "coordination_body", "coordinator", "Lena Berg", "coordinator", "Europe/Stockholm"),
    DemoBody("Coast Guard Liaison Centre", "agency", "coastguard", "Viktor Strand", "liaison", "Europe/Stockholm"),
    DemoBody("Harbour Police North", "agency", "police", "Agnes Malm", "liaison", "Europe/Warsaw"),
    DemoBody("Customs Point Amber", "agency", "customs", "Roman Dudek", "liaison", "Europe/Warsaw"),
    DemoBody("Municipality of Amber Bay", "agency", "municipality", "Edyta Mazur", "liaison", "Europe/Warsaw"),
)

KATTEGAT_BODIES = (
    DemoBody("Kattegat Port Forum", "coordination_body", "coordinator.kattegat", "Niels Toft", "coordinator", "Europe/Copenhagen"),
    DemoBody("Skagerrak Coast Watch", "agency", "coastguard.kattegat", "Tuva Lie", "liaison", "Europe/Oslo"),
)

# More people of one port, so that every role can be tried: (login, name, role)
GDANSK_PEOPLE = (
    ("staff.plgdn", "Kamil Rybak", "staff"),
    ("observer.plgdn", "Olga Sowa", "observer"),
    ("admin.plgdn", "Marek Czapla", "administrator"),
)
GDANSK_INVITED = ("night.plgdn", "Lidia Wydra", "staff")


class DemoFacility(NamedTuple):
    unlocode: str
    name: str
    number: str
    cargo: tuple[str, ...]
    approved: str


# Fictional facilities under numbers of their own making.
FACILITIES = (
    DemoFacility("PLGDN", "Amber container terminal", "PLGDN-0001", ("container",), "2024-03-18"),
    DemoFacility("PLGDN", "Westerquay ferry terminal", "PLGDN-0002", ("ro_ro", "passenger"), "2023-10-02"),
    DemoFacility("PLGDY", "Orlowo general quay", "PLGDY-0001", ("general", "dry_bulk"), "2022-06-14"),
    DemoFacility("LTKLJ", "Dunes oil jetty", "LTKLJ-0001", ("liquid_bulk",), "2025-01-20"),
    DemoFacility("LTKLJ", "Lagoon ro-ro berth", "LTKLJ-0002", ("ro_ro",), "2024-11-05"),
    DemoFacility("LVLPX", "Linden ferry terminal", "LVLPX-0001", ("ro_ro", "passenger"), "2023-05-30"),
    DemoFacility("LVRIX", "Daugava container quay", "LVRIX-0001", ("container", "general"), "2024-08-12"),
    DemoFacility("EETLL", "Old harbour cruise pier", "EETLL-0001", ("cruise", "passenger"), "2025-04-03"),
    DemoFacility("SEGOT", "Skerry container terminal", "SEGOT-0001", ("container",), "2024-02-09"),
)
