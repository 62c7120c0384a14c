"""The line of a browser ends with its session, and only with its own."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from tests.cast import PASSWORD, Cast
from tests.live.conftest import Dashboard, Web

OFFICER = "security_officer@gdansk.example"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


def signed_in() -> Client:
    client = Client()
    assert client.post("/account/login/", {"login": OFFICER, "password": PASSWORD}).status_code == 302
    return client


def line_of(web: Web, client: Client) -> Dashboard:
    board = web.knock(f"ticket={client.get('/live/ticket/').json()['ticket']}")
    board.frame("hello")
    return board


def test_the_open_line_of_an_ended_session_closes(committed: Cast, web: Web) -> None:
    here, other = signed_in(), signed_in()
    lines = [line_of(web, client) for client in (here, other)]
    program = web.knock(additional_headers={"Authorization": f"Token {committed.token('gdansk')}"})
    program.frame("hello")
    web.run(web.hub.look_who_belongs())
    here.post("/account/sessions/")
    web.run(web.hub.look_who_belongs())
    assert lines[1].close_code() == 4401
    assert len(web.lines()) == 2, "this browser's, and the program's"
    here.post("/account/logout/")
    web.run(web.hub.look_who_belongs())
    assert lines[0].close_code() == 4401


def test_a_line_that_was_opened_with_the_cookie_closes_too(committed: Cast, web: Web) -> None:
    client = signed_in()
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    board = web.knock(additional_headers={"Cookie": cookie}, origin=settings.BASE_URL)
    board.frame("hello")
    client.post("/account/logout/")
    web.run(web.hub.look_who_belongs())
    assert board.close_code() == 4401
