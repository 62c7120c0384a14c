"""Builds the demo region: organisations, people and tokens. Idempotent: what is there is left as it is."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from ports.models import PortProfile
from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.actions import add_member, create_organisation, create_region, invite_person, issue_token, join_region
from portsec.access.models import Invitation, Membership, Organisation, Region, ServiceToken, User
from portsec.access.roles import Role
from portsec.demo.region_data import (
    BALTIC,
    BALTIC_BODIES,
    BALTIC_PORTS,
    GDANSK_INVITED,
    GDANSK_PEOPLE,
    KATTEGAT,
    KATTEGAT_BODIES,
    KATTEGAT_PORTS,
    DemoBody,
    DemoPort,
)

PASSWORD = "portsec-demo"  # noqa: S105 (printed at every start; `manage.py demo` refuses to run outside of a demo)
DOMAIN = "demo.example"
TOKEN_NAME = "demo"  # noqa: S105 (a label)


@dataclass(frozen=True)
class Account:
    """A line of the tokens file (interface.md, Commands)."""

    organisation: str
    kind: str
    unlocode: str | None
    role: str
    email: str
    password: str
    token: str


def build() -> None:
    baltic = _region(BALTIC, [])
    kattegat = _region(KATTEGAT, [baltic])
    hashed = make_password(PASSWORD)
    for ports, bodies, region in ((BALTIC_PORTS, BALTIC_BODIES, baltic), (KATTEGAT_PORTS, KATTEGAT_BODIES, kattegat)):
        for order, port in enumerate(ports):
            _port(port, region, order, hashed)
        for body in bodies:
            _body(body, region, hashed)
    gdansk = Organisation.objects.get(port__unlocode="PLGDN")
    for login, name, role in GDANSK_PEOPLE:
        _person(login, name, gdansk, role, hashed)
    # One person in two organisations, so that the switcher has something to switch.
    add_once(User.objects.get(email=address("pfso.plgdn")), Organisation.objects.get(port__unlocode="PLGDY"), Role.DEPUTY)
    _invitation(gdansk, *GDANSK_INVITED)


def accounts() -> list[Account]:
    """Every demo account, each with a service token of its organisation: new ones, since a token is shown only once."""
    with as_system("tokens of the demo"):
        ServiceToken.objects.filter(name=TOKEN_NAME).delete()
    held = Membership.objects.filter(user__email__endswith=f"@{DOMAIN}", is_active=True).select_related("user", "organisation__port")
    people = list(held.order_by("user_id", "created_at").distinct("user_id"))  # of somebody in two organisations the first
    tokens = {
        pk: issue_token(organisation, TOKEN_NAME)[1]
        for pk, organisation in {one.organisation_id: one.organisation for one in people}.items()
    }
    return [
        Account(
            organisation=one.organisation.name,
            kind=one.organisation.kind,
            unlocode=getattr(getattr(one.organisation, "port", None), "unlocode", None),
            role=one.role,
            email=one.user.email,
            password=PASSWORD,
            token=tokens[one.organisation_id],
        )
        for one in sorted(people, key=lambda one: one.created_at)
    ]


def address(login: str) -> str:
    return f"{login}@{DOMAIN}"


def _region(name: str, linked: list[Region]) -> Region:
    return Region.objects.filter(name=name).first() or create_region(name, linked_to=linked)


def _port(port: DemoPort, region: Region, order: int, hashed: str) -> None:
    organisation = _organisation(port.name, Organisation.Kind.PORT, port.time_zone, region)
    with as_system("profiles of the demo"):
        PortProfile.objects.get_or_create(
            organisation=organisation,
            defaults={"unlocode": port.unlocode, "latitude": port.latitude, "longitude": port.longitude, "coast_order": order},
        )
    _person(f"pfso.{port.unlocode.lower()}", port.officer, organisation, Role.SECURITY_OFFICER, hashed)
    _person(f"deputy.{port.unlocode.lower()}", port.deputy, organisation, Role.DEPUTY, hashed)


def _body(body: DemoBody, region: Region, hashed: str) -> None:
    organisation = _organisation(body.name, body.kind, body.time_zone, region)
    _person(body.login, body.person, organisation, body.role, hashed)


def _organisation(name: str, kind: str, time_zone: str, region: Region) -> Organisation:
    organisation = Organisation.objects.filter(name=name).first() or create_organisation(name, kind, time_zone=time_zone)
    join_region(organisation, region)
    return organisation


def _person(login: str, name: str, organisation: Organisation, role: str, hashed: str) -> None:
    user = User.objects.filter(email=address(login)).first()
    if user is None:
        with as_system("people of the demo"):
            user = User.objects.create(email=address(login), name=name, password=hashed)
            # A second factor can be set up only under an address that is known to be one's own.
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    add_once(user, organisation, role)


def _invitation(organisation: Organisation, login: str, name: str, role: str) -> None:
    """One that waits; its mail stands at /demo/mail/, and the link in it works."""
    administrator = User.objects.get(email=address("admin.plgdn"))
    acting = Acting(administrator, organisation, Role.ADMINISTRATOR, second_factor_at=timezone.now())
    with acting_for(acting):
        if not Invitation.objects.of(acting).filter(email=address(login)).exists():
            invite_person(acting, email=address(login), name=name, role=role)


def add_once(user: User, organisation: Organisation, role: str) -> None:
    if not Membership.objects.filter(user=user, organisation=organisation).exists():
        add_member(user, organisation, Role(role))
