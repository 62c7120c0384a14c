"""Nobody answers: the policy's steps, each at its time and once; an answer ends them, a pause holds them, and somebody always knows."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connections
from django.utils import timezone

from incidents.actions import acknowledge_alert, cancel_alert
from incidents.models import Alert
from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.models import Region
from portsec.delivery.escalation import escalate_due
from portsec.delivery.models import Delivery, Escalation, EscalationPolicy
from portsec.journal.models import Entry
from tests.cast import Cast
from tests.delivery.conftest import AddContact, delivery_to, dispatches, recipients, send

Publish = Callable[..., Alert]
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DUE = START + timedelta(minutes=15)  # a Severe alert


def at(seconds: float) -> datetime:
    """So many seconds after the deadline."""
    return DUE + timedelta(seconds=seconds)


def steps_taken() -> list[tuple[str, str, datetime, int]]:
    with as_system("tests"):
        found = Escalation.objects.select_related("delivery__recipient").order_by("delivery__recipient__name", "number")
        return [(one.delivery.recipient.name, one.step, one.taken_at, one.told) for one in found]


def told_after(now: datetime) -> list[str]:
    """To whom a worker's round writes now, besides what was written before."""
    before = len(mail.outbox)
    with time_machine.travel(now, tick=False):
        escalate_due(now)
        send(now)
    return sorted(one.to[0] for one in mail.outbox[before:])


@pytest.fixture
def silent(committed: Cast, publish: Publish, contact: AddContact) -> Alert:
    """An alert to Gdynia, which has three contacts on duty and answers nothing; the council coordinates."""
    for number, name in enumerate(("first", "second", "third")):
        contact(committed.as_("gdynia"), name.title(), f"{name}@gdynia.example", note=str(number))
    contact(committed.as_("council"), "Duty desk", "desk@council.example")
    contact(committed.as_("gdansk"), "Watch", "watch@gdansk.example")
    with time_machine.travel(START, tick=False):
        alert = publish(committed.as_("gdansk"), "named", named=[committed.gdynia])
        send()
    return alert


def answer(acting: Acting, alert: Alert) -> None:
    with acting_for(acting):
        acknowledge_alert(acting, Alert.objects.visible_to(acting).get(pk=alert.pk))


class TestSteps:
    def test_nothing_happens_before_the_deadline(self, committed: Cast, silent: Alert) -> None:
        assert told_after(at(-1)) == []
        assert steps_taken() == []

    def test_it_reminds_then_tells_the_next_then_all_then_who_coordinates(self, committed: Cast, silent: Alert) -> None:
        """Addressed by name, the council may not know of it: so its sender hears that nobody answers."""
        assert told_after(at(0)) == ["first@gdynia.example"]
        assert told_after(at(119)) == []
        assert told_after(at(120)) == ["second@gdynia.example"]
        assert told_after(at(300)) == ["first@gdynia.example", "second@gdynia.example", "third@gdynia.example"]
        assert told_after(at(600)) == ["watch@gdansk.example"]
        assert told_after(at(6000)) == []
        assert steps_taken() == [
            ("Port of Gdynia", "remind", at(0), 1),
            ("Port of Gdynia", "next_contact", at(120), 1),
            ("Port of Gdynia", "all_contacts", at(300), 3),
            ("Port of Gdynia", "coordinator", at(600), 1),
        ]

    def test_the_coordinator_of_the_region_is_told_where_it_may_see(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("council"), "Duty desk", "desk@council.example")
        with time_machine.travel(START, tick=False):
            alert = publish(committed.as_("gdansk"), "region")
            send()
        answer(committed.as_("council"), alert)
        mail.outbox.clear()
        assert told_after(at(600)) == ["desk@council.example"] * 3  # of Gdynia, Rīga and the coast guard: none has answered
        assert {one.subject.split(". ")[0] for one in mail.outbox} == {
            "[TLP:GREEN] Port of Gdynia has not answered",
            "[TLP:GREEN] Port of Rīga has not answered",
            "[TLP:GREEN] Baltic Coast Guard has not answered",
        }
        assert not any("/answer/" in str(one.body) for one in mail.outbox)

    def test_steps_that_were_missed_are_all_taken(self, committed: Cast, silent: Alert) -> None:
        """After an hour in which nothing ran."""
        told_after(at(3600))
        assert [step for _who, step, _at, _told in steps_taken()] == ["remind", "next_contact", "all_contacts", "coordinator"]

    def test_two_sweeps_take_a_step_once(self, committed: Cast, silent: Alert, in_threads: Callable[..., Any]) -> None:
        in_threads(lambda _number: escalate_due(at(0)), range(4))
        assert [step for _who, step, _at, _told in steps_taken()] == ["remind"]
        assert len(dispatches(purpose="escalate")) == 1

    def test_the_next_contact_is_the_next_who_is_on_duty(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        office = {"hours": "office", "days": [1, 2, 3, 4, 5], "opens_at": time(8), "closes_at": time(16)}
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        contact(committed.as_("gdynia"), "Office", "office@gdynia.example", **office)
        contact(committed.as_("gdynia"), "Night", "night@gdynia.example")
        with time_machine.travel(START, tick=False):
            publish(committed.as_("gdansk"), "named", named=[committed.gdynia])
            send()
        told_after(at(0))
        assert told_after(at(120)) == ["night@gdynia.example"]

    def test_it_shows_on_the_dashboards_of_who_is_late_and_of_nobody_else(self, committed: Cast, silent: Alert) -> None:
        told_after(at(600))
        with as_system("tests"):
            overdue = Entry.objects.filter(verb="delivery.overdue")
            assert {one.owner_id for one in overdue} == {committed.gdynia.pk}
            assert {one.owner_id for one in Entry.objects.filter(verb="delivery.escalated")} == {committed.gdansk.pk}
        for name in ("riga", "council", "coastguard", "trieste"):
            with acting_for(committed.as_(name)) as acting:
                assert not Entry.objects.visible_to(acting).filter(verb__startswith="delivery.").exists(), name

    @pytest.mark.parametrize("steps", [[], [{"after": 0, "step": "shout"}], [{"after": 0}]])
    def test_a_row_that_names_no_step_holds_up_nobody(self, committed: Cast, publish: Publish, silent: Alert, steps: list[Any]) -> None:
        with time_machine.travel(START, tick=False):
            odd = publish(committed.as_("gdansk"), "named", named=[committed.riga])
        with as_system("tests"):
            Delivery.objects.filter(object_id=odd.pk).update(escalation_steps=steps)
        assert told_after(at(0)) == ["first@gdynia.example"]
        assert delivery_to(committed.riga, odd.pk).escalate_at is None


class TestAClockThatJumps:
    def test_forward_everything_that_is_due_by_then_is_done_once(self, committed: Cast, silent: Alert) -> None:
        assert len(told_after(at(86_400 / 4))) == 6  # a reminder, the next, all three, and who watches
        assert told_after(at(86_400 / 4 + 60)) == []

    def test_back_nothing_is_repeated_and_new_alerts_go_out_at_once(self, committed: Cast, publish: Publish, silent: Alert) -> None:
        told_after(at(0))
        before = len(mail.outbox)
        with time_machine.travel(at(-3600), tick=False):
            publish(committed.as_("gdansk"), "named", named=[committed.gdynia], acknowledge_within=86_400)
            assert send(at(-3600)) == 1
        assert len(mail.outbox) == before + 1
        assert told_after(at(120)) == ["second@gdynia.example"]


class TestWhatEndsIt:
    def test_an_answer_ends_it_at_once(self, committed: Cast, silent: Alert) -> None:
        told_after(at(0))
        answer(committed.as_("gdynia"), silent)
        assert told_after(at(600)) == []

    def test_a_reminder_that_was_not_yet_sent_is_stopped_by_an_answer(self, committed: Cast, silent: Alert) -> None:
        escalate_due(at(0))
        answer(committed.as_("gdynia"), silent)
        assert send(at(1)) == 0
        assert [one.reason for one in dispatches(purpose="escalate")] == ["Answered meanwhile"]

    def test_a_cancellation_ends_it(self, committed: Cast, silent: Alert) -> None:
        with acting_for(committed.as_("gdansk")) as acting:
            cancel_alert(acting, silent, reason="A buoy")
        send()
        assert told_after(at(600)) == []


def steer(acting: Acting, delivery: Any, how: str, now: datetime) -> int:
    with acting_for(acting), connections["default"].cursor() as cursor:
        cursor.execute("SELECT app_steer_escalation(%s, %s, %s)", [delivery.pk, how, now])
        return int(cursor.fetchone()[0])


class TestPauses:
    def test_a_pause_holds_it_and_what_was_left_is_waited_after(self, committed: Cast, silent: Alert) -> None:
        told_after(at(0))
        one = delivery_to(committed.gdynia, silent.pk)
        assert steer(committed.as_("gdansk"), one, "pause", at(60)) == 1
        assert told_after(at(1000)) == []
        assert steer(committed.as_("gdansk"), one, "resume", at(1060)) == 1
        assert told_after(at(1119)) == []
        assert told_after(at(1120)) == ["second@gdynia.example"]

    def test_begun_anew_it_starts_with_the_first_step(self, committed: Cast, silent: Alert) -> None:
        told_after(at(600))
        one = delivery_to(committed.gdynia, silent.pk)
        assert steer(committed.as_("gdansk"), one, "restart", at(700)) == 1
        assert delivery_to(committed.gdynia, silent.pk).escalate_at == at(700)

    @pytest.mark.parametrize("name", ["gdynia", "riga", "council", "trieste"])
    def test_only_who_sent_it_or_coordinates_may(self, committed: Cast, silent: Alert, name: str) -> None:
        assert steer(committed.as_(name), delivery_to(committed.gdynia, silent.pk), "pause", at(0)) == 0


def policy(acting: Acting, steps: list[tuple[int, str]], *, region: Region | None = None, **content: Any) -> None:
    of = {"region": region} if region else {"organisation": acting.organisation}
    with acting_for(acting):
        EscalationPolicy.objects.create(steps=[{"after": after, "step": step} for after, step in steps], **of, **content)


class TestPolicies:
    def test_an_organisations_own_policy_is_before_its_regions(self, committed: Cast, publish: Publish) -> None:
        policy(committed.as_("council"), [(60, "coordinator")], region=committed.regions["baltic"])
        policy(committed.as_("gdynia"), [(30, "remind"), (90, "coordinator")])
        with time_machine.travel(START, tick=False):
            alert = publish(committed.as_("gdansk"))
        assert delivery_to(committed.gdynia, alert.pk).escalate_at == at(30)
        assert delivery_to(committed.riga, alert.pk).escalate_at == at(60)

    def test_one_for_the_severity_is_before_one_for_all(self, committed: Cast, publish: Publish) -> None:
        policy(committed.as_("gdynia"), [(30, "coordinator")])
        policy(committed.as_("gdynia"), [(5, "coordinator")], severity="Severe")
        with time_machine.travel(START, tick=False):
            severe, minor = publish(committed.as_("gdansk")), publish(committed.as_("gdansk"), severity="Minor")
        assert delivery_to(committed.gdynia, severe.pk).escalate_at == at(5)
        assert delivery_to(committed.gdynia, minor.pk).escalate_at == START + timedelta(seconds=3630)

    def test_a_change_of_policy_leaves_what_is_under_way(self, committed: Cast, silent: Alert) -> None:
        policy(committed.as_("gdynia"), [(3600, "coordinator")])
        assert told_after(at(0)) == ["first@gdynia.example"]


def test_a_foreign_red_delivery_escalates_to_the_named_person_only(committed: Cast, publish: Publish, contact: AddContact) -> None:
    contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
    person = committed.user("gdynia")
    with time_machine.travel(START, tick=False):
        publish(committed.as_("gdansk"), "named", named=[committed.gdynia], persons=[person.pk], tlp="RED")
        send()
    told_after(at(600))
    assert set(recipients()) == {person.email}
    assert timezone.is_aware(DUE)
