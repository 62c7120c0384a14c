"""An alert reaches the contacts, mailboxes and systems of who is addressed, and of nobody else; each once, each recorded."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from incidents.actions import acknowledge_alert, cancel_alert, expire_alerts, update_alert
from incidents.models import Alert
from ports.actions import retire_contact_point, set_security_level
from portsec.access.acting import acting_for, as_system
from portsec.access.actions import leave_region
from portsec.access.models import Membership
from portsec.access.roles import Role
from portsec.delivery.leases import LEASE, lease
from portsec.delivery.models import Attempt, Endpoint
from portsec.delivery.secrets import open_secret
from portsec.delivery.transports import webhook
from portsec.delivery.transports.webhook import signature
from portsec.journal.models import Entry
from portsec.outbound import Limits
from tests.cast import Cast
from tests.delivery.conftest import AddContact, delivery_to, dispatches, mails, recipients, send

Publish = Callable[..., Alert]
NIGHT = datetime(2026, 11, 23, 1, 14, tzinfo=UTC)  # 02:14 in Gdynia, a Monday


class TestWhomItTells:
    def test_it_mails_the_first_contact_of_each_addressed_port(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Duty officer", "duty@gdynia.example")
        contact(committed.as_("gdynia"), "Second in line", "second@gdynia.example")
        contact(committed.as_("riga"), "Watch", "watch@riga.example")
        contact(committed.as_("trieste"), "Watch", "watch@trieste.example")
        contact(committed.as_("gdansk"), "Own watch", "own@gdansk.example")
        publish(committed.as_("gdansk"))
        assert send() == 2
        assert recipients() == ["duty@gdynia.example", "watch@riga.example"]

    def test_at_night_it_mails_who_is_on_duty(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        office = {"hours": "office", "days": [1, 2, 3, 4, 5], "opens_at": time(8), "closes_at": time(16)}
        contact(committed.as_("gdynia"), "Office", "office@gdynia.example", **office)
        contact(committed.as_("gdynia"), "Night watch", "night@gdynia.example")
        with time_machine.travel(NIGHT, tick=False):
            publish(committed.as_("gdansk"))
            send()
        assert recipients() == ["night@gdynia.example"]

    def test_where_nobody_is_on_duty_it_mails_the_first_all_the_same(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        office = {"hours": "office", "days": [1, 2, 3, 4, 5], "opens_at": time(8), "closes_at": time(16)}
        contact(committed.as_("gdynia"), "Office", "office@gdynia.example", **office)
        with time_machine.travel(NIGHT, tick=False):
            publish(committed.as_("gdansk"))
            send()
        assert recipients() == ["office@gdynia.example"]

    def test_a_contact_for_other_situations_is_left_in_peace(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Inspections", "inspections@gdynia.example", situations=["inspection"])
        contact(committed.as_("riga"), "Level desk", "levels@riga.example", situations=["level_change"])
        publish(committed.as_("gdansk"))
        with acting_for(committed.as_("gdansk")) as acting:
            set_security_level(acting, level=2, reason="Intelligence")
        send()
        assert recipients() == ["levels@riga.example"]

    def test_a_retired_contact_gets_nothing_that_was_still_queued(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        watch = contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        publish(committed.as_("gdansk"))
        with acting_for(committed.as_("gdynia")) as acting:
            retire_contact_point(acting, watch)
        assert send() == 0
        assert [(one.state, one.reason) for one in dispatches()] == [("suppressed", "This way is switched off")]

    def test_who_left_the_region_meanwhile_is_not_told(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        """The right is looked at again at the moment of sending."""
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        publish(committed.as_("gdansk"))
        leave_region(committed.gdynia, committed.regions["baltic"])
        assert send() == 0
        assert [one.reason for one in dispatches()] == ["It is no longer shared with this organisation"]

    def test_a_red_alert_tells_the_named_person_that_it_is_there(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        person = committed.user("gdynia")
        publish(committed.as_("gdansk"), "named", named=[committed.gdynia], persons=[person.pk], tlp="RED")
        send()
        (only,) = mail.outbox
        assert only.to == [person.email]
        whole = only.subject + str(only.body) + str(only.alternatives)
        assert "Unlit craft" not in whole
        assert "/answer/" not in whole
        assert "Sign in to read it" in whole

    def test_a_person_who_left_meanwhile_gets_nothing(self, committed: Cast, publish: Publish) -> None:
        person = committed.user("gdynia")
        publish(committed.as_("gdansk"), "named", named=[committed.gdynia], persons=[person.pk], tlp="RED")
        with as_system("tests"):
            Membership.objects.filter(user=person).update(is_active=False)
        assert send() == 0
        assert [one.reason for one in dispatches()] == ["The person has left"]

    def test_an_amber_alert_shows_its_headline_and_not_its_text(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        publish(committed.as_("gdansk"), "named", named=[committed.gdynia], tlp="AMBER")
        send()
        (only,) = mail.outbox
        whole = only.subject + str(only.body) + str(only.alternatives)
        assert "[TLP:AMBER] Severe alert" in only.subject
        assert "Unlit craft near the breakwater" in whole
        assert "outer anchorage" not in whole

    def test_a_green_alert_brings_text_label_and_link(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        alert = publish(committed.as_("gdansk"))
        send()
        (only,) = mail.outbox
        assert only.subject == f"[TLP:GREEN] Severe alert {alert.ref_id} from Port of Gdańsk. Unlit craft near the breakwater"
        assert "Look over your outer anchorage." in str(only.body)
        assert "http://localhost:8000/answer/" in str(only.body)
        assert only.extra_headers["Message-ID"] == f"<{dispatches()[0].pk}@localhost>"

    def test_an_exercise_says_so_first(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        publish(committed.as_("gdansk"), is_exercise=True)
        send()
        assert mail.outbox[0].subject.startswith("[TLP:GREEN] EXERCISE. ")


class TestWhatIsRecorded:
    def test_each_try_stands_in_the_ledger_with_its_outcome(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        with time_machine.travel(NIGHT, tick=False):
            alert = publish(committed.as_("gdansk"))
            send()
        (only,) = dispatches()
        assert (only.state, only.accepted_at, only.attempts) == ("accepted", NIGHT, 1)
        with as_system("tests"):
            assert list(Attempt.objects.values_list("number", "outcome", "detail", "ended_at")) == [(1, "accepted", "SMTP 250", NIGHT)]
        assert delivery_to(committed.gdynia, alert.pk).state == "accepted"
        assert delivery_to(committed.riga, alert.pk).state == "queued"  # which has no contact, and no dashboard open

    def test_nothing_is_sent_twice(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        publish(committed.as_("gdansk"))
        assert [send(), send()] == [1, 0]

    def test_two_workers_never_hold_one_row(
        self, committed: Cast, publish: Publish, contact: AddContact, in_threads: Callable[..., Any]
    ) -> None:
        for number in range(4):
            contact(committed.as_("gdynia"), f"Watch {number}", f"watch{number}@gdynia.example")
        for _number in range(5):
            publish(committed.as_("gdansk"))
        assert sum(in_threads(lambda _number: send(), range(4))) == 5
        assert len({one.extra_headers["Message-ID"] for one in mail.outbox}) == len(mail.outbox) == 5

    def test_what_a_dead_worker_held_is_sent_again_under_the_same_id(self, committed: Cast, publish: Publish, hook: Any) -> None:
        _endpoint, receiver = hook(committed.as_("gdynia"))
        publish(committed.as_("gdansk"))
        now = timezone.now()
        (held,) = lease(now, slow=False)  # and the worker is killed
        assert send(now + LEASE - timedelta(seconds=1)) == 0
        assert send(now + LEASE + timedelta(seconds=1)) == 1
        assert receiver.ids() == [str(held)]
        with as_system("tests"):
            assert list(Attempt.objects.values_list("outcome", flat=True)) == ["unknown", "accepted"]

    def test_near_the_end_of_its_lease_a_worker_begins_nothing_more(
        self, committed: Cast, publish: Publish, hook: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else another would send it meanwhile."""
        _endpoint, receiver = hook(committed.as_("gdynia"))
        for _number in range(3):
            publish(committed.as_("gdansk"))
        monkeypatch.setattr("portsec.delivery.dispatching.MARGIN", LEASE.total_seconds())
        assert send() == 0
        assert receiver.received == []
        assert {one.state for one in dispatches()} == {"queued"}


class TestWhatStopsIt:
    def test_a_cancelled_alert_is_not_sent_any_more(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        alert = publish(committed.as_("gdansk"))
        with acting_for(committed.as_("gdansk")) as acting:
            cancel_alert(acting, alert, reason="A buoy")
        assert send() == 0
        assert [(one.state, one.reason) for one in dispatches()] == [("suppressed", "Cancelled")]

    def test_who_got_it_gets_the_cancellation_on_the_same_channel(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        alert = publish(committed.as_("gdansk"))
        send()
        contact(committed.as_("riga"), "New watch", "watch@riga.example")
        with acting_for(committed.as_("gdansk")) as acting:
            cancel_alert(acting, alert, reason="A buoy")
        send()
        assert recipients() == ["watch@gdynia.example"] * 2
        assert "Cancelled: Severe alert" in mail.outbox[-1].subject
        assert "/answer/" not in str(mail.outbox[-1].body)

    def test_an_expired_alert_is_not_sent_any_more(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        alert = publish(committed.as_("gdansk"))
        expire_alerts(alert.expires_at)
        assert send() == 0
        assert [one.state for one in dispatches()] == ["expired"]

    def test_an_update_takes_the_place_of_what_was_not_yet_sent(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        alert = publish(committed.as_("gdansk"))
        with acting_for(committed.as_("gdansk")) as acting:
            update_alert(acting, alert, note="Two craft", headline="Two unlit craft")
        send()
        assert [subject for _to, subject in mails()] == [f"[TLP:GREEN] Severe alert {alert.ref_id} from Port of Gdańsk. Two unlit craft"]
        assert [one.state for one in dispatches()] == ["suppressed", "accepted"]


class TestWebhooks:
    def test_it_brings_ids_only_and_signs_them(self, committed: Cast, publish: Publish, hook: Any) -> None:
        endpoint, receiver = hook(committed.as_("gdynia"))
        alert = publish(committed.as_("gdansk"))
        send()
        (got,) = receiver.received
        told = json.loads(got.body)
        assert told["type"] == "alert.published"
        assert set(told["data"]) == {"kind", "id", "url", "entry"}
        assert told["data"]["url"] == f"http://localhost:8000/api/v1/alerts/{alert.pk}/"
        signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
        assert got.headers["webhook-signature"] == signature(open_secret(endpoint.sealed_secret), signed)
        assert delivery_to(committed.gdynia, alert.pk).state == "delivered"

    def test_it_never_hears_of_a_red_alert(self, committed: Cast, publish: Publish, hook: Any) -> None:
        _endpoint, receiver = hook(committed.as_("gdynia"))
        publish(committed.as_("gdansk"), "named", named=[committed.gdynia], persons=[committed.user("gdynia").pk], tlp="RED")
        send()
        assert receiver.received == []

    def test_a_foreign_system_hears_nothing(self, committed: Cast, publish: Publish, hook: Any) -> None:
        _endpoint, receiver = hook(committed.as_("trieste"))
        _own, _same = hook(committed.as_("gdansk"), "/own")
        publish(committed.as_("gdansk"))
        send()
        assert receiver.received == []

    @pytest.mark.parametrize("status", [500, 429, 302])
    def test_a_failure_that_may_pass_is_tried_again_later(self, committed: Cast, publish: Publish, hook: Any, status: int) -> None:
        _endpoint, receiver = hook(committed.as_("gdynia"))
        receiver.habits["/"] = status
        publish(committed.as_("gdansk"))
        now = timezone.now()
        assert send(now) == 0
        (only,) = dispatches()
        assert only.state == "queued"
        assert str(status) in only.reason
        assert now + timedelta(seconds=3) < only.next_attempt_at < now + timedelta(seconds=8)
        receiver.habits["/"] = 200
        assert [send(now + timedelta(seconds=9)), send(now + timedelta(seconds=9), slow=True)] == [0, 1]
        assert len(set(receiver.ids())) == 1

    def test_one_that_is_gone_is_switched_off_and_its_owner_told(self, committed: Cast, publish: Publish, hook: Any) -> None:
        endpoint, receiver = hook(committed.as_("gdynia"))
        receiver.habits["/"] = 410
        publish(committed.as_("gdansk"))
        send()
        assert [one.state for one in dispatches()] == ["failed"]
        with as_system("tests"):
            again = Endpoint.objects.get(pk=endpoint.pk)
            told = {one.owner_id for one in Entry.objects.filter(verb="endpoint.switched_off")}
        assert (again.is_active, again.disabled_because) == (False, "HTTP 410")
        assert told == {committed.gdynia.pk}

    def test_a_redirect_into_the_own_network_is_not_followed(self, committed: Cast, publish: Publish, hook: Any) -> None:
        _endpoint, receiver = hook(committed.as_("gdynia"))
        receiver.habits["/"], receiver.headers = 302, {"Location": receiver.url + "/inside"}
        publish(committed.as_("gdansk"))
        send()
        assert [one.path for one in receiver.received] == ["/"]

    def test_an_address_that_became_private_is_not_called(self, committed: Cast, publish: Publish, hook: Any, settings: Any) -> None:
        _endpoint, receiver = hook(committed.as_("gdynia"))
        publish(committed.as_("gdansk"))
        settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = False
        send()
        assert receiver.received == []
        assert [one.state for one in dispatches()] == ["failed"]


class TestOneBadRecipient:
    def test_what_hangs_holds_up_nobody(self, committed: Cast, publish: Publish, hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(webhook, "LIMITS", Limits(connect=1, read=1, total=1, body=100, cut=True))
        _bad, receiver = hook(committed.as_("gdynia"), "/hangs")
        hook(committed.as_("riga"), "/works")
        receiver.habits["/hangs"] = receiver.hang
        for _number in range(8):
            publish(committed.as_("gdansk"))
        send()
        assert len(receiver.ids("/works")) == 8
        assert len(receiver.ids("/hangs")) <= 4  # the rest went back untried
        states = {one.endpoint.address[-6:]: set() for one in dispatches()}
        for one in dispatches():
            states[one.endpoint.address[-6:]].add(one.state)
        assert states == {"/hangs": {"queued"}, "/works": {"delivered"}}

    def test_what_was_put_off_untried_has_lost_no_try(self, committed: Cast, publish: Publish, hook: Any) -> None:
        """Else a receiver that fails would use up the tries of messages that were never sent."""
        _bad, receiver = hook(committed.as_("gdynia"))
        receiver.habits["/"] = 500
        for _number in range(8):
            publish(committed.as_("gdansk"))
        send()
        assert sorted(one.attempts for one in dispatches()) == [0, 0, 0, 0, 1, 1, 1, 1]
        with as_system("tests"):
            assert Attempt.objects.count() == 4


class TestFlood:
    def test_many_messages_become_one_that_lists_them_all(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        alerts = [publish(committed.as_("gdansk"), headline=f"Craft {number}") for number in range(7)]
        assert send() == 1
        (only,) = mail.outbox
        assert only.subject == "PortSec: 7 messages"
        for alert in alerts:
            assert alert.headline in str(only.body)
        first, *others = dispatches()
        assert [one.bundled_in for one in others] == [first] * 6
        assert {one.state for one in dispatches()} == {"accepted"}

    def test_what_is_not_urgent_waits_for_the_end_of_the_flood(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        with time_machine.travel(NIGHT, tick=False) as clock:
            for _number in range(5):
                publish(committed.as_("gdansk"), severity="Minor")
                send()
            publish(committed.as_("gdansk"), severity="Minor", headline="The sixth")
            assert send() == 0
            clock.shift(61)
            assert send() == 1
        assert len(mail.outbox) == 6

    def test_an_extreme_alert_never_waits(self, committed: Cast, publish: Publish, contact: AddContact, settings: Any) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        with time_machine.travel(NIGHT, tick=False):
            for _number in range(5):
                publish(committed.as_("gdansk"), severity="Minor")
                send()
            publish(committed.as_("gdansk"), severity="Severe", headline="At once")
            assert send() == 1


def test_an_answer_by_a_person_keeps_its_channel(committed: Cast, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk"))
    with acting_for(committed.as_("gdynia", Role.DEPUTY)) as acting:
        acknowledge_alert(acting, Alert.objects.visible_to(acting).get(pk=alert.pk))
    assert delivery_to(committed.gdynia, alert.pk).answered_through == "dashboard"
