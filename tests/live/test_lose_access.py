"""Rights that go take effect on open lines at once, and before anything later is sent."""

import asyncio
import json
from collections.abc import Callable

from incidents.models import Alert
from portsec.access.acting import as_system
from portsec.access.actions import join_region, leave_region, remove_member
from portsec.access.models import User
from portsec.access.roles import Role
from portsec.journal.cursors import open_cursor
from tests.cast import Cast
from tests.live.conftest import PATIENCE, Web

Publish = Callable[..., Alert]


def test_it_sends_nothing_more_of_a_region_that_a_port_has_left(web: Web, committed: Cast, publish: Publish) -> None:
    gone, stayed = web.open(committed.as_("gdynia")), web.open(committed.as_("riga"))
    publish(committed.as_("gdansk"), headline="Before")
    assert gone.until("Before") == ["Before"]
    leave_region(committed.gdynia, committed.regions["baltic"])
    publish(committed.as_("gdansk"), headline="After")
    publish(committed.as_("gdynia"), "own", headline="Own")
    assert gone.until("Own") == ["access.revoked", "Own"]
    assert stayed.until("After") == ["Before", "After"]


def test_it_sends_nothing_that_came_together_with_the_loss(web: Web, committed: Cast, publish: Publish) -> None:
    """However the entries fall into batches: the hub is held up until all of them are there."""
    gone = web.open(committed.as_("gdynia"))
    reading = web.hold_back()
    leave_region(committed.gdynia, committed.regions["baltic"])
    publish(committed.as_("gdansk"), headline="After")
    publish(committed.as_("gdynia"), "own", headline="Own")
    reading.set()
    assert gone.until("Own") == ["access.revoked", "Own"]


def test_it_sends_nothing_of_the_past_to_who_returns_without_the_right(web: Web, committed: Cast, publish: Publish) -> None:
    away = web.open(committed.as_("gdynia"))
    away.close()
    publish(committed.as_("gdansk"), headline="While away")
    leave_region(committed.gdynia, committed.regions["baltic"])
    publish(committed.as_("gdynia"), "own", headline="Own")
    web.has_read(3)
    back = web.open(committed.as_("gdynia"), since=away.hello["cursor"])
    assert back.until("Own") == ["access.revoked", "Own"]


def test_it_tells_a_page_to_refresh_when_rights_change(web: Web, committed: Cast) -> None:
    board, other = web.open(committed.as_("trieste")), web.open(committed.as_("gdynia"))
    for change in (join_region, leave_region):
        change(committed.trieste, committed.regions["baltic"])
        assert open_cursor(board.frame("access")["cursor"], committed.trieste.pk) == web.hub.position
    web.run(web.hub.ping())
    web.run(web.hub.ping())
    assert json.loads(other.connection.recv(timeout=10))["type"] == "ping"


def test_it_closes_the_lines_of_who_leaves_the_organisation(web: Web, committed: Cast, publish: Publish) -> None:
    leaver, colleague = web.open(committed.as_("gdynia", Role.STAFF)), web.open(committed.as_("gdynia"))
    remove_member(committed.user("gdynia", Role.STAFF), committed.gdynia)
    assert leaver.close_code() == 4403
    publish(committed.as_("gdansk"), headline="After")
    assert colleague.until("After") == ["member.removed", "After"]


def test_it_closes_the_lines_of_who_was_made_inactive_without_an_entry(web: Web, committed: Cast) -> None:
    board, other = web.open(committed.as_("gdynia")), web.open(committed.as_("gdansk"))
    user = committed.user("gdynia")
    with as_system("tests"):
        User.objects.filter(pk=user.pk).update(is_active=False)
    web.run(web.hub.look_who_belongs())
    assert board.close_code() == 4403
    other.say(type="pong")
    web.run(web.hub.ping())
    web.run(web.hub.ping())
    assert other.frame("ping")


def test_the_round_leaves_alone_who_came_in_while_it_was_asking(web: Web, committed: Cast) -> None:
    """What the round did not ask about is no answer that nobody belongs there."""
    web.open(committed.as_("riga"))
    held = web.hold_back()
    opening = asyncio.run_coroutine_threadsafe(web.hub.room_of(str(committed.gdynia.pk)), web.loop)
    for _turn in range(3):  # of the event loop: until the room's own question stands before the round's
        web.run(asyncio.sleep(0))
    looking = asyncio.run_coroutine_threadsafe(web.hub.look_who_belongs(), web.loop)
    held.set()
    room = opening.result(PATIENCE)
    looking.result(PATIENCE)
    assert str(committed.user("gdynia").pk) in room.people
