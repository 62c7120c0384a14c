"""120 alerts from four ports at once, and the answers to some of them, over REST; whoever gets no answer asks again."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from uuid import uuid4

import httpx

from portsec.demo.region_data import BALTIC_BODIES, BALTIC_PORTS, KATTEGAT_BODIES, KATTEGAT_PORTS
from tests.browser.stack import ALERT
from tests.chaos.dashboards import Dashboard
from tests.chaos.running import Running

SENDERS = ("pfso.plgdn", "pfso.lvrix", "pfso.ltklj", "pfso.eetll")
ALERTS_EACH = 30
NAMED = ("pfso.plgdy", "pfso.segot")
ANSWERING = "pfso.plgdy"
PATIENCE = 90.0  # seconds for one request, with all its repeats
PAUSE = 0.2  # seconds between two attempts

BALTIC = {f"pfso.{port.unlocode.lower()}" for port in BALTIC_PORTS}
BALTIC_ALL = BALTIC | {body.login for body in BALTIC_BODIES}
EVERYONE = BALTIC_ALL | {f"pfso.{port.unlocode.lower()}" for port in KATTEGAT_PORTS} | {body.login for body in KATTEGAT_BODIES}
ADDRESSED = {"region_ports": BALTIC, "region": BALTIC_ALL, "named": set(NAMED), "linked_regions": EVERYONE}


@dataclass(frozen=True)
class Planned:
    """One alert, and the logins of those organisations that may know of it, its sender among them."""

    headline: str
    sender: str
    kind: str

    @property
    def seen_by(self) -> set[str]:
        return ADDRESSED[self.kind] | {self.sender}

    @property
    def recipients(self) -> set[str]:
        return self.seen_by - {self.sender}


@dataclass
class Storm:
    stack: Running
    name: str
    ids: Sequence[str]  # of the organisations in NAMED
    answered: dict[str, str] = field(default_factory=dict)  # headline → id, of what was answered with 201
    acknowledged: set[tuple[str, str]] = field(default_factory=set)  # (alert, login), of what was answered with 200
    failures: int = 0  # requests without an answer, or with a 5xx
    replayed: int = 0  # repeats that the server knew already
    problems: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        kinds = cycle(ADDRESSED)
        self.planned = [
            Planned(f"{self.name} {sender} {number}", sender, next(kinds)) for sender in SENDERS for number in range(ALERTS_EACH)
        ]

    def begin(self, answering: Dashboard) -> None:
        for sender in SENDERS:
            self._spawn(self._publish_all, sender)
        self._spawn(self._answer, answering)

    def wait(self) -> None:
        """Until every planned alert is answered, and every answer that can be given is given."""
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads), "the storm does not end"
        assert not self.problems, self.problems[:3]

    def _spawn(self, work: Callable[[Any], None], argument: Any) -> None:
        def alone() -> None:
            try:
                work(argument)
            except Exception as error:
                self.problems.append(f"{type(error).__name__}: {error}")

        self._threads.append(threading.Thread(target=alone))
        self._threads[-1].start()

    def _publish_all(self, sender: str) -> None:
        with self.stack.client(sender) as client:
            for alert in (one for one in self.planned if one.sender == sender):
                self.publish(client, alert)

    def publish(self, client: httpx.Client, alert: Planned) -> None:
        answer = self.insist(client, "/alerts/", self.body(alert))
        assert answer.status_code == 201, answer.text
        with self._lock:
            self.answered[alert.headline] = answer.json()["id"]

    def body(self, alert: Planned) -> dict[str, Any]:
        audience = {"kind": alert.kind} | ({"organisations": list(self.ids)} if alert.kind == "named" else {})
        return {**ALERT, "headline": alert.headline, "audience": audience}

    def insist(self, client: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
        """The same request with the same Idempotency-Key until there is an answer that is one."""
        key, deadline = str(uuid4()), time.monotonic() + PATIENCE
        while True:
            try:
                answer = client.post(path, json=body, headers={"Idempotency-Key": key})
                if answer.status_code < 500:
                    with self._lock:
                        self.replayed += answer.headers.get("Idempotency-Replayed") == "true"
                    return answer
            except httpx.HTTPError:
                pass
            with self._lock:
                self.failures += 1
            assert time.monotonic() < deadline, f"no answer to {path} for {PATIENCE:.0f} s"
            time.sleep(PAUSE)

    def _answer(self, board: Dashboard) -> None:
        """Acknowledges what was sent by name, as soon as it is on the dashboard."""
        due = {one.headline for one in self.planned if one.kind == "named"}
        with self.stack.client(ANSWERING) as client:
            deadline = time.monotonic() + 2 * PATIENCE
            while due:
                for headline, alert in [told for told in tuple(board.told) if told[0] in due]:
                    answer = self.insist(client, f"/alerts/{alert}/acknowledge/", {"remark": "on watch"})
                    assert answer.status_code == 200, answer.text
                    self.acknowledged.add((alert, ANSWERING))
                    due.discard(headline)
                assert time.monotonic() < deadline, f"{len(due)} alerts never came to be answered"
                time.sleep(PAUSE)
