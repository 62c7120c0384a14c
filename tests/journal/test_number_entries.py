"""The sequencer: entries are numbered after their commit, so that who has passed a number has missed nothing.

Writers and readers here are real connections that really commit. The negative control reads the same journal as many
systems do, by id or by time, and is shown to lose what was begun first and committed last.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from django.db import connections

from portsec.access.acting import Acting, acting_for
from portsec.access.audiences import own_audience
from portsec.access.ids import new_id
from portsec.access.models import Audience
from portsec.journal import sequencer
from portsec.journal.models import Entry
from portsec.journal.sequencer import CHANNEL, number_entries, number_soon
from tests.access.sql import column, one, rows
from tests.cast import Cast

WRITERS = 4
EACH = 30
WRITE = """
INSERT INTO journal_entry (id, owner_id, audience_id, at, verb, kind, object_id, summary, row, before, after, request_id)
VALUES (%s, %s, %s, clock_timestamp(), 'test.written', 'test', %s, '', '{}', '{}', '{}', '')
"""


@pytest.fixture
def desk(committed: Cast) -> tuple[Acting, Audience]:
    acting = committed.as_("gdansk")
    with acting_for(acting):
        audience = own_audience(acting)
    number_entries()
    return acting, audience


Desk = tuple[Acting, Audience]


def connect() -> Any:
    return psycopg2.connect(**connections["default"].get_connection_params() | {"cursor_factory": None})


@contextmanager
def writer(desk: Desk) -> Iterator[Any]:
    """An open transaction of the application's role on a connection of its own; the caller commits."""
    acting, _audience = desk
    connection = connect()
    try:
        with connection.cursor() as cursor:
            told = [str(acting.user.pk), str(acting.organisation.pk)]
            cursor.execute("SELECT set_config('app.user_id', %s, true), set_config('app.org_id', %s, true)", told)
        yield connection
    finally:
        connection.close()


def write(connection: Any, desk: Desk) -> UUID:
    acting, audience = desk
    pk = new_id()
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [str(pk), str(acting.organisation.pk), str(audience.pk), str(new_id())])
    return pk


def written(desk: Desk) -> UUID:
    """One entry, committed."""
    with writer(desk) as connection:
        pk = write(connection, desk)
        connection.commit()
    return pk


def numbers() -> dict[UUID, int | None]:
    return dict(rows("SELECT id, seq FROM journal_entry WHERE verb = 'test.written' ORDER BY seq", alias="system"))


# One writer


def test_what_is_committed_is_numbered_in_order_and_without_a_gap(desk: Desk) -> None:
    start = one("SELECT newest FROM journal_ends()")
    entries = [written(desk) for _again in range(5)]
    assert number_entries() == 5
    assert numbers() == {entry: start + place for place, entry in enumerate(entries, 1)}


def test_what_is_not_committed_is_not_numbered(desk: Desk) -> None:
    with writer(desk) as connection:
        entry = write(connection, desk)
        assert number_entries() == 0
        connection.commit()
    assert numbers() == {entry: None}
    assert number_entries() == 1


def test_what_is_taken_back_leaves_no_gap(desk: Desk) -> None:
    start = one("SELECT newest FROM journal_ends()")
    with writer(desk) as connection:
        write(connection, desk)
        connection.rollback()
    entry = written(desk)
    number_entries()
    assert numbers() == {entry: start + 1}


def test_asking_again_changes_nothing(desk: Desk) -> None:
    written(desk)
    assert [number_entries() for _again in range(3)] == [1, 0, 0]


def test_the_first_begun_and_last_committed_gets_the_last_number(desk: Desk) -> None:
    with writer(desk) as slow:
        first_begun = write(slow, desk)
        quick = written(desk)
        number_entries()
        slow.commit()
    number_entries()
    assert first_begun < quick, "its id is the older one"
    found = numbers()
    assert (found[quick], found[first_begun]) == (min(found.values()), max(found.values()))


# Elected by a lock


def test_one_numbers_while_the_others_wait(desk: Desk) -> None:
    """Who holds the lock and has not committed keeps the next from giving the same numbers."""
    entries = [written(desk) for _again in range(3)]
    system = psycopg2.connect(**connections["system"].get_connection_params() | {"cursor_factory": None})
    with ThreadPoolExecutor(1) as pool:
        try:
            with system.cursor() as cursor:
                cursor.execute("SELECT numbered FROM journal_number_entries()")
                assert cursor.fetchone() == (3,)
            second = pool.submit(_alone, number_entries)
            _wait_until(lambda: one("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 1)
            assert not second.done()
            system.commit()
            assert second.result(timeout=10) == 0
        finally:
            system.close()  # or the other would wait for ever
    found = numbers()
    assert [found[entry] for entry in entries] == list(range(min(found.values()), min(found.values()) + 3))


def _alone(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connections.close_all()


def _wait_until(condition: Callable[[], bool]) -> None:
    """Asks the server until it is so; bounded, without sleeping."""
    for _again in range(20_000):
        if condition():
            return
    pytest.fail("it never came to be")


def test_many_at_once_number_everything_once(desk: Desk, in_threads: Any) -> None:
    entries = [written(desk) for _again in range(40)]
    counts = in_threads(lambda _n: number_entries(), range(6))
    assert sum(counts) == 40
    found = list(numbers().values())
    assert len(set(found)) == len(entries)
    assert max(found) - min(found) == 39


# The race


def race(desk: Desk, read: Callable[[], None]) -> list[UUID]:
    """Four writers, of whom every other holds its transaction open across the next one's commit, beside a reader."""
    barrier, done = Barrier(WRITERS + 1, timeout=30), Event()

    def work(_n: int) -> list[UUID]:
        barrier.wait()
        made = []
        for _again in range(EACH // 2):
            with writer(desk) as slow:
                made.append(write(slow, desk))
                made.append(written(desk))
                _alone(number_entries)
                slow.commit()
            number_entries()
        connections.close_all()
        return made

    def keep_reading() -> None:
        barrier.wait()
        while not done.is_set():
            read()
        number_entries()
        read()
        connections.close_all()

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reading = pool.submit(keep_reading)
        try:
            made = [pk for one_writer in pool.map(work, range(WRITERS)) for pk in one_writer]
        finally:
            done.set()
        reading.result(timeout=60)
    return made


class Reader:
    """Goes through the journal by a column, as a client that remembers how far it came."""

    def __init__(self, by: str, start: Any) -> None:
        self.by, self.position, self.seen = by, start, []

    def read(self) -> None:
        after = f"SELECT id, {self.by} FROM journal_entry WHERE verb = 'test.written' AND {self.by} > %s ORDER BY {self.by} LIMIT 7"  # noqa: S608
        for pk, place in rows(after, [self.position], alias="system"):
            self.seen.append(pk)
            self.position = place


def test_with_four_writers_the_reader_loses_nothing_and_sees_nothing_twice(desk: Desk) -> None:
    reader = Reader("seq", one("SELECT newest FROM journal_ends()"))
    made = race(desk, reader.read)
    while len(reader.seen) < len(made):
        before = len(reader.seen)
        reader.read()
        assert len(reader.seen) > before, f"{len(made) - before} entries were lost"
    assert len(made) == WRITERS * EACH // 2 * 2
    assert sorted(reader.seen) == sorted(made)
    assert reader.position == max(numbers().values())


FIRST: dict[str, Any] = {"seq": 0, "id": UUID(int=0), "at": "-infinity"}


@pytest.mark.parametrize(("by", "lost"), [("seq", 0), ("id", 1), ("at", 1)])
def test_only_by_number_is_the_late_commit_found(desk: Desk, by: str, lost: int) -> None:
    """The negative control, with an interleaving that is always the same: begun first, committed last."""
    reader = Reader(by, FIRST[by])
    with writer(desk) as slow:
        first_begun = write(slow, desk)
        quick = written(desk)
        number_entries()
        reader.read()
        slow.commit()
    number_entries()
    reader.read()
    assert {first_begun, quick} - set(reader.seen) == ({first_begun} if lost else set())
    assert len(reader.seen) == 2 - lost


@pytest.mark.parametrize("by", ["id", "at"])
def test_in_the_same_race_a_reader_by_id_or_time_does_lose(desk: Desk, by: str) -> None:
    """With the sequencer off the reader's path the race really happens: else the test above would prove nothing."""
    for _attempt in range(5):
        reader = Reader(by, FIRST[by])
        made = race(desk, reader.read)
        reader.read()
        if set(made) - set(reader.seen):
            return
    pytest.fail("nothing was lost in five races: they are too tame to prove anything")


# Telling the hubs


def test_a_new_number_is_announced_and_nothing_else_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, int]] = []
    monkeypatch.setattr(sequencer._redis, "publish", lambda channel, newest: said.append((channel, newest)))
    written(desk)
    number_entries()
    number_entries()
    assert said == [(CHANNEL, one("SELECT newest FROM journal_ends()"))]


def test_a_broker_that_is_down_delays_and_loses_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_arguments: Any) -> None:
        raise sequencer.redis.ConnectionError

    monkeypatch.setattr(sequencer._redis, "publish", down)
    written(desk)
    assert number_entries() == 1


def test_a_failure_after_the_commit_is_left_to_the_sweep(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person's action stands, whatever becomes of the numbering."""

    def fail() -> int:
        raise RuntimeError("the connection was lost")

    entry = written(desk)
    with monkeypatch.context() as patch:
        patch.setattr(sequencer, "number_entries", fail)
        number_soon()
    assert numbers() == {entry: None}
    number_soon()
    assert numbers()[entry] is not None


def test_an_action_is_numbered_as_soon_as_it_is_committed(committed: Cast, publish: Callable[..., Any]) -> None:
    alert = publish(committed.as_("gdansk"))
    assert None not in column("SELECT seq FROM journal_entry WHERE object_id = %s", [alert.pk], alias="system")
    with acting_for(committed.as_("gdynia")) as acting:
        assert Entry.objects.visible_to(acting).get(object_id=alert.pk).seq


def test_numbers_are_not_given_again_when_the_journal_was_cut(desk: Desk) -> None:
    """Retention may take the newest entry too, after a quiet time; a client's cursor must still mean the same."""
    written(desk)
    number_entries()
    last = one("SELECT newest FROM journal_ends()")
    cut_before(last + 1)
    entry = written(desk)
    number_entries()
    assert numbers()[entry] == last + 1


CUT = {
    "delivery_delivery": "DELETE FROM delivery_delivery WHERE entry_id IN (SELECT id FROM journal_entry WHERE seq < %s)",
    "journal_entry": "DELETE FROM journal_entry WHERE seq < %s",
}


def cut_before(number: int) -> None:
    """As retention will: nobody but the owner can delete, and it only past FORCE."""
    with connections["owner"].cursor() as cursor:
        for table in CUT:
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        for statement in CUT.values():
            cursor.execute(statement, [number])
        for table in CUT:
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
