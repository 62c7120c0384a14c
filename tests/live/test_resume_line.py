"""Away and back: nothing missed, nothing twice, from the ring or from further back."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from incidents.models import Alert
from portsec.access.actions import leave_region, remove_member
from portsec.access.roles import Role
from portsec.journal.cursors import open_cursor
from portsec.live import news
from portsec.live.frames import ENTRIES_A_FRAME
from portsec.live.ring import LiveEntry
from portsec.live.tickets import make_ticket
from tests.cast import Cast
from tests.live.conftest import Dashboard, Web, eventually

Publish = Callable[..., Alert]
Write = Callable[..., None]


def numbers(entries: list[dict[str, Any]]) -> list[int]:
    return [int(entry["summary"].removeprefix("entry ")) for entry in entries if entry["summary"].startswith("entry ")]


def all_until(board: Dashboard, last: int) -> list[int]:
    found: list[int] = []
    while last not in found:
        found += numbers(board.frame("entries")["entries"])
    return found


def test_it_sends_what_came_while_a_client_was_away(web: Web, committed: Cast, publish: Publish) -> None:
    board = web.open(committed.as_("gdynia"))
    publish(committed.as_("gdansk"), headline="Here")
    assert board.until("Here") == ["Here"]
    board.close()
    publish(committed.as_("gdansk"), headline="Away")
    publish(committed.as_("gdansk"), "own", headline="Not for others")
    again = web.open(committed.as_("gdynia"), since=board.cursor)
    publish(committed.as_("gdansk"), headline="Back")
    assert again.until("Back") == ["Away", "Back"]


def test_it_says_how_much_follows(web: Web, committed: Cast, publish: Publish, write_entries: Write) -> None:
    board = web.open(committed.as_("gdynia"))
    sender = committed.as_("gdansk")
    write_entries(sender, publish(sender), 30)
    write_entries(sender, publish(sender, "own"), 50)
    web.has_read(82)
    again = web.open(committed.as_("gdynia"), since=board.hello["cursor"])
    assert again.hello["behind"] == 31
    assert again.hello["cursor"] == board.hello["cursor"]
    assert len(again.entries(31)) == 31
    assert open_cursor(again.cursor, committed.gdynia.pk) == web.hub.position


def test_it_begins_at_the_present_end_without_a_cursor(web: Web, committed: Cast, publish: Publish) -> None:
    publish(committed.as_("gdansk"), headline="Earlier")
    web.has_read(1)
    board = web.open(committed.as_("gdynia"))
    publish(committed.as_("gdansk"), headline="Now")
    assert board.until("Now") == ["Now"]


def test_it_moves_a_client_on_past_what_it_may_not_see(web: Web, committed: Cast, publish: Publish) -> None:
    board = web.open(committed.as_("gdynia"))
    publish(committed.as_("gdansk"), "own")
    web.has_read(1)
    again = web.open(committed.as_("gdynia"), since=board.hello["cursor"])
    assert again.hello["behind"] == 0
    assert open_cursor(again.hello["cursor"], committed.gdynia.pk) == web.hub.position


@pytest.mark.parametrize("ring_length", [4, 4096])
def test_it_misses_nothing_however_often_the_line_breaks(
    serve: Callable[..., Web], committed: Cast, publish: Publish, write_entries: Write, ring_length: int
) -> None:
    """With a ring of four, nearly every return pages the database first while entries go on coming."""
    web = serve(ring_length=ring_length)
    sender, total = committed.as_("gdansk"), 1500
    alert = publish(sender)
    web.has_read(1)
    cursor = web.open(committed.as_("gdynia")).hello["cursor"]

    def write() -> None:
        for first in range(0, total, 5):
            write_entries(sender, alert, 5, first=first)
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    found: list[int] = []
    while len(found) < total:
        board = web.open(committed.as_("gdynia"), since=cursor)
        found += numbers(board.frame("entries")["entries"])
        cursor = board.cursor
        board.close()
    writer.join()
    assert found == list(range(total))


def test_it_pages_the_database_past_the_ring(serve: Callable[..., Web], committed: Cast, publish: Publish, write_entries: Write) -> None:
    web = serve(ring_length=10)
    sender = committed.as_("gdansk")
    start = web.open(committed.as_("gdynia")).hello["cursor"]
    write_entries(sender, publish(sender), 1203)
    write_entries(sender, publish(sender, "own"), 30, first=9000)
    web.has_read(1235)
    assert web.hub.ring.start > web.began_at
    board = web.open(committed.as_("gdynia"), since=start)
    assert board.hello["behind"] == 1204
    entries = board.entries(1204)
    assert numbers(entries) == list(range(1203))
    assert len({entry["entry"] for entry in entries}) == 1204


def test_it_pages_past_the_ring_only_what_may_be_seen_now(
    serve: Callable[..., Web], committed: Cast, publish: Publish, write_entries: Write
) -> None:
    web = serve(ring_length=2)
    gdansk = committed.as_("gdansk")
    away = {role: web.open(committed.as_("gdynia", role)).hello["cursor"] for role in (Role.SECURITY_OFFICER, Role.DEPUTY)}
    reader = committed.user("gdynia", Role.DEPUTY).pk
    publish(gdansk, "named", named=[committed.gdynia], tlp="RED", persons=[reader], headline="Red")
    publish(gdansk, "named", named=[committed.riga], headline="Others")
    publish(committed.as_("gdynia"), "own", headline="Own")
    publish(gdansk, headline="Region")
    leave_region(committed.gdynia, committed.regions["baltic"])
    write_entries(committed.as_("riga"), publish(committed.as_("riga")), 20)
    eventually(lambda: web.hub.ring.start > web.began_at + 5)
    boards = {role: web.open(committed.as_("gdynia", role), since=cursor) for role, cursor in away.items()}
    publish(committed.as_("gdynia"), "own", headline="End")
    assert boards[Role.SECURITY_OFFICER].until("End") == ["Own", "access.revoked", "End"]
    assert boards[Role.DEPUTY].until("End") == ["Red", "Own", "access.revoked", "End"]


def test_it_refuses_a_cursor_older_than_what_is_kept(
    serve: Callable[..., Web], committed: Cast, publish: Publish, write_entries: Write
) -> None:
    web = serve(ring_length=2)
    old = web.open(committed.as_("gdynia")).hello["cursor"]
    sender = committed.as_("gdansk")
    write_entries(sender, publish(sender, "own"), 20)
    web.has_read(21)
    with connections["owner"].cursor() as cursor:  # as retention will, some day
        cursor.execute("ALTER TABLE journal_entry NO FORCE ROW LEVEL SECURITY")
        cursor.execute("DELETE FROM journal_entry WHERE seq < %s", [web.began_at + 10])
        cursor.execute("ALTER TABLE journal_entry FORCE ROW LEVEL SECURITY")
    assert web.knock(f"ticket={make_ticket(committed.as_('gdynia'))}&since={old}").refusal() == 4409


def test_it_fills_a_new_ring_with_what_came_before_the_process(
    serve: Callable[..., Web], committed: Cast, publish: Publish, write_entries: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart everybody comes back at once: that must not ask the database for each."""
    first = serve()
    board = first.open(committed.as_("gdynia"))
    board.close()
    sender = committed.as_("gdansk")
    write_entries(sender, publish(sender), 700)
    second = serve()
    monkeypatch.setattr(news, "read_missed", None)
    monkeypatch.setattr(news, "count_missed", None)
    assert all_until(second.open(committed.as_("gdynia"), since=board.cursor or board.hello["cursor"]), 699) == list(range(700))


def test_it_waits_for_a_position_that_another_process_knows_already(
    web: Web, committed: Cast, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's cursor may come from a process whose hub has read further."""
    other = web.open(committed.as_("gdynia"))
    publish(committed.as_("gdansk"), headline="First")
    other.until("First")
    held = web.hub.ring.end
    web.hub.ring.end = 0
    ahead = web.knock(f"ticket={make_ticket(committed.as_('gdynia'))}&since={other.cursor}")
    web.hub.ring.end = held
    assert ahead.frame("hello")["behind"] == 0


def test_it_splits_a_long_absence_into_frames(web: Web, committed: Cast, publish: Publish, write_entries: Write) -> None:
    board = web.open(committed.as_("gdynia"))
    board.close()
    sender = committed.as_("gdansk")
    write_entries(sender, publish(sender), 250)
    web.has_read(251)
    again = web.open(committed.as_("gdynia"), since=board.cursor)
    frames = [again.frame("entries") for _ in range(3)]
    assert [len(frame["entries"]) for frame in frames] == [ENTRIES_A_FRAME, ENTRIES_A_FRAME, 51]
    third = web.open(committed.as_("gdynia"), since=frames[0]["cursor"])
    assert third.entries(151)[0]["entry"] == frames[1]["entries"][0]["entry"]


def test_it_stops_paging_for_who_leaves_meanwhile(
    serve: Callable[..., Web], committed: Cast, publish: Publish, write_entries: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = serve(ring_length=4)
    board = web.open(committed.as_("gdynia", Role.STAFF))
    board.close()
    write_entries(committed.as_("gdansk"), publish(committed.as_("gdansk")), 1200)
    web.has_read(1201)
    user, pages = committed.user("gdynia", Role.STAFF), []

    def read_page(stretch: news.Stretch) -> list[LiveEntry]:
        pages.append(stretch)
        if len(pages) == 2:
            remove_member(user, committed.gdynia)
            eventually(lambda: str(user.pk) not in web.run(web.hub.room_of(stretch.organisation)).people)
        return read_missed(stretch)

    read_missed = news.read_missed
    monkeypatch.setattr(news, "read_missed", read_page)
    again = web.open(committed.as_("gdynia", Role.STAFF), since=board.hello["cursor"])
    assert len(again.entries(news.MOST)) == news.MOST
    assert again.refusal() == 4403


def test_it_counts_again_when_the_ring_moves_on_meanwhile(
    serve: Callable[..., Web], committed: Cast, publish: Publish, write_entries: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a client that had nothing to catch up with a moment ago would skip what has left the ring since."""
    web, sender = serve(ring_length=4), committed.as_("gdansk")
    board = web.open(committed.as_("gdynia"))
    board.close()
    seen, unseen = publish(sender), publish(sender, "own")
    board = web.open(committed.as_("gdynia"), since=board.cursor)
    write_entries(sender, unseen, 20)
    web.has_read(22)
    cursor, counts = board.entries(1) and board.cursor, []

    def count(stretch: news.Stretch) -> tuple[int, int]:
        counts.append(count_missed(stretch))
        if len(counts) == 1:
            write_entries(sender, seen, 20)
            write_entries(sender, unseen, 20)
            web.has_read(62)
        return counts[-1]

    count_missed = news.count_missed
    monkeypatch.setattr(news, "count_missed", count)
    assert numbers(web.open(committed.as_("gdynia"), since=cursor).entries(20)) == list(range(20))
    assert counts[0][1] == 0


def test_it_counts_and_sends_from_the_ring_only_what_the_person_may_read(
    web: Web, committed: Cast, publish: Publish, write_entries: Write
) -> None:
    away = {role: web.open(committed.as_("gdynia", role)).hello["cursor"] for role in (Role.SECURITY_OFFICER, Role.DEPUTY)}
    sender, reader = committed.as_("gdansk"), committed.user("gdynia", Role.DEPUTY).pk
    publish(sender, "named", named=[committed.gdynia], tlp="RED", persons=[reader], headline="Red")
    write_entries(sender, publish(sender, headline="Region"), 200)
    web.has_read(202)
    officer, deputy = (web.open(committed.as_("gdynia", role), since=cursor) for role, cursor in away.items())
    assert (officer.hello["behind"], deputy.hello["behind"]) == (201, 202)
    assert officer.until("entry 199")[:2] == ["Region", "entry 0"]
    assert deputy.until("entry 199")[:3] == ["Red", "Region", "entry 0"]
