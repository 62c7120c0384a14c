"""The weeks before the night: the facilities of the ports, and the levels that their charts show."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from ports.actions import add_facility
from ports.models import PortFacility
from portsec.access.acting import acting_for
from portsec.demo.declarations import Declarations
from portsec.demo.history import ago, attained, person, raise_level
from portsec.demo.region_data import FACILITIES


def tell() -> None:
    """Before `history.tell()`: the journal numbers what happens as it is written."""
    now = timezone.now()
    facilities(now)
    levels(now)


def facilities(now: datetime) -> None:
    for one in FACILITIES:
        acting = person(f"pfso.{one.unlocode.lower()}")
        with ago(now, days=60), acting_for(acting):
            if not PortFacility.objects.editable_by(acting).filter(imo_number=one.number).exists():
                approved = date.fromisoformat(one.approved)
                add_facility(acting, name=one.name, imo_number=one.number, cargo_types=list(one.cargo), plan_approved_on=approved)


def levels(now: datetime) -> None:
    """What the charts show: a region raised for two days, and Gdańsk once by itself."""
    summit = "heads of government meet in the region"
    order = "Ministers' conference on maritime security"
    raise_level(now, "coordinator", 2, summit, since=timedelta(days=20), until=timedelta(days=-18), authority=order)
    attained(now, "pfso.plgdn", after=timedelta(hours=5))
    attained(now, "pfso.lvrix", after=timedelta(hours=8))
    raise_level(now, "coordinator", 1, "the meeting is over", since=timedelta(days=18), authority=order)
    raise_level(now, "pfso.plgdn", 2, "cut fence at quay 9", since=timedelta(days=9), until=timedelta(days=-8))
    attained(now, "deputy.plgdn", after=timedelta(hours=3))
    raise_level(now, "pfso.plgdn", 3, "intruder seen on the quay", since=timedelta(days=8.8), until=timedelta(days=-8))
    attained(now, "deputy.plgdn", after=timedelta(hours=1))
    raise_level(now, "pfso.plgdn", 1, "fence mended, quay searched", since=timedelta(days=8.2))
    Declarations(person, ago, now).past()
    raise_level(
        now, "pfso.plgdn", 2, "forged passes at the check-in", since=timedelta(hours=6), until=timedelta(hours=1.5),
        scope="operation", operation="Ferry check-in", facility=facility_of("pfso.plgdn", "PLGDN-0002"),
    )  # fmt: skip


def facility_of(login: str, number: str) -> UUID:
    acting = person(login)
    with acting_for(acting):
        found: PortFacility = PortFacility.objects.editable_by(acting).get(imo_number=number)
    return found.pk
