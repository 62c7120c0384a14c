"""A client that does not read holds up nobody, and is cut off before it costs much."""

import socket
from collections.abc import Callable

import pytest
from websockets.exceptions import ConnectionClosed

from incidents.models import Alert
from portsec.live import line
from portsec.live.frames import Frame
from portsec.live.rooms import ControlRoom
from tests.cast import Cast
from tests.live.conftest import Dashboard, Web, eventually
from tests.live.test_resume_line import all_until, numbers

Publish = Callable[..., Alert]
Write = Callable[..., None]
PADDING = "x" * 700


def read_to_the_end(board: Dashboard) -> list[int]:
    found: list[int] = []
    try:
        while True:
            found += numbers(board.frame("entries")["entries"])
    except ConnectionClosed:
        return found


def narrow(port: int) -> socket.socket:
    """A socket that keeps little for a client that does not read: else the kernel takes megabytes in its place."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    connection.connect(("127.0.0.1", port))
    return connection


def test_it_cuts_off_who_does_not_read_and_serves_the_others(web: Web, committed: Cast, publish: Publish, write_entries: Write) -> None:
    sender, batch, total = committed.as_("gdansk"), 1000, 6000
    slow = [web.open(committed.as_("gdynia"), max_queue=1, sock=narrow(web.port)) for _ in range(5)]
    quick = web.open(committed.as_("gdynia"))
    alert = publish(sender, headline="Begin")
    assert quick.until("Begin") == ["Begin"]
    for first in range(0, total, batch):  # a batch is about 1 MB: half of what may wait for a client that reads
        write_entries(sender, alert, batch, first=first, padding=PADDING)
        assert all_until(quick, first + batch - 1) == list(range(first, first + batch))
    eventually(lambda: [each.is_closed for each in web.lines()].count(True) == 5)
    for board in slow:
        got = read_to_the_end(board)
        assert board.close_code() == 4408
        again = web.open(committed.as_("gdynia"), since=board.cursor)
        assert got + all_until(again, total - 1) == list(range(total))


def test_it_cuts_off_who_lets_too_many_frames_wait(web: Web, committed: Cast, publish: Publish, write_entries: Write) -> None:
    """Small frames, so that their number counts and not their size."""
    board = web.open(committed.as_("gdynia"), max_queue=1)
    [slow] = web.lines()
    ballast = Frame.of({"type": "ping", "ballast": "x" * 30_000})

    async def fill() -> None:
        while not slow.is_busy:
            slow.push(ballast)
        for _ in range(line.MOST_WAITING):
            slow.push(Frame.of({"type": "ping"}))
        assert not slow.is_closed
        slow.push(Frame.of({"type": "ping"}))
        assert slow.is_closed

    web.run(fill())
    assert board.close_code() == 4408
    eventually(lambda: not web.lines())


def test_it_hangs_up_on_who_never_reads_why(web: Web, committed: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "LAST_CHANCE", 0.05)
    board = web.open(committed.as_("gdynia"), max_queue=1)
    [slow] = web.lines()
    ballast = Frame.of({"type": "ping", "ballast": "x" * 30_000})

    async def fill() -> None:
        while not slow.is_closed:
            slow.push(ballast)

    web.run(fill())
    eventually(lambda: not web.lines())  # gone, although the client has read nothing
    assert board.close_code() is None


def test_it_sends_what_waited_in_order_once_the_client_reads_on(web: Web, committed: Cast) -> None:
    board = web.open(committed.as_("gdynia"), max_queue=1)
    [slow] = web.lines()

    async def fill() -> int:
        count = 0
        while not slow.is_busy:
            slow.push(Frame.of({"type": "numbered", "number": count, "ballast": "x" * 5000}))
            count += 1
        for extra in range(100):
            slow.push(Frame.of({"type": "numbered", "number": count + extra}))
        return count + 100

    count = web.run(fill())
    assert [board.frame("numbered")["number"] for _ in range(count)] == list(range(count))
    eventually(lambda: not slow.is_busy)


def test_it_works_without_the_short_way_to_uvicorn(
    serve: Callable[..., Web], committed: Cast, publish: Publish, write_entries: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "pipe_of", lambda send: None)
    web, sender = serve(), committed.as_("gdansk")
    slow, quick = web.open(committed.as_("gdynia"), max_queue=1), web.open(committed.as_("gdynia"))
    alert = publish(sender, headline="Begin")
    write_entries(sender, alert, 500)
    assert all_until(quick, 499) == list(range(500))

    async def fill() -> None:
        ballast = Frame.of({"type": "ping", "ballast": "x" * 100_000})
        for each in web.lines():
            if each.visitor.user == slow_user:
                while not each.is_closed:
                    each.push(ballast)

    slow_user = str(committed.user("gdynia").pk)
    quick.close()
    eventually(lambda: len(web.lines()) == 1)
    web.run(fill())
    assert slow.close_code() == 4408


def test_it_takes_the_short_way_to_uvicorn(web: Web, committed: Cast) -> None:
    """Else every frame costs half as much again, and nothing else would tell."""
    web.open(committed.as_("gdynia"))
    assert all(each.has_pipe for each in web.lines())


def test_it_serves_the_others_while_one_line_is_going(web: Web, committed: Cast, publish: Publish) -> None:
    """uvicorn refuses a frame after its own close; that must not stop the frames of the others."""
    boards = [web.open(committed.as_(name)) for name in ("gdynia", "riga")]
    going = next(each for each in web.lines() if each.visitor.organisation == str(committed.gdynia.pk))
    going._pipe._protocol.close_sent = True
    publish(committed.as_("gdansk"), headline="Still")
    assert boards[1].until("Still") == ["Still"]
    assert going.is_closed


def test_it_lets_who_may_have_missed_something_come_back(
    web: Web, committed: Cast, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards = [web.open(committed.as_(name)) for name in ("gdynia", "riga")]

    def fail(room: ControlRoom, position: int) -> str:
        if room.id == str(committed.gdynia.pk):
            raise RuntimeError
        return cursor(room, position)

    cursor = ControlRoom.cursor
    with monkeypatch.context() as broken:
        broken.setattr(ControlRoom, "cursor", fail)
        publish(committed.as_("gdansk"), headline="Missed")
        assert boards[1].until("Missed") == ["Missed"]
        assert boards[0].close_code() == 1011
    again = web.open(committed.as_("gdynia"), since=boards[0].cursor)
    assert again.until("Missed") == ["Missed"]
