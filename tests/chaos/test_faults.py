"""120 alerts while a part of the stack dies: what was answered with 201 reaches every addressed dashboard once, and nobody else.

Every check has its negative control in the same run: something is done wrong on purpose, and the check must see it.
"""

from dataclasses import replace

import pytest

from tests.chaos import ledger
from tests.chaos.dashboards import ControlRooms, Dashboard
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.running import Running
from tests.chaos.storm import ANSWERING, NAMED, Planned, Storm
from tests.waiting import wait_until

pytestmark = pytest.mark.fault

BOARDS = ("pfso.plgdn", ANSWERING, "pfso.fihel", "pfso.lvrix", "coastguard", "coordinator", "pfso.segot", "coastguard.kattegat")
STRIKE_AFTER, MISSED_AT_LEAST = 40, 10  # alerts
ARRIVE_WITHIN = 40.0  # seconds


@pytest.fixture(scope="session")
def named(stack: Running) -> list[str]:
    return stack.ids(*NAMED)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_nothing_is_lost_or_told_twice_or_told_to_others(
    stack: Running, named: list[str], fault: Fault, capsys: pytest.CaptureFixture[str]
) -> None:
    storm = Storm(stack, fault.__name__.replace("_", " "), named)
    forgetful = Dashboard("pfso.fihel", is_forgetful=True)
    rooms = ControlRooms(stack, [*(Dashboard(login) for login in BOARDS), forgetful])
    with rooms.open():
        wait_until(lambda: all(board.connected for board in rooms.boards), 20, "every dashboard is connected")
        storm.begin(rooms[ANSWERING])
        strike(storm, rooms, forgetful, fault)
        storm.wait()
        stack.wait_ready()
        closing = close_with_one_more(storm, rooms)
    planned = [*storm.planned, closing]
    nothing_is_wrong(storm, rooms, planned)
    the_checks_can_fail(storm, rooms, planned, forgetful)
    with capsys.disabled():
        print(f"\n  {report(storm, rooms, forgetful, planned)}")


def strike(storm: Storm, rooms: ControlRooms, forgetful: Dashboard, fault: Fault) -> None:
    """In the middle of the storm. The forgetful dashboard loses its line then, and comes back when others have gone on."""
    wait_until(lambda: len(storm.answered) >= STRIKE_AFTER or storm.problems, 60, f"{STRIKE_AFTER} alerts are answered")
    rooms.cut(forgetful)
    twin = rooms[forgetful.login]
    count = len(twin.told)
    fault(storm.stack)
    wait_until(lambda: len(twin.told) >= count + MISSED_AT_LEAST or storm.problems, 90, "alerts reach dashboards again")
    rooms.let_back(forgetful)


def close_with_one_more(storm: Storm, rooms: ControlRooms) -> Planned:
    """An alert for everyone. The line keeps order: whoever has this one gets nothing earlier any more."""
    closing = Planned(f"{storm.name} pfso.plgdn closing", "pfso.plgdn", "linked_regions")
    with storm.stack.client("pfso.plgdn") as client:
        wait_until(lambda: rooms.boards[-1].connected > 1, 20, "the forgetful dashboard is back")
        storm.publish(client, closing)
    for board in rooms.boards:
        wait_until(lambda board=board: closing.headline in board.headlines, ARRIVE_WITHIN, f"{board.login} has the last alert")
    return closing


def nothing_is_wrong(storm: Storm, rooms: ControlRooms, planned: list[Planned]) -> None:
    stack = storm.stack
    assert set(storm.answered) == {one.headline for one in planned}
    for board in rooms.boards:
        assert not ledger.repeated(board), board.login
        assert not ledger.foreign(board, planned), board.login
        assert not board.resynchronised, f"{board.login} had to start afresh"
        if not board.is_forgetful:
            assert not ledger.missing(board, planned), board.login
    assert not ledger.doubles(stack, storm.name)
    assert not ledger.lost_or_invented(stack, storm.name, planned)
    assert not ledger.wrongly_told(stack, storm.name, planned)
    assert len(storm.acknowledged) == sum(one.kind == "named" for one in storm.planned)
    assert not ledger.lost_answers(stack, storm.acknowledged)
    with stack.database() as cursor:
        assert not ledger.half_written(cursor)


def the_checks_can_fail(storm: Storm, rooms: ControlRooms, planned: list[Planned], forgetful: Dashboard) -> None:
    """The negative controls."""
    stack = storm.stack
    assert len(ledger.missing(forgetful, planned)) >= 1, "a client that does not resume lost nothing: the fault was no fault"
    assert ledger.doubles(stack, send_without_a_key(storm)), "a repeat without a key was no double"
    [told] = [one for one in planned if one.headline.endswith("closing")]
    assert ledger.foreign(rooms["pfso.segot"], [replace(told, kind="region_ports")]) == {told.headline}
    assert ledger.lost_or_invented(stack, storm.name, planned[1:]) == {planned[0].headline}
    assert ledger.wrongly_told(stack, storm.name, planned[1:])
    assert ledger.lost_answers(stack, [(alert, "pfso.fihel") for alert, _login in storm.acknowledged])
    with stack.database() as cursor:
        cursor.execute(ORPHAN)
        assert {"an entry without its alert", "an entry without a number"} <= set(ledger.half_written(cursor))


def send_without_a_key(storm: Storm) -> str:
    """A client that takes the first answer for lost and asks again without an Idempotency-Key. Returns the name of its storm."""
    name = f"careless, {storm.name}"
    alert = Planned(f"{name} 1", "pfso.plgdn", "named")
    with storm.stack.client(alert.sender) as client:
        for _attempt in range(2):
            assert client.post("/alerts/", json=storm.body(alert)).status_code == 201
    return name


ORPHAN = """
INSERT INTO journal_entry (id, at, verb, kind, object_id, owner_id, audience_id, summary, row, before, after, request_id)
SELECT uuidv7(), at, verb, kind, uuidv7(), owner_id, audience_id, summary, row, before, after, request_id
FROM journal_entry WHERE verb = 'alert.published' LIMIT 1
"""


def report(storm: Storm, rooms: ControlRooms, forgetful: Dashboard, planned: list[Planned]) -> str:
    resuming = [board for board in rooms.boards if not board.is_forgetful]
    rows, back = sum(len(board.told) for board in resuming), sum(board.connected - 1 for board in resuming)
    lost = sum(len(ledger.missing(board, planned)) for board in resuming)
    twice = sum(len(ledger.repeated(board)) for board in resuming)
    foreign = sum(len(ledger.foreign(board, planned)) for board in resuming)
    kept = len(storm.acknowledged) - len(ledger.lost_answers(storm.stack, storm.acknowledged))
    return (
        f"{storm.name}: {len(storm.answered)} alerts answered, {storm.failures} requests failed, {storm.replayed} repeats known already; "
        f"{rows} rows on {len(resuming)} dashboards, {back} came back, {lost} lost, {twice} twice, {foreign} foreign; "
        f"{kept} of {len(storm.acknowledged)} acknowledgements kept; "
        f"control: {len(ledger.missing(forgetful, planned))} lost without resuming"
    )
