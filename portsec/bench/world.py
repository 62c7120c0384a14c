"""The run of `bench_regions`, in a process with the settings of the benchmark's own database.

`python -m portsec.bench.world <regions> <ports> <agencies> <people> <repeats> <where the figures go>`

One region has two hundred ports, as many as the largest coast; the others share the rest. A page's *own statements* are what it
asks of the database, asked again by hand in the same context: what the page takes beyond them is the framework, the template and
the middleware.
"""

import gzip
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portsec.settings")
django.setup()

from django.conf import settings  # noqa: E402 (the applications can be imported only now)
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402

from ports.actions import add_contact_point, add_facility, set_security_level  # noqa: E402
from ports.models import PortProfile  # noqa: E402
from portsec.access.acting import Acting, acting_for, as_system  # noqa: E402
from portsec.access.actions import create_region  # noqa: E402
from portsec.access.actions.organisations import NewOrganisation, create_organisations, join_many  # noqa: E402
from portsec.access.models import Membership, Organisation, Region, User  # noqa: E402
from portsec.access.roles import Role  # noqa: E402

REASON = "benchmark: a world of its own, in a database of its own"
WIDE = 200  # ports of the first region
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PAGES = ("/", "/region/", "/ports/", "/ports/{code}/", "/call/", "/call/ours/", "/call/sheet/{region}/", "/levels/{level}/", "/audit/")


def main(regions: int, ports: int, agencies: int, people: int, repeats: int, file: Path) -> None:
    begun = time.monotonic()
    acting, places = populate(regions, ports, agencies, people)
    filled = time.monotonic() - begun
    client = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])
    client.defaults["asgi.scope"] = {"state": {"hub": Position()}}  # type: ignore[assignment]  # the stubs know texts alone
    client.force_login(acting.user)
    results = [measured(client, page.format(**places), acting, repeats) for page in PAGES]
    file.write_text(json.dumps({"filled_in_seconds": round(filled, 1), "results": results, "map_kb": map_size(client, places["region"])}))


class Position:
    """What a page asks of the hub of its web process: where the journal stands. Without one it would ask the database."""

    is_ready = threading.Event()
    is_ready.set()
    position = 1


def populate(regions: int, ports: int, agencies: int, people: int) -> tuple[Acting, dict[str, str]]:
    made = create_organisations([NewOrganisation(f"Port {number}", Organisation.Kind.PORT) for number in range(ports)])
    others = create_organisations([NewOrganisation(f"Agency {number}", Organisation.Kind.AGENCY) for number in range(agencies)])
    with as_system(REASON):
        PortProfile.objects.bulk_create([profile(one, number) for number, one in enumerate(made)], batch_size=1000)
    rest = max(1, regions - 1)
    for number in range(regions):
        region = create_region(f"Region {number}")
        of_region = made[:WIDE] if number == 0 else made[WIDE + number - 1 :: rest]
        join_many([*of_region, *others[number::regions]], region)
    officers(made, others, people)
    return tell(made)


def profile(port: Organisation, number: int) -> PortProfile:
    place = "".join(LETTERS[number // 26**power % 26] for power in range(4, -1, -1))
    return PortProfile(
        organisation=port, unlocode=place, latitude=-60 + number * 7.3 % 130, longitude=-180 + number * 13.7 % 360, coast_order=number
    )


def officers(ports: Sequence[Organisation], others: Sequence[Organisation], people: int) -> None:
    homes = [*ports, *others]
    with as_system(REASON):
        made = User.objects.bulk_create(
            [User(email=f"person.{number}@world.example", name=f"Person {number}") for number in range(people)], batch_size=1000
        )
        Membership.objects.bulk_create([membership(number, user, homes) for number, user in enumerate(made)], batch_size=1000)


def membership(number: int, user: User, homes: Sequence[Organisation]) -> Membership:
    """The first of each organisation is its officer; whoever comes after belongs to its staff."""
    role = Role.SECURITY_OFFICER if number < len(homes) else Role.STAFF
    return Membership(user=user, organisation=homes[number % len(homes)], role=role)


def tell(ports: Sequence[Organisation]) -> tuple[Acting, dict[str, str]]:
    """The ports of the wide region say whom to call, what they consist of, and at which level they are."""
    actings = {one.organisation_id: one for one in officers_of(ports[:WIDE])}
    codes = dict(PortProfile.objects.filter(organisation__in=ports[:WIDE]).values_list("organisation", "unlocode"))
    level = ""
    for number, port in enumerate(ports[:WIDE]):
        member = actings[port.pk]
        with acting_for(Acting(member.user, port, Role.SECURITY_OFFICER)) as acting:
            add_contact_point(acting, role="Duty officer", phone="+46701740605", situations=["emergency", "alert"])
            add_facility(acting, name="Container terminal", imo_number=f"{codes[port.pk]}-0001")
            if number % 3 == 0:
                level = str(set_security_level(acting, level=2, reason="Intelligence").pk)
    first = actings[ports[0].pk]
    code, region = PortProfile.objects.get(organisation=ports[1]).unlocode, Region.objects.get(name="Region 0")
    return Acting(first.user, ports[0], Role.SECURITY_OFFICER), {"code": code, "level": level, "region": str(region.pk)}


def officers_of(ports: Sequence[Organisation]) -> Iterator[Membership]:
    found = Membership.objects.filter(organisation__in=ports, role=Role.SECURITY_OFFICER).select_related("user")
    yield from found.order_by("-created_at")


def measured(client: Client, page: str, acting: Acting, repeats: int) -> dict[str, Any]:
    answer = client.get(page)
    if answer.status_code != 200:
        return {"page": page, "status": answer.status_code, "ms": None, "own_ms": None, "ratio": None, "queries": None, "kb": None}
    statements = captured(client, page)
    rounds = [(timed(lambda: client.get(page)), timed(lambda: replay(acting, statements))) for _round in range(repeats)]
    ours, theirs = (median(times) for times in zip(*rounds, strict=True))
    return {
        "page": page,
        "status": 200,
        "ms": round(ours, 1),
        "own_ms": round(theirs, 1),
        "ratio": round(ours / theirs, 2),
        "queries": len(statements),
        "kb": round(len(answer.content) / 1024),
    }


def captured(client: Client, page: str) -> list[tuple[str, Any]]:
    """What the page asks, with its values, but for the words that set its context."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not sql.startswith(("SELECT set_config", "SAVEPOINT", "RELEASE")):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connections["default"].execute_wrapper(note):
        client.get(page)
    return asked


def replay(acting: Acting, statements: Sequence[tuple[str, Any]]) -> None:
    with acting_for(acting), connections["default"].cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
            if cursor.description:
                cursor.fetchall()


def timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1e3


def map_size(client: Client, region: str) -> float:
    """KB, compressed."""
    answer = client.get(f"/map/{region}/")
    content = b"".join(answer) if answer.streaming else answer.content
    return round(len(content if answer.get("Content-Encoding") == "gzip" else gzip.compress(content)) / 1024, 1)


if __name__ == "__main__":
    *numbers, target = sys.argv[1:]
    main(*map(int, numbers), Path(target))  # type: ignore[call-arg,arg-type]
