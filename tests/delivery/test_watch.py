"""The watchdog: what the worker should have done and did not, it does itself, and says so once; when all is well again, too."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import time_machine
from django.core import mail

from incidents.models import Alert
from portsec.access.acting import acting_for, as_system
from portsec.delivery.models import Alarm, Escalation
from portsec.delivery.watchdog import beat_outside, look, watch
from portsec.journal.models import Entry
from tests.cast import Cast
from tests.delivery.conftest import AddContact, recipients, send

Publish = Callable[..., Alert]
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def unsent(committed: Cast, publish: Publish, contact: AddContact) -> Alert:
    """An alert to Gdynia by name, that no worker has sent."""
    contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
    with time_machine.travel(START, tick=False):
        return publish(committed.as_("gdansk"), "named", named=[committed.gdynia], acknowledge_within=30)


def watch_at(seconds: float) -> Any:
    now = START + timedelta(seconds=seconds)
    with time_machine.travel(now, tick=False):
        return watch(now)


def alarms() -> list[str]:
    with as_system("tests"):
        return [one.summary for one in Entry.objects.filter(verb="system.deliveries").order_by("at")]


def test_while_the_worker_is_on_time_it_does_nothing(committed: Cast, unsent: Alert) -> None:
    send(START + timedelta(seconds=1))
    assert watch_at(16).is_well
    assert alarms() == []


def test_it_leaves_the_worker_a_moment(committed: Cast, unsent: Alert) -> None:
    assert watch_at(14).is_well
    assert recipients() == []


def test_it_sends_what_the_worker_did_not(committed: Cast, unsent: Alert) -> None:
    assert watch_at(16).waiting == 1
    assert recipients() == ["watch@gdynia.example"]


def test_it_escalates_what_the_worker_did_not_and_that_is_recorded(committed: Cast, unsent: Alert) -> None:
    send(START)
    assert watch_at(30 + 16).overdue == 1
    with as_system("tests"):
        assert list(Escalation.objects.values_list("step", "by_watchdog")) == [("remind", True)]


def test_it_says_so_once_to_who_coordinates_and_to_the_operator(committed: Cast, unsent: Alert, settings: Any) -> None:
    settings.OPERATOR_EMAIL = "operator@portsec.example"
    watch_at(16)
    for _again in range(3):
        with as_system("tests"):
            assert not look(START + timedelta(seconds=17)).waiting
    assert alarms() == ["Deliveries are late: 1 messages not sent, 0 escalations not taken. The watchdog has taken over."]
    assert recipients() == ["operator@portsec.example", "watch@gdynia.example"]
    with acting_for(committed.as_("council")) as acting:
        assert Entry.objects.visible_to(acting).filter(verb="system.deliveries").exists()
    for name in ("gdansk", "gdynia", "coastguard"):
        with acting_for(committed.as_(name)) as acting:
            assert not Entry.objects.visible_to(acting).filter(verb="system.deliveries").exists()


def test_an_alarm_that_lasts_is_raised_once_and_ended_once(committed: Cast, unsent: Alert, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portsec.delivery.watchdog._help_out", lambda now: None)
    for seconds in (16, 21, 26):
        watch_at(seconds)
    assert len(alarms()) == 1
    send(START + timedelta(seconds=30))
    watch_at(31)
    watch_at(36)
    assert alarms()[1:] == ["Deliveries are on time again."]
    with as_system("tests"):
        assert Alarm.objects.get().ended_at == START + timedelta(seconds=31)


def test_a_mail_server_that_is_down_does_not_stop_it(committed: Cast, unsent: Alert, settings: Any) -> None:
    settings.OPERATOR_EMAIL = "operator@portsec.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    watch_at(16)
    assert len(alarms()) == 1
    assert mail.outbox == []


class TestTheHeartbeat:
    def test_it_asks_for_the_operators_address(self, settings: Any) -> None:
        asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_words: Any) -> None:
                """Silent."""

        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            Thread(target=server.handle_request, daemon=True).start()
            settings.HEARTBEAT_URL = f"http://127.0.0.1:{server.server_port}/alive"
            beat_outside()
        assert asked == ["/alive"]

    def test_an_address_that_does_not_answer_is_noted_and_no_error(self, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
        settings.HEARTBEAT_URL = "http://127.0.0.1:1/"
        beat_outside()
        assert "the heartbeat address does not answer" in caplog.text
