"""Whom to call in the demo region. Every number is from the range that the Swedish regulator keeps for drama, 070-174 06 05 to 06 99."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import time
from typing import Any

from ports.actions import add_contact_point, verify_contact_point
from ports.models import ContactPoint
from portsec.access.acting import Acting, acting_for
from portsec.access.audiences import AudienceWish
from portsec.delivery.models import Channel, Endpoint
from portsec.delivery.models.endpoint import AFTER_ALL_CONTACTS, Kind
from portsec.delivery.severity import Severity
from portsec.demo.region_data import BALTIC_BODIES, BALTIC_PORTS, KATTEGAT_BODIES, KATTEGAT_PORTS

Ago = Callable[..., AbstractContextManager[None]]
OFFICE: dict[str, Any] = {"hours": "office", "days": [1, 2, 3, 4, 5], "opens_at": time(8), "closes_at": time(16)}
NIGHT: dict[str, Any] = {"hours": "office", "days": [1, 2, 3, 4, 5, 6, 7], "opens_at": time(18), "closes_at": time(6)}
URGENT = ["emergency", "alert", "incident", "level_change"]
QUIET = ["inspection", "daily_operations", "information_request"]
ADDED = 130  # days ago
# Who has not verified for long, in days; the others have within the last two months.
STALE = {
    ("pfso.plgdn", "Berth master, night"): 97,
    ("pfso.plgdn", "Security office"): 94,
    ("police", "Duty desk"): 121,
    ("pfso.ltklj", "Security office"): 102,
}
NEVER = {("pfso.sevby", "Security office"), ("municipality", "Information desk")}


def numbers() -> Iterator[str]:
    for last in range(605, 700):
        yield f"+46 70 174 {last // 100:02} {last % 100:02}"


def name_contacts(person: Callable[[str], Acting], ago: Ago, now: Any) -> None:
    """Each organisation names its own, and verifies them; `ago` turns the clock as for the rest of the history."""
    number, made = numbers(), []
    with ago(now, days=ADDED):
        for login, one in contacts_of_the_region():
            acting = person(login)
            with acting_for(acting):
                made.append((acting, login, add_contact_point(acting, **one, phone=next(number))))
    for place, (acting, login, contact) in enumerate(made):
        if (login, contact.role) in NEVER:
            continue
        with ago(now, days=STALE.get((login, contact.role), 5 + 7 * (place % 9))), acting_for(acting):
            verify_contact_point(acting, ContactPoint.objects.editable_by(acting).get(pk=contact.pk))


def name_mailboxes(person: Callable[[str], Acting]) -> None:
    """A mailbox for each but Ventspils, which shows the warning. After the night, so that nothing of it is sent now; and without
    entries, since the feed tells of the night."""
    ports = [f"pfso.{port.unlocode.lower()}" for port in (*BALTIC_PORTS, *KATTEGAT_PORTS)]
    for login in (*ports, *(body.login for body in (*BALTIC_BODIES, *KATTEGAT_BODIES))):
        if login == "pfso.lvvnt":
            continue
        acting = person(login)
        told = {"kinds": Kind.values, "severities": Severity.values, "place": AFTER_ALL_CONTACTS}
        with acting_for(acting):
            Endpoint.objects.create(
                organisation=acting.organisation, channel=Channel.EMAIL, label="Control room", address=f"room.{login}@demo.example", **told
            )


def contacts_of_the_region() -> Iterator[tuple[str, dict[str, Any]]]:
    for port in (*BALTIC_PORTS, *KATTEGAT_PORTS):
        login = f"pfso.{port.unlocode.lower()}"
        place = port.unlocode.lower()
        watch = {"email": f"watch.{place}@demo.example", "radio_channel": "VHF 12", "note": "Ask for the security watch."}
        yield login, {"role": "Duty officer", "situations": URGENT, **watch}
        yield (
            login,
            {"role": "Security office", "person": port.officer, "email": f"office.{place}@demo.example", "situations": QUIET, **OFFICE},
        )
    night = {"email": "berths.plgdn@demo.example", "radio_channel": "VHF 14", **NIGHT}
    yield "pfso.plgdn", {"role": "Berth master, night", "situations": [*URGENT, "daily_operations"], **night}
    yield "pfso.plgdn", {"role": "Legal adviser", "situations": ["information_request"], "wish": AudienceWish("own"), **OFFICE}
    for body in (*BALTIC_BODIES, *KATTEGAT_BODIES):
        linked = AudienceWish("linked_regions")
        if body.login == "municipality":
            yield body.login, {"role": "Information desk", "situations": QUIET, "email": "desk.amber-bay@demo.example", **OFFICE}
        else:
            desk = {"person": body.person, "email": f"desk.{body.login}@demo.example"}
            yield body.login, {"role": "Duty desk", "situations": [*URGENT, *QUIET], "wish": linked, **desk}
