"""The run of `bench_delivery`, in a process with the settings of the benchmark's own database.

`python -m portsec.bench.telling <organisations> <webhooks> <repeats> <address of a receiver> <where the figures go>`
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portsec.settings")
django.setup()

from django.db import connections  # noqa: E402 (the applications can be imported only now)
from django.utils import timezone  # noqa: E402

from incidents.actions import publish_alert  # noqa: E402
from portsec.access.acting import Acting, acting_for, as_system  # noqa: E402
from portsec.access.actions import create_organisation, create_region, join_region  # noqa: E402
from portsec.access.audiences import AudienceWish  # noqa: E402
from portsec.access.models import Membership, Organisation, Region, User  # noqa: E402
from portsec.access.roles import Role  # noqa: E402
from portsec.delivery.dispatching import LINES, send_due  # noqa: E402
from portsec.delivery.escalation import escalate_due  # noqa: E402
from portsec.delivery.models import Delivery, Dispatch, Endpoint  # noqa: E402
from portsec.delivery.secrets import new_webhook_secret, seal_secret  # noqa: E402
from portsec.delivery.severity import Severity  # noqa: E402
from portsec.outbound import request  # noqa: E402

REASON = "benchmark: organisations, and what they are told, of a database of its own"
ALERT: dict[str, Any] = {
    "headline": "Unlit craft near the breakwater",
    "event": "Suspicious craft",
    "category": ["Security"],
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Observed",
    "tlp": "GREEN",
}
# As many rows as an alert writes, in the tables with their indexes and keys, by whoever may write them: no less can be done.
BARE = """
WITH told AS (
  INSERT INTO delivery_delivery (id, entry_id, kind, object_id, version, sender_id, recipient_id, channel, state, reason, created_at,
                                 carried_over, remark, answered_through, answered_for, escalation_steps, escalation_step, acknowledge_by)
  SELECT uuidv7(), %(entry)s, 'alert', %(object)s, 1, %(sender)s, o.id, 'dashboard', 'queued', '', now(), false, '', '', '', '[]', 0, now()
  FROM access_organisation o WHERE o.kind = 'port' AND o.id <> %(sender)s RETURNING id, recipient_id
)
INSERT INTO delivery_dispatch (id, delivery_id, recipient_id, endpoint_id, channel, purpose, step, severity, state, reason, created_at,
                               next_attempt_at, attempts)
SELECT uuidv7(), told.id, told.recipient_id, e.id, e.channel, 'tell', 0, 'Severe', 'suppressed', '', now(), now(), 0
FROM told JOIN delivery_endpoint e ON e.organisation_id = told.recipient_id
"""


def main(organisations: int, webhooks: int, repeats: int, receiver: str, file: Path) -> None:
    acting = town(organisations, receiver)
    results = [published(acting, repeats), sent(acting, webhooks, repeats, receiver), escalated(repeats)]
    file.write_text(json.dumps({"results": results}))


def town(organisations: int, receiver: str) -> Acting:
    region = create_region("Bench region")
    officer = User.objects.create(email="officer@bench.example", name="Officer")
    sender = create_organisation("Bench sender", Organisation.Kind.PORT)
    join_region(sender, region)
    for number in range(organisations):
        join_region(create_organisation(f"Bench port {number}", Organisation.Kind.PORT), region)
    with as_system(REASON):
        Membership.objects.create(user=officer, organisation=sender, role=Role.SECURITY_OFFICER)
        Endpoint.objects.bulk_create(ways(region, sender, receiver))
    return Acting(officer, sender, Role.SECURITY_OFFICER)


def ways(region: Region, sender: Organisation, receiver: str) -> Iterator[Endpoint]:
    sealed = seal_secret(new_webhook_secret())
    for one in Organisation.objects.filter(regions=region).exclude(pk=sender.pk):
        told = {"organisation": one, "label": "Watch", "kinds": ["alert"], "severities": list(Severity.values)}
        yield Endpoint(channel="email", address=f"{one.pk.hex}@bench.example", **told)
        yield Endpoint(channel="webhook", address=f"{receiver}/{one.pk.hex}", sealed_secret=sealed, **told)


def published(acting: Acting, repeats: int) -> dict[str, Any]:
    """From the call to the commit; the bare statement and its commit in turns with it."""
    rounds = [(_timed(lambda: publish(acting)), _timed(lambda: bare(acting))) for _round in range(repeats + 1)][1:]
    ours, theirs = (median(times) for times in zip(*rounds, strict=True))
    return result("publish to all, two channels", ours, theirs, rows())


def publish(acting: Acting) -> None:
    with acting_for(acting):
        publish_alert(acting, wish=AudienceWish("region_ports"), **ALERT)


def bare(acting: Acting) -> None:
    """With an entry of its own, which an alert of its own has."""
    with acting_for(acting):
        alert = publish_alert(acting, wish=AudienceWish("own"), **ALERT).alert
    with as_system(REASON), connections["system"].cursor() as cursor:
        cursor.execute("SELECT id FROM journal_entry WHERE object_id = %s", [alert.pk])
        entry = cursor.fetchone()[0]
    begun = time.perf_counter()
    with as_system(REASON), connections["system"].cursor() as cursor:
        cursor.execute(BARE, {"entry": entry, "object": alert.pk, "sender": acting.organisation.pk})
    _own_time.append((time.perf_counter() - begun) * 1e3)


_own_time: list[float] = []


def _timed(act: Any) -> float:
    """Milliseconds: what `act` says itself, where it does, else how long it took."""
    _own_time.clear()
    begun = time.perf_counter()
    act()
    return _own_time[0] if _own_time else (time.perf_counter() - begun) * 1e3


def rows() -> int:
    with as_system(REASON):
        newest = Delivery.objects.order_by("-created_at").values("entry")[:1]
        told = Delivery.objects.filter(entry__in=newest)
        return int(told.count() + Dispatch.objects.filter(delivery__in=told).count())


def sent(acting: Acting, webhooks: int, repeats: int, receiver: str) -> dict[str, Any]:
    """A worker's rounds over so many webhooks, and a bare client that posts as many with as many threads."""
    quiet()
    rounds = []
    for _round in range(repeats):
        due = queue(acting, webhooks)
        ours = _timed(lambda: send_due(timezone.now(), until=time.monotonic() + 600))
        theirs = _timed(lambda count=due: post(receiver, count))
        rounds.append((ours / due, theirs / due))
    ours, theirs = (median(times) for times in zip(*rounds, strict=True))
    return {**result("a webhook", ours, theirs, 1), "per_second": round(1000 / ours)}


def quiet() -> None:
    """Mails are not what is measured here, and nothing of the rounds before is left to send."""
    with as_system(REASON):
        Endpoint.objects.filter(channel="email").update(is_active=False)
        Dispatch.objects.filter(state="queued").update(state="suppressed")


def queue(acting: Acting, webhooks: int) -> int:
    with as_system(REASON):
        before = Dispatch.objects.filter(state="queued").count()
    while before < webhooks:
        publish(acting)
        with as_system(REASON):
            before = Dispatch.objects.filter(state="queued").count()
    return int(before)


def post(receiver: str, count: int) -> None:
    body = b'{"type":"alert.published","data":{"kind":"alert"}}' + b" " * 250
    with ThreadPoolExecutor(LINES) as pool:
        list(pool.map(lambda _number: request("POST", receiver + "/bare", body=body), range(count)))


def escalated(repeats: int) -> dict[str, Any]:
    """One step of a thousand deliveries that are open, all at once."""
    times, count = [], 0
    for _round in range(repeats):
        with as_system(REASON):
            still = Delivery.objects.filter(state__in=["queued", "accepted", "delivered"]).exclude(escalation_steps=[])
            late = list(still.order_by("-created_at").values_list("pk", flat=True)[:1000])
            Delivery.objects.update(escalate_at=None)
            count = Delivery.objects.filter(pk__in=late).update(escalate_at=timezone.now(), escalation_step=3)
        times.append(_timed(lambda: escalate_due(timezone.now())))
    return {"query": "a step of 1,000 escalations", "ms": round(median(times), 1), "baseline_ms": None, "ratio": None, "rows": count}


def result(query: str, ms: float, baseline_ms: float, count: int) -> dict[str, Any]:
    return {"query": query, "ms": round(ms, 2), "baseline_ms": round(baseline_ms, 2), "ratio": round(ms / baseline_ms, 2), "rows": count}


if __name__ == "__main__":
    *numbers, address, target = sys.argv[1:]
    main(*map(int, numbers), address, Path(target))  # type: ignore[call-arg,arg-type]
