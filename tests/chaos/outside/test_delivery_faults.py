"""300 alerts to fifty ports while a part of the stack dies: every message comes to its end, once, and every silence escalates.

Four of the fifty receivers behave badly all the time: one hangs, one answers 500, one 410, one redirects elsewhere.
Every check has its negative control in the same run.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone

from tests.browser.stack import ALERT
from tests.chaos.faults import (
    postgres_restarted,
    valkey_killed_keeping_its_data,
    valkey_killed_losing_its_data,
    web_killed,
    worker_killed,
)
from tests.chaos.outside import ledger
from tests.chaos.outside.names import FAILS, GONE, HANGS, REDIRECTS
from tests.chaos.outside.scene import Scene, setting
from tests.chaos.running import BEAT, Running
from tests.waiting import wait_until

pytestmark = pytest.mark.fault

ALERTS, EACH = 300, 3  # alerts in a storm, and ports that each of them names
IMPATIENT = 10  # one in so many asks for an answer within half a minute, and gets none
PATIENCE = 90.0  # seconds for one request, with all its repeats
SETTLED_WITHIN = 120.0
BAD = (HANGS, FAILS, GONE, REDIRECTS)


def beat_killed(stack: Running) -> None:
    stack.strike(BEAT)


FAULTS: list[Callable[[Running], None]] = [
    worker_killed,
    beat_killed,
    web_killed,
    valkey_killed_keeping_its_data,
    valkey_killed_losing_its_data,
    postgres_restarted,
]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with setting() as found:
        yield found


@dataclass
class Storm:
    scene: Scene
    name: str
    answered: set[str] = field(default_factory=set)
    failures: int = 0
    problems: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        shares = [range(start, ALERTS, len(self.scene.senders)) for start in range(len(self.scene.senders))]
        self.threads = [
            threading.Thread(target=self._send_all, args=(token, share)) for token, share in zip(self.scene.senders, shares, strict=True)
        ]
        for thread in self.threads:
            thread.start()

    def wait(self) -> None:
        for thread in self.threads:
            thread.join(2 * PATIENCE)
        assert not any(thread.is_alive() for thread in self.threads), "the storm does not end"
        assert not self.problems, self.problems[:3]

    def _send_all(self, token: str, share: range) -> None:
        headers = {"Authorization": f"Token {token}"}
        with httpx.Client(base_url=f"{self.scene.stack.url}/api/v1", headers=headers, timeout=15, trust_env=False) as client:
            try:
                for number in share:
                    self._send(client, number)
            except Exception as error:
                self.problems.append(f"{type(error).__name__}: {error}")

    def _send(self, client: httpx.Client, number: int) -> None:
        headline, ids = f"{self.name} {number}", list(self.scene.ports.values())
        named = [ids[(number * EACH + step) % len(ids)] for step in range(EACH)]
        body = {**ALERT, "headline": headline, "audience": {"kind": "named", "organisations": named}}
        if number % IMPATIENT == 0:
            body["acknowledge_within"] = 30
        key, deadline = str(uuid4()), time.monotonic() + PATIENCE
        while True:
            try:
                answer = client.post("/alerts/", json=body, headers={"Idempotency-Key": key})
                if answer.status_code < 500:
                    break
            except httpx.HTTPError:
                pass
            self.failures += 1
            assert time.monotonic() < deadline, f"no answer for {PATIENCE:.0f} s"
            time.sleep(0.2)
        assert answer.status_code == 201, answer.text
        self.answered.add(headline)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_message_comes_to_its_end_once_and_every_silence_escalates(
    scene: Scene, fault: Callable[[Running], None], capsys: pytest.CaptureFixture[str]
) -> None:
    storm, began = Storm(scene, fault.__name__.replace("_", " ")), timezone.now()
    storm.begin()
    wait_until(lambda: len(storm.answered) >= ALERTS // 3 or storm.problems, 90, "a third of the alerts is answered")
    fault(scene.stack)
    storm.wait()
    scene.stack.wait_ready()
    wait_until(lambda: not asked(scene, ledger.unfinished, storm.name, BAD), SETTLED_WITHIN, "every message has come to its end")
    wait_until(lambda: impatience_is_over(scene, storm), 90, "the deadlines of the impatient have passed")
    wait_until(lambda: not asked(scene, ledger.not_escalated, storm.name), 30, "every silence has escalated")
    nothing_is_wrong(scene, storm)
    the_checks_can_fail(scene, storm)
    with capsys.disabled():
        print(f"\n  {report(scene, storm, began)}")


def asked(scene: Scene, check: Callable[..., list[Any]], *arguments: Any) -> list[Any]:
    with scene.stack.database() as cursor:
        return check(cursor, *arguments)


def impatience_is_over(scene: Scene, storm: Storm) -> bool:
    """The last step of the last impatient alert is due, and its grace has passed."""
    steps = "acknowledge_by + make_interval(secs => (escalation_steps -> -1 ->> 'after')::int)"
    rows = scene.stack.rows(
        f"SELECT count(*) FROM delivery_delivery d JOIN incidents_alert a ON a.id = d.object_id "  # noqa: S608 (constants)
        f"WHERE a.headline LIKE %s AND a.acknowledge_within = 30 AND {steps} > now() - interval '6 seconds'",
        [f"{storm.name} %"],
    )
    return bool(rows[0][0] == 0)


def nothing_is_wrong(scene: Scene, storm: Storm) -> None:
    assert len(storm.answered) == ALERTS
    assert asked(scene, ledger.unfinished, storm.name, BAD) == []
    assert asked(scene, ledger.untold, storm.name) == []
    assert asked(scene, ledger.not_escalated, storm.name) == []
    assert asked(scene, ledger.not_received, scene.receiver.received, storm.name) == []
    assert ledger.under_several_ids(scene.post) == []
    assert ledger.foreign(scene) == []


def the_checks_can_fail(scene: Scene, storm: Storm) -> None:
    """The negative controls, each in a transaction that is taken back, or on what was really received."""
    stack, name = scene.stack, storm.name
    of_storm = "(SELECT d.id FROM delivery_delivery d JOIN incidents_alert a ON a.id = d.object_id WHERE a.headline LIKE %s)"
    with stack.database() as cursor:
        cursor.execute(f"UPDATE delivery_dispatch SET state = 'queued' WHERE delivery_id IN {of_storm}", [f"{name} %"])  # noqa: S608
        assert ledger.unfinished(cursor, name, BAD)
    with stack.database() as cursor:
        cursor.execute(f"UPDATE delivery_dispatch SET purpose = 'check' WHERE delivery_id IN {of_storm}", [f"{name} %"])  # noqa: S608
        assert ledger.untold(cursor, name)
    with stack.database() as cursor:
        cursor.execute(f"DELETE FROM delivery_escalation WHERE number = 2 AND delivery_id IN {of_storm}", [f"{name} %"])  # noqa: S608
        assert ledger.not_escalated(cursor, name)
    assert asked(scene, ledger.not_received, [], name)
    assert ledger.foreign(scene, scene.well[0])
    answerable = next(mail for mail in scene.post.mails if mail.dispatches)
    scene.post.mails.append(type(answerable)(answerable.to, "<another@id>", answerable.subject, answerable.dispatches))
    assert ledger.under_several_ids(scene.post)
    scene.post.mails.pop()


def report(scene: Scene, storm: Storm, began: Any) -> str:
    counts = dict(
        scene.stack.rows(
            "SELECT s.channel || ' ' || s.state, count(*) FROM delivery_dispatch s JOIN delivery_delivery d ON d.id = s.delivery_id "
            "JOIN incidents_alert a ON a.id = d.object_id WHERE a.headline LIKE %s GROUP BY 1 ORDER BY 1",
            [f"{storm.name} %"],
        )
    )
    [(unknown,)] = scene.stack.rows("SELECT count(*) FROM delivery_attempt WHERE outcome = 'unknown' AND started_at >= %s", [began])
    [(steps,)] = scene.stack.rows("SELECT count(*) FROM delivery_escalation WHERE taken_at >= %s", [began])
    [(latest,)] = scene.stack.rows(ledger.LATEST, [began])
    return (
        f"{storm.name}: {len(storm.answered)} alerts answered, {storm.failures} requests failed; {counts}; "
        f"{unknown} tries of unknown outcome, repeated under the same id; {steps} escalations, the latest {latest:.1f} s after its time"
    )
