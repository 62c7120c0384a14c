"""A night in the demo region, told through the same verbs that people use, each at its hour."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from django.utils import timezone

from incidents.actions import acknowledge_alert, cancel_alert, draft_alert, expire_alerts, publish_alert, update_alert
from incidents.models import Alert
from ports.actions import attain_level, set_security_level
from ports.models import PortFacility
from ports.queries.attainment import open_clocks
from portsec.access.acting import Acting, acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.models import Membership
from portsec.access.roles import Role
from portsec.delivery.actions import see
from portsec.demo.contacts import name_contacts, name_mailboxes
from portsec.demo.declarations import Declarations
from portsec.demo.region_data import BALTIC_BODIES, BALTIC_PORTS, KATTEGAT_BODIES, KATTEGAT_PORTS
from portsec.demo.setting import address
from portsec.demo.worker import work

BALTIC_LOGINS = [f"pfso.{port.unlocode.lower()}" for port in BALTIC_PORTS]
BALTIC_ALL = [*BALTIC_LOGINS, *(body.login for body in BALTIC_BODIES)]
LINKED_ALL = [*BALTIC_ALL, *(f"pfso.{port.unlocode.lower()}" for port in KATTEGAT_PORTS), *(body.login for body in KATTEGAT_BODIES)]
REGION_PORTS = AudienceWish("region_ports")


@contextmanager
def ago(now: datetime, **span: float) -> Iterator[None]:
    """Lets the verbs run at an earlier hour. Only a demo may turn the clock: nothing else writes the past."""
    with mock.patch.object(timezone, "now", return_value=now - timedelta(**span)):
        yield


def person(login: str) -> Acting:
    found = Membership.objects.filter(user__email=address(login)).select_related("user", "organisation").order_by("created_at").first()
    if found is None:
        raise LookupError(f"no demo account {login}")
    return Acting(found.user, found.organisation, Role(found.role), second_factor_at=timezone.now())


def tell() -> None:
    """Writes the night once, in the order of its hours: the journal numbers what happens as it is written."""
    now = timezone.now()
    name_contacts(person, ago, now)
    yesterday(now)
    declarations = Declarations(person, ago, now)
    declarations.with_ship()
    raise_level(now, "pfso.ltklj", 2, "unlit craft near the breakwater", since=timedelta(hours=3.5), until=timedelta(hours=10))
    declarations.between_ports()
    attained(now, "pfso.ltklj", after=timedelta(hours=2), facility="LTKLJ-0001")
    unreliable_positions(now)
    declarations.asked()
    drone_over_the_terminal(now)
    drafted(now)
    last_minutes(now)
    raise_level(now, "pfso.lvlpx", 3, "unattended vehicle at the ferry check-in", since=timedelta(minutes=2), until=timedelta(hours=4))
    work()
    name_mailboxes(person)


def send(login: str, headline: str, instruction: str, *, wish: AudienceWish = REGION_PORTS, **content: Any) -> Alert:
    acting = person(login)
    chosen = {
        "event": "Suspicious craft",
        "category": ["Security"],
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "tlp": "AMBER",
        **content,
    }
    work()
    with acting_for(acting):
        sent = publish_alert(acting, wish=wish, headline=headline, instruction=instruction, **chosen).alert
    work()
    return sent


def answer(alert: Alert, login: str, remark: str = "") -> None:
    work()
    acting = person(login)
    with acting_for(acting):
        acknowledge_alert(acting, Alert.objects.visible_to(acting).get(pk=alert.pk), remark=remark)


def answered_by_all(alert: Alert, since: datetime, logins: Iterable[str], *, but: Collection[str], every: int = 90) -> None:
    """One after the other, so many seconds apart, as an hour in which somebody watches goes."""
    for number, login in enumerate((one for one in logins if one not in but), 1):
        with ago(since, seconds=-number * every):
            answer(alert, login)


def look_at(alert: Alert, login: str) -> None:
    work()
    acting = person(login)
    with acting_for(acting):
        see(acting, alert.pk)


def yesterday(now: datetime) -> None:
    """What is over: one alert that ran out, one that was withdrawn, one from the linked region."""
    with ago(now, hours=30):
        ice = send(
            "coordinator",
            "Ice drift closes the inner fairway at Kotka",
            "Route deep-draught ships by the eastern channel.",
            wish=AudienceWish("region"),
            event="Closure of port or fairway",
            category=["Transport", "Safety"],
            severity="Moderate",
            tlp="GREEN",
            expires_at=now - timedelta(hours=9),
        )
    answered_by_all(ice, now - timedelta(hours=30), BALTIC_ALL, but={"coordinator", "pfso.plswi"})
    with ago(now, hours=26):
        parcel = send("pfso.eetll", "Unclaimed parcel in terminal D, area closed", "Keep clear of terminal D.", event="Bomb threat")
    with ago(now, hours=25.99):
        answer(parcel, "deputy.fihel", "Ferries held at berth")
    answered_by_all(parcel, now - timedelta(hours=25.95), BALTIC_LOGINS, but={"pfso.eetll", "pfso.fihel", "pfso.lvvnt"}, every=40)
    with ago(now, hours=25.1):
        work()
        acting = person("pfso.eetll")
        with acting_for(acting):
            cancel_alert(acting, Alert.objects.visible_to(acting).get(pk=parcel.pk), reason="Owner found, parcel harmless")
    with ago(now, hours=9):
        work()
        expire_alerts(now - timedelta(hours=9))
    with ago(now, hours=7):
        passes = send(
            "coordinator.kattegat",
            "Forged shore passes seen at two terminals",
            "Compare the hologram with the specimen before letting anyone in.",
            wish=AudienceWish("linked_regions"),
            event="Unauthorised access",
            severity="Minor",
            urgency="Expected",
            tlp="GREEN",
            expires_at=now + timedelta(days=3),
        )
    answered_by_all(passes, now - timedelta(hours=7), LINKED_ALL, but={"coordinator.kattegat", "pfso.plgdn", "pfso.plswi"})


def drone_over_the_terminal(now: datetime) -> None:
    """Gdańsk's own alert, with two updates and most of the answers."""
    area = {"description": "Gdańsk, container terminal, radius 2 km", "circle": {"lat": 54.383, "lon": 18.71, "km": 2}}
    with ago(now, minutes=43):
        drone = send(
            "pfso.plgdn",
            "Drone over the container terminal, quay 3",
            "Watch your own terminal and report a drone with time, height and heading. Do not try to bring it down.",
            event="Unauthorised drone",
            areas=[area],
            expires_at=now + timedelta(hours=8),
        )
    answers = (
        ("pfso.lvvnt", 0.7, ""),
        ("pfso.plgdy", 1, ""),
        ("pfso.lvrix", 1.4, ""),
        ("deputy.eetll", 2.2, ""),
        ("pfso.fihel", 3.5, ""),
        ("pfso.dersk", 5, "Patrol sent to quay 9"),
        ("pfso.ltklj", 13, ""),
    )
    for login, after, remark in answers:
        with ago(now, minutes=43 - after):
            answer(drone, login, remark)
    with ago(now, minutes=29.5):
        look_at(drone, "deputy.plswi")
    for minutes, note in (
        (29, "Height about 60 m. Terminal lights off at quay 3."),
        (12, "A second drone, heading north. Police on site."),
    ):
        with ago(now, minutes=minutes):
            work()
            acting = person("pfso.plgdn")
            with acting_for(acting):
                update_alert(acting, Alert.objects.visible_to(acting).get(pk=drone.pk), note=note)
            work()
    with ago(now, minutes=10):
        look_at(drone, "pfso.sesto")


def raise_level(now: datetime, login: str, level: int, reason: str, *, since: timedelta, until: timedelta | None = None, **of: Any) -> None:
    """Also lowers one, where `level` is less. `of` may hold scope, facility, operation and authority."""
    acting = person(login)
    with ago(now, seconds=since.total_seconds()), acting_for(acting):
        set_security_level(acting, level=level, reason=reason, until=now + until if until else None, **of)


def attained(now: datetime, login: str, *, after: timedelta, facility: str = "") -> None:
    """The port reports its newest level attained, for one facility or all, so long after it was set."""
    acting = person(login)
    with acting_for(acting):
        clock = open_clocks(acting).last()
        if clock is None:
            raise LookupError(f"no clock runs for {login}")
        chosen = PortFacility.objects.editable_by(acting).filter(imo_number=facility).values_list("pk", flat=True) if facility else None
        with mock.patch.object(timezone, "now", return_value=clock.change.effective_at + after):
            attain_level(acting, clock.change, facilities=list(chosen) if chosen is not None else None)


def unreliable_positions(now: datetime) -> None:
    gotland = {"description": "West of Gotland", "circle": {"lat": 57.7, "lon": 17.4, "km": 45}}
    with ago(now, minutes=76):
        adrift = send(
            "coastguard",
            "AIS positions unreliable west of Gotland",
            "Check vessel positions by radar. Report a mismatch on VHF 16.",
            wish=AudienceWish("region"),
            event="AIS or GNSS interference",
            severity="Moderate",
            tlp="GREEN",
            areas=[gotland],
        )
    answered_by_all(adrift, now - timedelta(minutes=76), BALTIC_ALL, but={"coastguard", "pfso.plgdn", "pfso.lvlpx", "police"}, every=60)


def last_minutes(now: datetime) -> None:
    """What waits for Gdańsk when its officer signs in."""
    with ago(now, minutes=8):
        craft = send(
            "pfso.ltklj", "Unlit craft circling the north breakwater", "Look over your outer anchorage. Report any unlit craft to your VTS."
        )
    with ago(now, minutes=4):
        send(
            "coordinator",
            "Radio silence on channel 12 from 02:30",
            "Move to channel 68 and confirm by return.",
            wish=AudienceWish("region"),
            event="Communications exercise",
            tlp="GREEN",
            is_exercise=True,
        )
    with ago(now, minutes=3.2):
        vehicle = send(
            "pfso.lvlpx",
            "Unattended vehicle at the ferry check-in, terminal 2 evacuated",
            "Hold passengers bound for Liepāja. Tell masters to wait for a new slot.",
            event="Suspicious vehicle",
            severity="Extreme",
            areas=[{"description": "Liepāja, ferry terminal", "circle": {"lat": 56.52, "lon": 21.0, "km": 6}}],
        )
    with ago(now, minutes=2.5):
        answer(vehicle, "pfso.lvvnt")
        answer(craft, "pfso.lvlpx")


def drafted(now: datetime) -> None:
    acting = person("deputy.plgdn")
    with ago(now, minutes=20), acting_for(acting):
        draft_alert(
            acting,
            wish=AudienceWish("region"),
            headline="Diver maintenance at the northern lock, Wednesday",
            instruction="Expect a closed lock from 08:00 to 12:00 local time.",
            event="Closure of port or fairway",
            category=["Transport"],
            urgency="Future",
            severity="Minor",
            certainty="Likely",
            tlp="GREEN",
        )
