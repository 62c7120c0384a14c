"""`Prefer: wait` on the delta feed: held until something comes for this organisation, and then answered once."""

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.cast import Cast
from tests.live.conftest import Web


@pytest.fixture
def feed(committed: Cast, web: Web) -> Callable[..., httpx.Response]:
    """`feed("riga", cursor, wait=20)`: asks the delta feed as that organisation's system."""

    def ask(name: str, cursor: str = "latest", **preference: int) -> httpx.Response:
        headers = {"Authorization": f"Token {tokens.setdefault(name, committed.token(name))}", "Host": "localhost"}
        if preference:
            headers["Prefer"] = f"wait={preference['wait']}"
        address = f"http://localhost:{web.port}/api/v1/changes/"
        return httpx.get(address, params={"cursor": cursor}, headers=headers, timeout=30)

    tokens: dict[str, str] = {}
    return ask


def test_it_answers_as_soon_as_something_comes(committed: Cast, publish: Any, feed: Any) -> None:
    here = feed("riga").json()["cursor"]
    sent = threading.Timer(0.3, lambda: publish(committed.as_("gdansk"), headline="Now"))
    sent.start()
    began = time.monotonic()
    answer = feed("riga", here, wait=20)
    sent.join()
    assert [entry["verb"] for entry in answer.json()["results"]] == ["alert.published"]
    assert time.monotonic() - began < 10, "it waited for the time to be over"


def test_it_answers_with_nothing_when_the_time_is_over_though_others_are_busy(committed: Cast, publish: Any, feed: Any) -> None:
    here = feed("coastguard").json()["cursor"]
    sent = threading.Timer(0.2, lambda: publish(committed.as_("gdansk"), "region_ports"))
    sent.start()
    answer = feed("coastguard", here, wait=1)
    sent.join()
    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_it_does_not_hold_what_it_refuses(committed: Cast, feed: Any) -> None:
    foreign = feed("gdansk").json()["cursor"]
    assert feed("riga", foreign, wait=20).status_code == 400


def test_many_held_requests_leave_the_pages_their_threads(committed: Cast, web: Web, feed: Any, in_threads: Any) -> None:
    here = feed("riga").json()["cursor"]

    def ask(held: bool) -> int:
        return feed("riga", here, wait=2).status_code if held else web.get("/healthz")[0]

    assert in_threads(ask, [True] * 24 + [False]) == [200] * 25
