"""The shared cast: two linked regions and one apart, with an owner, neighbours and outsiders of every kind.

Baltic                       Kattegat (linked)      Adriatic (apart)
gdansk  gdynia  riga         aarhus                 trieste
coastguard (agency)          customs (agency)
council (coordination body)
"""

from dataclasses import dataclass
from functools import cache

from django.contrib.auth.hashers import make_password

from ports.models import PortProfile
from portsec.access.acting import Acting, as_system
from portsec.access.actions import create_organisation, create_region, issue_token, join_region
from portsec.access.models import Membership, Organisation, Region, User
from portsec.access.roles import Role

PASSWORD = "a-password-for-tests"
PORTS = {
    "gdansk": ("Port of Gdańsk", "PLGDN", 54.35, 18.66, "Europe/Warsaw"),
    "gdynia": ("Port of Gdynia", "PLGDY", 54.53, 18.55, "Europe/Warsaw"),
    "riga": ("Port of Rīga", "LVRIX", 56.97, 24.10, "Europe/Riga"),
    "aarhus": ("Port of Aarhus", "DKAAR", 56.15, 10.22, "Europe/Copenhagen"),
    "trieste": ("Port of Trieste", "ITTRS", 45.65, 13.76, "Europe/Rome"),
}
OTHERS = {
    "coastguard": ("Baltic Coast Guard", Organisation.Kind.AGENCY),
    "customs": ("Kattegat Customs", Organisation.Kind.AGENCY),
    "council": ("Baltic Port Security Council", Organisation.Kind.COORDINATION_BODY),
}
REGION = ("gdansk", "gdynia", "riga", "coastguard", "council")
EVERYBODY = (*REGION, "aarhus", "customs", "trieste")
READERS: dict[str, tuple[str, ...]] = {  # of what Gdańsk shares with each kind of audience; "named" are Rīga and Aarhus
    "own": ("gdansk",),
    "named": ("gdansk", "riga", "aarhus"),
    "region_ports": ("gdansk", "gdynia", "riga"),
    "region": REGION,
    "linked_regions": (*REGION, "aarhus", "customs"),
}
MAIN_ROLE = {
    Organisation.Kind.PORT: Role.SECURITY_OFFICER,
    Organisation.Kind.AGENCY: Role.LIAISON,
    Organisation.Kind.COORDINATION_BODY: Role.COORDINATOR,
}


@dataclass
class Cast:
    """`cast.gdansk` is an organisation; `cast.as_("gdansk")` acts for it in its main role."""

    organisations: dict[str, Organisation]
    regions: dict[str, Region]

    def __getattr__(self, name: str) -> Organisation:
        try:
            return self.organisations[name]
        except KeyError as error:
            raise AttributeError(name) from error

    def user(self, name: str, role: Role | None = None) -> User:
        organisation = self.organisations[name]
        wanted = role or MAIN_ROLE[Organisation.Kind(organisation.kind)]
        return Membership.objects.select_related("user").get(organisation=organisation, role=wanted).user

    def as_(self, name: str, role: Role | None = None, *, scopes: frozenset[str] | None = None) -> Acting:
        organisation = self.organisations[name]
        wanted = role or MAIN_ROLE[Organisation.Kind(organisation.kind)]
        return Acting(self.user(name, wanted), organisation, wanted, scopes=scopes)

    def token(self, name: str, **options: object) -> str:
        return issue_token(self.organisations[name], "test", **options)[1]


@cache
def hashed_once() -> str:
    """A hash takes half a second on purpose; the cast is set up again after each test that commits."""
    return make_password(PASSWORD)


def raise_curtain() -> Cast:
    """Commits the cast. Every organisation has a person in each role; the address is `<role>@<name>.example`."""
    regions = {"baltic": create_region("Baltic region")}
    regions["kattegat"] = create_region("Kattegat region", linked_to=[regions["baltic"]])
    regions["adriatic"] = create_region("Adriatic region")
    found: dict[str, Organisation] = {}
    for order, (name, (title, unlocode, latitude, longitude, zone)) in enumerate(PORTS.items()):
        found[name] = create_organisation(title, Organisation.Kind.PORT, time_zone=zone)
        with as_system("the cast"):
            PortProfile.objects.create(
                organisation=found[name], unlocode=unlocode, latitude=latitude, longitude=longitude, coast_order=order
            )
    for name, (title, kind) in OTHERS.items():
        found[name] = create_organisation(title, kind)
    hashed = hashed_once()
    with as_system("the cast"):
        people = [
            (organisation, role, User(email=f"{role}@{name}.example", name=f"{role.label} {name.title()}", password=hashed))
            for name, organisation in found.items()
            for role in Role
            if role != Role.SERVICE
        ]
        User.objects.bulk_create([user for _organisation, _role, user in people])
        Membership.objects.bulk_create([Membership(user=user, organisation=organisation, role=role) for organisation, role, user in people])
    for name in ("gdansk", "gdynia", "riga", "coastguard", "council"):
        join_region(found[name], regions["baltic"])
    for name in ("aarhus", "customs"):
        join_region(found[name], regions["kattegat"])
    join_region(found["trieste"], regions["adriatic"])
    return Cast(found, regions)
