"""What operators and load balancers are told."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from portsec.access.acting import as_system
from portsec.access.ids import new_id
from portsec.access.models import Audience
from portsec.journal.models import Entry
from portsec.live import health, heartbeats, tasks
from tests.cast import Cast


@pytest.fixture(autouse=True)
def no_heartbeats() -> Iterator[None]:
    keys, client = [heartbeats.KEY.format(part) for part in heartbeats.PARTS], heartbeats._redis
    client.delete(*keys)
    yield
    client.delete(*keys)


def ask(path: str) -> tuple[int, Any]:
    answer = Client().get(path)
    return answer.status_code, answer.json()


def test_it_lives_without_asking_anything(django_assert_num_queries: Any, committed: Cast) -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_it_is_ready_when_every_part_answers(committed: Cast) -> None:
    tasks.heartbeat()
    status, said = ask("/readyz")
    assert status == 200
    assert {name: said[name] for name in ("ready", "database", "broker", "worker", "beat")} == dict.fromkeys(
        ("ready", "database", "broker", "worker", "beat"), True
    )
    assert said["sequencer_lag"] == {"entries": 0, "oldest_seconds": 0.0}


def test_it_does_not_claim_what_nobody_looks_at_yet(committed: Cast) -> None:
    said = ask("/readyz")[1]
    assert said["oldest_due_delivery"] is None
    assert said["escalation_watchdog"] == {"checked": False, "overdue": None}


def test_it_misses_the_heartbeat_of_worker_and_beat(committed: Cast) -> None:
    status, said = ask("/readyz")
    assert (status, said["worker"], said["beat"], said["broker"]) == (503, False, False, True)


def test_it_forgets_a_heartbeat_after_a_while() -> None:
    heartbeats.beat(timezone.now())
    assert 0 < heartbeats._redis.ttl(heartbeats.KEY.format("worker")) <= heartbeats.STALE


def test_it_says_that_the_broker_is_away(committed: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "_redis", redis.Redis.from_url("redis://127.0.0.1:1"))
    status, said = ask("/readyz")
    assert (status, said["broker"], said["worker"], said["database"]) == (503, False, False, True)


def test_it_says_that_the_database_is_away(committed: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(reason: str) -> None:
        raise OperationalError("connection refused")

    tasks.heartbeat()
    monkeypatch.setattr(health, "as_system", fail)
    status, said = ask("/readyz")
    assert (status, said["database"], said["sequencer_lag"], said["broker"]) == (503, False, None, True)


def test_it_tells_of_entries_that_wait_for_their_number(committed: Cast) -> None:
    tasks.heartbeat()
    with as_system("tests"):
        Entry.objects.create(
            id=new_id(),
            at=timezone.now() - timedelta(seconds=60),
            verb="test.lagged",
            kind="test",
            object_id=new_id(),
            owner=committed.gdansk,
            audience=Audience.objects.filter(kind=Audience.Kind.OWN).first(),
            summary="",
        )
    status, said = ask("/readyz")
    assert (status, said["ready"], said["sequencer_lag"]["entries"]) == (503, False, 1)
    assert said["sequencer_lag"]["oldest_seconds"] > 59
