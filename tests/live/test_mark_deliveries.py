"""What was put on a dashboard, and what somebody has seen, becomes true of the delivery; its sender's board learns of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError

from incidents.models import Alert
from portsec.access.acting import as_system
from portsec.access.ids import new_id
from portsec.access.roles import Role
from portsec.delivery.models import Delivery, State
from portsec.live import marks
from tests.cast import Cast
from tests.live.conftest import Web, eventually

Publish = Callable[..., Alert]


def states(alert: Alert) -> dict[str, str]:
    with as_system("tests"):
        found = Delivery.objects.filter(object_id=alert.pk).select_related("recipient")
        return {delivery.recipient.name: delivery.state for delivery in found}


def test_it_marks_as_delivered_what_it_put_on_a_dashboard(web: Web, committed: Cast, publish: Publish) -> None:
    web.open(committed.as_("gdynia"))
    web.open(committed.as_("gdansk"))
    alert = publish(committed.as_("gdansk"))
    eventually(lambda: states(alert) == {"Port of Gdynia": State.DELIVERED, "Port of Rīga": State.QUEUED})


@pytest.mark.parametrize("ring_length", [1, 4096])
def test_it_marks_as_delivered_what_a_returning_client_was_sent(
    serve: Callable[..., Web], committed: Cast, publish: Publish, write_entries: Callable[..., None], ring_length: int
) -> None:
    web = serve(ring_length=ring_length)
    away = web.open(committed.as_("gdynia"))
    away.close()
    alert = publish(committed.as_("gdansk"))
    write_entries(committed.as_("gdansk"), publish(committed.as_("gdansk"), "own"), 10)
    web.has_read(12)
    web.open(committed.as_("gdynia"), since=away.hello["cursor"]).entries(1)
    eventually(lambda: states(alert)["Port of Gdynia"] == State.DELIVERED)


def test_it_marks_as_seen_what_a_person_has_seen(web: Web, committed: Cast, publish: Publish) -> None:
    board = web.open(committed.as_("gdynia", Role.STAFF))
    alert = publish(committed.as_("gdansk"))
    board.say(type="seen", ids=[str(alert.pk)])
    eventually(lambda: states(alert)["Port of Gdynia"] == State.SEEN)
    with as_system("tests"):
        delivery = Delivery.objects.get(object_id=alert.pk, recipient=committed.gdynia)
    assert delivery.seen_by_id == committed.user("gdynia", Role.STAFF).pk
    assert delivery.delivered_at is not None
    assert delivery.seen_at is not None


def test_it_believes_no_service_that_it_has_seen_something(web: Web, committed: Cast, publish: Publish) -> None:
    program = web.open(committed.as_("gdynia", Role.SERVICE, scopes=frozenset({"read"})))
    person = web.open(committed.as_("riga"))
    alert = publish(committed.as_("gdansk"))
    program.say(type="seen", ids=[str(alert.pk)])
    person.say(type="seen", ids=[str(alert.pk)])
    eventually(lambda: states(alert) == {"Port of Gdynia": State.DELIVERED, "Port of Rīga": State.SEEN})


def test_it_marks_nothing_for_others(web: Web, committed: Cast, publish: Publish) -> None:
    outsider, person = web.open(committed.as_("coastguard")), web.open(committed.as_("riga"))
    alert = publish(committed.as_("gdansk"))
    outsider.say(type="seen", ids=[str(alert.pk)])
    person.say(type="seen", ids=[str(alert.pk)])
    eventually(lambda: states(alert) == {"Port of Gdynia": State.QUEUED, "Port of Rīga": State.SEEN})


def test_it_marks_a_red_alert_only_for_the_named_persons(web: Web, committed: Cast, publish: Publish) -> None:
    officer, deputy = web.open(committed.as_("gdynia")), web.open(committed.as_("gdynia", Role.DEPUTY))
    named = [committed.gdynia]
    red = {"tlp": "RED", "persons": [committed.user("gdynia", Role.DEPUTY).pk]}
    alert = publish(committed.as_("gdansk"), "named", named=named, **red)
    eventually(lambda: states(alert) == {"Port of Gdynia": State.DELIVERED})
    officer.say(type="seen", ids=[str(alert.pk)])
    other = publish(committed.as_("gdansk"))
    officer.say(type="seen", ids=[str(other.pk)])
    eventually(lambda: states(other)["Port of Gdynia"] == State.SEEN)
    assert states(alert) == {"Port of Gdynia": State.DELIVERED}
    deputy.say(type="seen", ids=[str(alert.pk)])
    eventually(lambda: states(alert) == {"Port of Gdynia": State.SEEN})


def test_it_passes_over_what_it_does_not_understand(web: Web, committed: Cast, publish: Publish) -> None:
    board = web.open(committed.as_("gdynia"))
    alert = publish(committed.as_("gdansk"))
    nonsense: list[Any] = ["", "[", "[]", "1", "null", '{"type": "seen"}', '{"type": "seen", "ids": 3}', '{"type": "seen", "ids": [3]}']
    nonsense += ['{"type": "seen", "ids": ["x"]}', '{"type": "seen", "ids": [null]}', "x" * 100_000, b"\x00"]
    nonsense += [f'{{"type": "seen", "ids": [{",".join([f"{chr(34)}{alert.pk}{chr(34)}"] * 201)}]}}']
    for message in nonsense:
        board.connection.send(message)
    eventually(lambda: states(alert)["Port of Gdynia"] == State.DELIVERED)
    board.say(type="seen", ids=[str(alert.pk), str(new_id())])
    eventually(lambda: states(alert)["Port of Gdynia"] == State.SEEN)


def test_it_tells_the_senders_and_the_coordinators_board(web: Web, committed: Cast, publish: Publish) -> None:
    sender, coordinator, recipient = (web.open(committed.as_(name)) for name in ("gdansk", "council", "gdynia"))
    alert = publish(committed.as_("gdansk"), "region")
    for board in (sender, coordinator):
        assert board.frame("deliveries") == {"type": "deliveries", "ids": [str(alert.pk)]}
    recipient.say(type="seen", ids=[str(alert.pk)])
    for board in (sender, coordinator):
        assert board.frame("deliveries")["ids"] == [str(alert.pk)]
    assert states(alert)["Port of Gdynia"] == State.SEEN


def test_it_tells_of_a_red_alert_nobody_but_its_readers(web: Web, committed: Cast, publish: Publish) -> None:
    colleague, sender = web.open(committed.as_("gdansk", Role.STAFF)), web.open(committed.as_("gdansk"))
    deputy = committed.user("gdynia", Role.DEPUTY).pk
    web.open(committed.as_("gdynia", Role.DEPUTY))
    red = publish(committed.as_("gdansk"), "named", named=[committed.gdynia], tlp="RED", persons=[deputy])
    assert sender.frame("deliveries")["ids"] == [str(red.pk)]
    other = publish(committed.as_("gdansk"))
    assert colleague.frame("deliveries")["ids"] == [str(other.pk)]


def test_it_tells_other_web_processes(serve: Callable[..., Web], committed: Cast, publish: Publish) -> None:
    here, there = serve(), serve()
    sender = here.open(committed.as_("gdansk"))
    there.open(committed.as_("gdynia"))
    alert = publish(committed.as_("gdansk"))
    assert sender.frame("deliveries")["ids"] == [str(alert.pk)]


def test_it_speaks_of_an_object_once_a_second_at_most() -> None:
    boards = marks.Boards()
    boards.note(["a", "b"])
    assert sorted(boards.take_due(100.0)) == ["a", "b"]
    boards.note(["a"])
    assert boards.take_due(100.5) == []
    assert boards.take_due(101.1) == ["a"]
    assert boards.take_due(105.0) == []


def test_it_keeps_marks_that_could_not_be_written(web: Web, committed: Cast, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = []

    def fail_once(found: marks.Marks) -> set[str]:
        if not failures:
            failures.append(found)
            raise DatabaseError("the database is away")
        return write(found)

    write = marks.write
    monkeypatch.setattr(marks, "write", fail_once)
    web.open(committed.as_("gdynia"))
    alert = publish(committed.as_("gdansk"))
    eventually(lambda: states(alert)["Port of Gdynia"] == State.DELIVERED)
    assert failures
