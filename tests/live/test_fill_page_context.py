"""What every page knows, and that it asks nothing that is not shown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from incidents.models import Alert
from portsec.access.acting import Acting, NoActingError, acting_for, current_context
from portsec.access.roles import Role
from portsec.journal.cursors import open_cursor
from portsec.live import context
from portsec.live.context import mark_position, page
from portsec.live.tickets import make_ticket, read_ticket
from tests.cast import Cast
from tests.live.conftest import Web

Publish = Callable[..., Alert]


@dataclass
class Counted:
    alerts: int = 3
    exercises: int = 1
    ids: list[UUID] = field(default_factory=list)


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Acting]]:
    """Stands for the app that counts; holds whom it was asked for."""
    asked: list[Acting] = []

    def count(acting: Acting) -> Counted:
        assert current_context() == acting
        asked.append(acting)
        return Counted()

    monkeypatch.setattr(context, "_counters", [count])
    return asked


def request_of(acting: Acting | None, path: str = "/") -> Any:
    request: Any = RequestFactory().get(path)
    request.acting = acting
    return request


def test_it_survives_a_page_of_somebody_who_is_not_signed_in() -> None:
    shown = page(RequestFactory().get("/"))
    assert (shown["acting"], shown["live"], shown["memberships"]) == (None, None, [])
    assert (shown["waiting"].alerts, shown["waiting"].exercises) == (0, 0)
    assert not shown["can"]["alert_publish"]


def test_it_asks_nothing_for_what_is_not_shown(cast: Cast, counter: list[Acting]) -> None:
    acting = cast.as_("gdansk")
    with acting_for(acting), CaptureQueriesContext(connection) as queries:
        shown = page(request_of(acting))
        assert shown["can"]["alert_publish"]
        assert read_ticket(shown["live"].ticket)
    assert (len(queries), counter) == (0, [])


def test_it_counts_what_waits_once_and_only_when_it_is_shown(cast: Cast, counter: list[Acting]) -> None:
    acting = cast.as_("gdansk")
    with acting_for(acting):
        waiting = page(request_of(acting))["waiting"]
        assert (waiting.alerts, waiting.exercises, waiting.alerts, waiting.ids) == (3, 1, 3, [])
    assert counter == [acting]


def test_it_counts_on_an_error_page_too(cast: Cast, counter: list[Acting]) -> None:
    with pytest.raises(NoActingError):
        current_context()
    assert page(request_of(cast.as_("gdansk")))["waiting"].alerts == 3


def test_it_lets_an_error_page_stand_when_the_database_is_away(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(acting: Acting) -> Counted:
        raise OperationalError("connection refused")

    monkeypatch.setattr(context, "_counters", [fail])
    assert page(request_of(cast.as_("gdansk")))["waiting"].alerts == 0


def test_it_says_what_the_role_may_do(cast: Cast) -> None:
    observer, officer = (page(request_of(cast.as_("gdansk", role)))["can"] for role in (Role.OBSERVER, Role.SECURITY_OFFICER))
    assert (observer["alert_publish"], officer["alert_publish"]) == (False, True)
    assert observer["read"]
    with pytest.raises(KeyError):
        officer["alert_sing"]


def test_it_marks_the_membership_for_which_one_acts(cast: Cast) -> None:
    acting = cast.as_("gdansk")
    request = request_of(acting)
    request.memberships = [membership for name in ("gdansk", "gdynia") for membership in cast.user(name).memberships.all()]
    assert [membership.is_acting for membership in page(request)["memberships"]] == [True, False]


def test_it_resumes_from_where_the_journal_stood_before_the_page_asked(web: Web, committed: Cast, publish: Publish) -> None:
    """What is committed after the page's first query comes over the line, though it was committed before the page was written."""
    acting = committed.as_("gdynia")
    request = request_of(acting)
    with acting_for(acting):
        mark_position(request)
    publish(committed.as_("gdansk"), headline="Meanwhile")
    live = page(request)["live"]
    board = web.open(acting, since=live.cursor)
    assert board.until("Meanwhile") == ["Meanwhile"]


def test_it_takes_the_position_from_the_hub_without_a_query(web: Web, committed: Cast, publish: Publish) -> None:
    publish(committed.as_("gdansk"))
    web.has_read(1)
    acting = committed.as_("gdynia")
    request = request_of(acting)
    request.META["asgi.scope"] = {"state": {"hub": web.hub}}
    with CaptureQueriesContext(connection) as queries:
        mark_position(request)
        cursor = page(request)["live"].cursor
    assert (len(queries), open_cursor(cursor, acting.organisation.pk)) == (0, web.hub.position)


def test_it_knows_no_hub_position_that_is_not_committed(web: Web, committed: Cast, publish: Publish) -> None:
    """The hub may be behind, which costs a repeat that the page drops; it is never ahead."""
    held = web.hold_back()
    before = web.hub.position
    publish(committed.as_("gdansk"))
    request = request_of(committed.as_("gdynia"))
    request.META["asgi.scope"] = {"state": {"hub": web.hub}}
    mark_position(request)
    held.set()
    assert open_cursor(page(request)["live"].cursor, committed.gdynia.pk) == before


def test_it_leaves_programs_without_a_position(cast: Cast) -> None:
    request = request_of(cast.as_("gdansk"), "/api/v1/alerts/")
    with CaptureQueriesContext(connection) as queries:
        mark_position(request)
    assert len(queries) == 0


def test_it_gives_a_page_a_new_ticket(web: Web, committed: Cast) -> None:
    browser = Client()
    browser.force_login(committed.user("gdansk"))
    said = browser.get("/live/ticket/").json()
    assert web.knock(f"ticket={said['ticket']}&since={said['cursor']}").frame("hello")["behind"] == 0


def test_it_gives_a_stranger_no_ticket(committed: Cast) -> None:
    assert Client().get("/live/ticket/").status_code == 302


def test_it_puts_into_a_ticket_who_acts_and_nothing_secret(cast: Cast) -> None:
    person, service = cast.as_("gdansk"), cast.as_("gdansk", Role.SERVICE, scopes=frozenset({"read"}))
    for acting, is_service in ((person, False), (service, True)):
        visitor = read_ticket(make_ticket(acting))
        assert visitor is not None
        assert (visitor.user, visitor.organisation) == (str(acting.user.pk), str(acting.organisation.pk))
        assert visitor.is_service == is_service
