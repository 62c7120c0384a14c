"""What operators and load balancers are told."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
import time_machine
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from incidents.models import Alert
from ports.actions import add_contact_point
from portsec.access.acting import acting_for, as_system
from portsec.access.ids import new_id
from portsec.access.models import Audience
from portsec.delivery import watchdog
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


def test_it_says_that_nothing_is_late(committed: Cast) -> None:
    said = ask("/readyz")[1]
    assert said["oldest_due_delivery"] is None
    assert said["escalation_watchdog"] == {"checked": True, "overdue": 0, "waiting": 0}


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
    monkeypatch.setattr(watchdog, "as_system", fail)
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


def test_it_tells_of_what_should_have_been_sent(committed: Cast, publish: Callable[..., Alert]) -> None:
    tasks.heartbeat()
    with acting_for(committed.as_("gdynia")) as acting:
        add_contact_point(acting, role="Watch", email="watch@gdynia.example", situations=["alert"])
    with time_machine.travel(timezone.now() - timedelta(seconds=60), tick=False):
        publish(committed.as_("gdansk"), acknowledge_within=30)
    status, said = ask("/readyz")
    assert (status, said["ready"]) == (503, False)
    assert said["escalation_watchdog"] == {"checked": True, "overdue": 2, "waiting": 1}
    assert said["oldest_due_delivery"] is not None
