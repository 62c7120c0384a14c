"""Declarations of Security in the demo region. The ships do not exist: no ship's IMO number begins with 0."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ports import actions
from ports.declaration_content import digest_of, text_of
from ports.models import DeclarationOfSecurity, PortFacility
from ports.models.declaration import ShipRole
from ports.queries.declarations import readable
from portsec.access.acting import Acting, acting_for

HERON: dict[str, Any] = {
    "counterpart": "ship", "ship_name": "MV Amber Heron", "ship_imo": "0123450", "ship_flag": "Freedonia", "ship_person": "Tove Example",
    "ship_role": "master", "ship_contact": "VHF 14", "other_level": 2,
}  # fmt: skip
PELICAN: dict[str, Any] = {
    "counterpart": "ship", "ship_name": "MV Patient Pelican", "ship_imo": "0123462", "ship_flag": "Sylvania", "ship_person": "Otto Muster",
    "ship_role": "ship_security_officer", "ship_contact": "sso.pelican@demo.example", "other_level": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Declarations:
    """Tells them at their hours: `ago` turns the clock as for the rest of the history."""

    person: Callable[[str], Acting]
    ago: Callable[..., AbstractContextManager[None]]
    now: datetime

    def past(self) -> None:
        """With a ship, eight days ago: over, and kept for its 90 days."""
        since, lasts = timedelta(days=8.1), timedelta(hours=20)
        self._in_force("PLGDN-0001", since=since, lasts=lasts, activities="Discharging containers, quay 3", **PELICAN)
        over = since - lasts
        with self._at(over):
            actions.expire_declarations(self.now - over)

    def with_ship(self) -> None:
        """In force since five hours: the ship is at a higher level."""
        boat = {"text": "Rescue boat manned while the bow door is open", "by": "other"}
        said = {"activities": "Loading vehicles, ferry berth 1", "reason": "The ship is at level 2", "additional": [boat], **HERON}
        self._in_force("PLGDN-0002", since=timedelta(hours=5), lasts=timedelta(days=2), **said)

    def between_ports(self) -> None:
        """Gdynia has signed; Gdańsk's signature is still missing."""
        said = {"other_facility": self._facility("PLGDN-0001"), "activities": "Lorries between the two terminals"}
        shuttle = self._declare("PLGDY-0001", since=timedelta(hours=2), lasts=timedelta(days=14), counterpart="facility", **said)
        self._agree("deputy.plgdn", shuttle, since=timedelta(minutes=125), note="Passes are checked at both gates")
        self._sign("pfso.plgdy", shuttle, since=timedelta(minutes=110))

    def asked(self) -> None:
        """Klaipėda, at level 2, waits for Gdańsk's answer."""
        said = {"counterpart": "facility", "other_facility": self._facility("PLGDN-0001"), "reason": "We are at level 2"}
        barge = "Bunker barge between the two ports"
        self._declare("LTKLJ-0001", since=timedelta(minutes=30), lasts=timedelta(days=3), activities=barge, **said)

    def _in_force(self, number: str, *, since: timedelta, lasts: timedelta, **ship: Any) -> None:
        """Told by radio, signed in the office, and on paper on board."""
        officer = f"pfso.{number[:5].lower()}"
        made = self._declare(number, since=since, lasts=lasts, **ship)
        self._agree(officer, made, since=since + timedelta(minutes=20), note="Agreed by VHF")
        self._sign(officer, made, since=since + timedelta(minutes=15))
        capacity = str(ShipRole(ship["ship_role"]).label)
        self._sign(officer, made, since=since + timedelta(minutes=5), side="other", person=ship["ship_person"], capacity=capacity)

    def _declare(self, number: str, *, since: timedelta, lasts: timedelta, **said: Any) -> DeclarationOfSecurity:
        """Requested half an hour before it begins, by the officer of the port whose facility it is."""
        own, begins = self._facility(number), self.now - since
        with self._at(since + timedelta(minutes=30)), acting_for(self.person(f"pfso.{number[:5].lower()}")) as acting:
            return actions.make_declaration(acting, facility=own, valid_from=begins, valid_to=begins + lasts, **said)

    def _agree(self, login: str, made: DeclarationOfSecurity, *, since: timedelta, note: str) -> None:
        with self._at(since), acting_for(self.person(login)) as acting:
            actions.agree_declaration(acting, readable(acting).get(pk=made.pk), note=note)

    def _sign(self, login: str, made: DeclarationOfSecurity, *, since: timedelta, **said: Any) -> None:
        with self._at(since), acting_for(self.person(login)) as acting:
            read = readable(acting).get(pk=made.pk)
            actions.sign_declaration(acting, read, sha256=digest_of(text_of(read)), **said)

    def _facility(self, number: str) -> UUID:
        """By its IMO number, which begins with its port's UN/LOCODE."""
        with acting_for(self.person(f"pfso.{number[:5].lower()}")) as acting:
            found: PortFacility = PortFacility.objects.editable_by(acting).get(imo_number=number)
        return found.pk

    def _at(self, since: timedelta) -> AbstractContextManager[None]:
        return self.ago(self.now, seconds=since.total_seconds())
