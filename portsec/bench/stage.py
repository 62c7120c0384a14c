"""The product's side of a run: organisations with thousands of people, their tickets, and alerts through the product's verbs.

A process of its own with the settings of the stack that is measured. `python -m portsec.bench.stage`
"""

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portsec.settings")
django.setup()

from django.db import transaction  # noqa: E402 (models can be imported only now)

from incidents.actions import publish_alert  # noqa: E402
from portsec.access.acting import Acting, acting_for, as_system  # noqa: E402
from portsec.access.actions import create_organisation, create_region, join_region  # noqa: E402
from portsec.access.audiences import AudienceWish  # noqa: E402
from portsec.access.models import Membership, Organisation, Region, User  # noqa: E402
from portsec.access.roles import Role  # noqa: E402
from portsec.bench.hands import serve  # noqa: E402
from portsec.journal import sequencer  # noqa: E402
from portsec.journal.models import Entry  # noqa: E402
from portsec.live.tickets import make_ticket  # noqa: E402

REASON = "benchmarks fill a database of their own"
CONTENT: dict[str, Any] = {
    "headline": "Unlit craft near the breakwater, heading for the inner basin",
    "instruction": "Look over your outer anchorage. Report any unlit craft with time, position and heading to your traffic service.",
    "event": "Suspicious craft",
    "category": ["Security"],
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Observed",
    "tlp": "GREEN",
}


class Setting:
    """For each number of audiences a region: the sender, and as many organisations, each with the same number of people."""

    def __init__(self) -> None:
        self.run = secrets.token_hex(3)
        self.people: list[User] = []
        self.receivers: dict[int, list[Organisation]] = {}
        self.regions: dict[int, Region] = {}
        self.sender: Acting

    def build(self, clients: int, audiences: Sequence[int]) -> dict[str, Any]:
        organisation = create_organisation(f"Bench {self.run} sender", Organisation.Kind.PORT)
        with as_system(REASON):
            officer, *self.people = [self._person(number) for number in range(clients + 1)]
            User.objects.bulk_create([officer, *self.people], batch_size=1000)
            Membership.objects.create(user=officer, organisation=organisation, role=Role.SECURITY_OFFICER)
        self.sender = Acting(officer, organisation, Role.SECURITY_OFFICER)
        for count in audiences:
            self._build_region(count)
        return {"people": clients}

    def _build_region(self, count: int) -> None:
        region = self.regions[count] = create_region(f"Bench {self.run} of {count}")
        join_region(self.sender.organisation, region)
        found = self.receivers[count] = []
        for number in range(count):
            found.append(create_organisation(f"Bench {self.run} port {number} of {count}", Organisation.Kind.PORT))
            join_region(found[-1], region)
        with as_system(REASON):
            Membership.objects.bulk_create(
                [Membership(user=person, organisation=found[number % count], role=Role.STAFF) for number, person in enumerate(self.people)],
                batch_size=1000,
            )

    def _person(self, number: int) -> User:
        return User(email=f"bench.{self.run}.{number}@bench.invalid", name=f"Bench {number}", password="!")  # noqa: S106 (nobody signs in)

    def tickets(self, clients: int, audiences: int) -> list[str]:
        """The addresses of the clients' lines; client n acts for organisation n modulo `audiences`."""
        found = self.receivers[audiences]
        acting = [Acting(person, found[number % audiences], Role.STAFF) for number, person in enumerate(self.people[:clients])]
        return [f"/ws/live/?ticket={make_ticket(one)}" for one in acting]

    def publish(self, audiences: int, count: int) -> dict[str, Any]:
        """One alert goes to the whole region. Of a burst, which is one transaction, each leaves out one of the organisations
        in turn (where there are several), so that every organisation gets a selection of its own."""
        moments: dict[str, int] = {}
        with moment_of_announcement(moments), acting_for(self.sender):
            transaction.on_commit(lambda: moments.setdefault("commit", time.monotonic_ns()))
            left_out = [number % audiences if count > 1 and audiences > 1 else None for number in range(count)]
            alerts = [self._publish(audiences, one) for one in left_out]
            found = dict(Entry.objects.filter(object_id__in=alerts, verb="alert.published").values_list("object_id", "id"))
        entries = [str(found[alert]) for alert in alerts]
        expected = [[one for one, out in zip(entries, left_out, strict=True) if out != number] for number in range(audiences)]
        return {"expected": expected, "commit": moments["commit"], "announced": moments.get("announced", moments["commit"])}

    def _publish(self, audiences: int, left_out: int | None) -> UUID:
        if left_out is None:
            wish = AudienceWish("region", region=self.regions[audiences].pk)
        else:
            named = [one.pk for number, one in enumerate(self.receivers[audiences]) if number != left_out]
            wish = AudienceWish("named", organisations=tuple(named))
        return publish_alert(self.sender, wish=wish, **CONTENT).alert.pk


@contextmanager
def moment_of_announcement(moments: dict[str, int]) -> Iterator[None]:
    """Notes when the sequencer wakes the hubs, which is what the limit's publishing is compared with."""
    announce = sequencer.announce

    def noted(newest: int) -> None:
        moments.setdefault("announced", time.monotonic_ns())
        announce(newest)

    with mock.patch.object(sequencer, "announce", noted):
        yield


if __name__ == "__main__":
    setting = Setting()
    serve({"build": setting.build, "tickets": setting.tickets, "publish": setting.publish})
