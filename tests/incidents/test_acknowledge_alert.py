"""Acknowledging: once, by whom it was addressed to, told to the sender and to nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from incidents.actions import acknowledge_alert, expire_alerts
from incidents.models import Alert
from incidents.queries import board, unanswered, waiting_counts
from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.actions import leave_region
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from portsec.journal.models import Entry
from portsec.problems import Conflict
from tests.access.sql import changed, column
from tests.cast import Cast

Publish = Callable[..., Alert]


def answer(acting: Acting, alert: Alert, remark: str = "") -> Delivery:
    with acting_for(acting):
        return acknowledge_alert(acting, Alert.objects.visible_to(acting).get(pk=alert.pk), remark=remark)


@pytest.mark.django_db
class TestAcknowledging:
    def test_the_sender_sees_who_answered_when_and_how_fast(self, cast: Cast, publish: Publish) -> None:
        start = datetime(2026, 11, 23, 1, 14, tzinfo=UTC)
        with time_machine.travel(start, tick=False):
            alert = publish(cast.as_("gdansk"))
        with time_machine.travel(start + timedelta(seconds=41), tick=False):
            answer(cast.as_("riga"), alert, "Patrol sent")
        with acting_for(cast.as_("gdansk")) as sender:
            row = next(row for row in board(sender, alert).rows if row.delivery.recipient == cast.riga)
        assert (row.delivery.state, row.answer_seconds, row.delivery.remark) == ("acknowledged", 41, "Patrol sent")
        assert row.delivery.acknowledged_by == cast.user("riga")

    def test_the_answer_is_news_to_the_sender_and_not_to_another_recipient(self, cast: Cast, publish: Publish) -> None:
        alert = publish(cast.as_("gdansk"))
        answer(cast.as_("riga"), alert)
        for name, hears in (("gdansk", True), ("riga", True), ("gdynia", False), ("coastguard", False)):
            with acting_for(cast.as_(name)) as acting:
                assert Entry.objects.visible_to(acting).filter(verb="alert.acknowledged").exists() == hears, name

    def test_only_the_first_answer_counts(self, cast: Cast, publish: Publish) -> None:
        alert = publish(cast.as_("gdansk"))
        answer(cast.as_("riga"), alert, "first")
        with pytest.raises(Conflict):
            answer(cast.as_("riga", Role.DEPUTY), alert, "second")
        with acting_for(cast.as_("riga")) as acting:
            assert Delivery.objects.received_by(acting).get(object_id=alert.pk).remark == "first"

    def test_the_sender_cannot_answer_its_own_alert(self, cast: Cast, publish: Publish) -> None:
        alert = publish(cast.as_("gdansk"))
        with pytest.raises(Conflict):
            answer(cast.as_("gdansk"), alert)

    def test_an_observer_cannot_answer(self, cast: Cast, publish: Publish) -> None:
        alert = publish(cast.as_("gdansk"))
        with pytest.raises(NotAllowedError):
            answer(cast.as_("riga", Role.OBSERVER), alert)

    def test_it_is_late_once_its_deadline_has_passed(self, cast: Cast, publish: Publish) -> None:
        start = datetime(2026, 11, 23, 1, 14, tzinfo=UTC)
        with time_machine.travel(start, tick=False):
            alert = publish(cast.as_("gdansk"), severity="Severe")
        with acting_for(cast.as_("gdansk")) as sender:
            assert board(sender, alert, now=start + timedelta(minutes=15)).late == 0
            assert board(sender, alert, now=start + timedelta(minutes=15, seconds=1)).late == 2

    def test_unanswered_alerts_stand_by_severity_then_time_and_exercises_last(self, cast: Cast, publish: Publish) -> None:
        sender = cast.as_("gdansk")
        for severity, within, exercise in (("Minor", 60, False), ("Severe", 900, False), ("Severe", 300, False), ("Severe", 60, True)):
            publish(sender, severity=severity, acknowledge_within=within, is_exercise=exercise, headline=f"{severity} {within}")
        with acting_for(cast.as_("riga")) as acting:
            assert [one.alert.headline for one in unanswered(acting)] == ["Severe 300", "Severe 900", "Minor 60", "Severe 60"]
            counts = waiting_counts(acting)
        assert (counts.alerts, counts.exercises) == (3, 1)


def test_it_can_still_answer_a_sender_that_has_left_the_region(committed: Cast, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk"))
    leave_region(committed.gdansk, committed.regions["baltic"])
    assert answer(committed.as_("riga"), alert).state == "acknowledged"


@pytest.mark.django_db(databases=["system"])
def test_the_index_of_expiry_serves_expiry_alone() -> None:
    """It holds all that is active: a page of active alerts that is led to it reads the whole of it for each audience."""
    changed("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off", alias="system")  # so that it is taken wherever it can be
    ask = "EXPLAIN SELECT id FROM incidents_alert WHERE state = 'active' {} ORDER BY expires_at"
    taken = ["alert_to_expire" in "".join(column(ask.format(more), alias="system")) for more in ("AND expires_at <= now()", "")]
    assert taken == [True, False]


def test_an_expired_alert_leaves_the_dashboards(committed: Cast, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk"), expires_at=timezone.now() + timedelta(minutes=5))
    kept = publish(committed.as_("gdansk"), expires_at=timezone.now() + timedelta(minutes=50))
    assert expire_alerts(timezone.now() + timedelta(minutes=6)) == 1
    assert expire_alerts(timezone.now() + timedelta(minutes=6)) == 0
    with acting_for(committed.as_("riga")) as acting:
        assert [one.alert.pk for one in unanswered(acting)] == [kept.pk]
        assert Entry.objects.visible_to(acting).filter(verb="alert.expired", object_id=alert.pk).exists()
    with acting_for(committed.as_("coastguard")) as outsider:
        assert not Entry.objects.visible_to(outsider).filter(object_id=alert.pk).exists()


def test_two_officers_answer_at_once_and_one_wins(committed: Cast, publish: Publish, in_threads: Any) -> None:
    alert = publish(committed.as_("gdansk"))
    officers = [committed.as_("riga"), committed.as_("riga", Role.DEPUTY)]

    def press(acting: Acting) -> str:
        try:
            return answer(acting, alert).state
        except Conflict:
            return "conflict"

    assert sorted(in_threads(press, officers)) == ["acknowledged", "conflict"]
