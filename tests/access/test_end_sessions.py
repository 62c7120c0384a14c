"""Where one is signed in is listed, and ended: the other browser is out with its next step.

Its open line too: tests/live/test_end_with_session.py.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from portsec.live.tickets import fingerprint, read_ticket
from tests.access import sql
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db
SESSIONS = "/account/sessions/"
OFFICER = "security_officer@gdansk.example"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def browsers(cast: Cast) -> list[Client]:
    return [signed_in(agent) for agent in ("Firefox at the quay", "Chrome in the office")]


def signed_in(agent: str) -> Client:
    client = Client(headers={"User-Agent": agent})
    assert client.post("/account/login/", {"login": OFFICER, "password": PASSWORD}).status_code == 302
    return client


def test_each_browser_is_listed_with_address_and_hour(browsers: list[Client]) -> None:
    page = browsers[0].get(SESSIONS).content.decode()
    assert "Firefox at the quay" in page
    assert "Chrome in the office" in page
    assert page.count("127.0.0.1") == 2
    assert page.count("this browser") == 1
    assert "Sign out everywhere else" in page


def test_ending_the_others_ends_them_and_not_this_one(browsers: list[Client]) -> None:
    here, other = browsers
    here.post(SESSIONS)
    assert (here.get("/").status_code, other.get("/").status_code) == (200, 302)
    with sql.taken_back():
        assert other.get("/api/v1/me/").status_code == 401
    assert "You are signed in nowhere else." in here.get(SESSIONS).content.decode()


def test_nobody_elses_sessions_are_listed_or_ended(cast: Cast, browsers: list[Client], browse: Callable[..., Client]) -> None:
    colleague = browse("gdynia")
    assert "Firefox" not in colleague.get(SESSIONS).content.decode()
    colleague.post(SESSIONS)
    assert [client.get("/").status_code for client in browsers] == [200, 200]


def test_a_session_ends_by_itself_after_two_weeks(browsers: list[Client]) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert browsers[0].get("/").status_code == 302


def test_a_ticket_names_its_session_without_giving_it_away(browsers: list[Client]) -> None:
    key = browsers[0].session.session_key
    ticket = browsers[0].get("/live/ticket/").json()["ticket"]
    visitor = read_ticket(ticket)
    assert visitor
    assert visitor.session == fingerprint(key)
    assert key
    assert key not in ticket + visitor.session
