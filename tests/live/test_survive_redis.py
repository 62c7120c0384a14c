"""Redis is a wake-up and nothing more."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from incidents.models import Alert
from portsec.journal import actions as journal
from portsec.live import hub
from portsec.live.wakeups import BOARDS
from portsec.up.valkey import Valkey
from tests.cast import Cast
from tests.live.conftest import Web, eventually

Publish = Callable[..., Alert]


@pytest.fixture
def own_valkey(tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    """The hub's alone: the sequencer's wake-ups go elsewhere, and so are lost."""
    valkey = Valkey(tmp_path)
    valkey.start()
    settings.REDIS_URL = valkey.url()
    yield valkey
    valkey.stop()


def test_it_reads_what_nobody_woke_it_for(
    own_valkey: Valkey, serve: Callable[..., Web], committed: Cast, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POLL_BESIDE", 0.2)
    board = serve().open(committed.as_("gdynia"))
    publish(committed.as_("gdansk"), headline="Unannounced")
    assert board.until("Unannounced") == ["Unannounced"]


def test_it_polls_while_redis_is_down_and_listens_again(
    own_valkey: Valkey, web: Web, committed: Cast, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POLL_BESIDE", 3600.0)  # so that what arrives owes it to the polling
    board = web.open(committed.as_("gdynia"))
    eventually(lambda: web.hub.is_woken)
    own_valkey.stop()
    publish(committed.as_("gdansk"), headline="Down")
    assert board.until("Down") == ["Down"]
    assert not web.hub.is_woken
    own_valkey.start()
    eventually(lambda: web.hub.is_woken)


def test_it_numbers_entries_itself_while_redis_is_down(
    own_valkey: Valkey, serve: Callable[..., Web], committed: Cast, monkeypatch: pytest.MonkeyPatch, publish: Publish
) -> None:
    """Nobody sweeps then, because Celery needs Redis; and the writer may have died between its commit and the numbering."""
    own_valkey.stop()
    web = serve()
    board = web.open(committed.as_("gdynia"))
    monkeypatch.setattr(journal, "number_soon", lambda: None)
    publish(committed.as_("gdansk"), headline="Unnumbered")
    assert board.until("Unnumbered") == ["Unnumbered"]


def test_it_opens_lines_while_redis_is_down(own_valkey: Valkey, serve: Callable[..., Web], committed: Cast) -> None:
    own_valkey.stop()
    assert serve().open(committed.as_("gdynia")).hello["type"] == "hello"


def test_it_goes_on_listening_when_a_word_is_not_understood(web: Web, committed: Cast, publish: Publish, settings: Any) -> None:
    eventually(lambda: web.hub.is_woken)
    redis.Redis.from_url(settings.REDIS_URL).publish(BOARDS, "no JSON")
    sender = web.open(committed.as_("gdansk"))
    web.open(committed.as_("gdynia"))
    alert = publish(committed.as_("gdansk"))
    assert sender.frame("deliveries")["ids"] == [str(alert.pk)]
    eventually(lambda: web.hub.is_woken)


def test_it_tells_the_boards_of_its_own_process_while_redis_is_down(
    own_valkey: Valkey, serve: Callable[..., Web], committed: Cast, publish: Publish
) -> None:
    own_valkey.stop()
    web = serve()
    sender = web.open(committed.as_("gdansk"))
    web.open(committed.as_("gdynia"))
    alert = publish(committed.as_("gdansk"))
    assert sender.frame("deliveries")["ids"] == [str(alert.pk)]
