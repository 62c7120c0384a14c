"""The ways onto the line, and the codes with which it is refused."""

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from portsec.access.acting import as_system
from portsec.access.authentication import SESSION_KEY
from portsec.access.models import Membership, Organisation, ServiceToken, User
from portsec.access.roles import Role
from portsec.bench import wire
from portsec.journal.cursors import open_cursor, seal
from portsec.live.pipe import CORK
from portsec.live.rooms import ControlRoom
from portsec.live.tickets import LIFETIME, make_ticket, read_ticket
from tests.cast import Cast
from tests.live.conftest import Web


@pytest.fixture
def cookie(committed: Cast) -> Callable[..., dict[str, str]]:
    """The header of a signed-in browser of that organisation."""

    def sign_in(user: User, acting_for: Organisation | None = None) -> dict[str, str]:
        browser = Client()
        browser.force_login(user)
        if acting_for:
            session = browser.session
            session[SESSION_KEY] = str(acting_for.pk)
            session.save()
        return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"}

    return sign_in


def test_it_greets_who_brings_a_ticket(web: Web, committed: Cast) -> None:
    hello = web.open(committed.as_("gdansk")).hello
    assert hello["organisation"] == {"id": str(committed.gdansk.pk), "name": "Port of Gdańsk"}
    assert open_cursor(hello["cursor"], committed.gdansk.pk) == web.hub.position
    assert (hello["type"], hello["behind"]) == ("hello", 0)


@pytest.mark.skipif(CORK is None, reason="only Linux lets a segment be held back")
def test_it_answers_and_greets_in_one_segment(web: Web, committed: Cast) -> None:
    path = f"/ws/live/?ticket={make_ticket(committed.as_('gdansk'))}"
    web.open(committed.as_("gdansk"))  # the organisation's room is open
    with socket.create_connection(("localhost", web.port)) as connection:
        connection.sendall(wire.request(path, f"localhost:{web.port}"))
        first = connection.recv(65_536)
    assert first.startswith(b"HTTP/1.1 101")
    assert b'"type":"hello"' in first


def test_it_greets_alike_within_a_tenth_of_a_second(committed: Cast) -> None:
    room = ControlRoom(str(committed.gdansk.pk), "Port of Gdańsk", frozenset())
    with time_machine.travel(timezone.now(), tick=False) as clock:
        greeting = room.greeting(1, 0)
        assert room.greeting(1, 0) is greeting
        for position, behind in ((2, 0), (2, 3)):
            said = json.loads(room.greeting(position, behind).event["text"])
            assert (open_cursor(said["cursor"], room.uuid), said["behind"]) == (position, behind)
        clock.shift(0.2)
        later = json.loads(room.greeting(2, 3).event["text"])
        assert later["now"] == timezone.now().isoformat().replace("+00:00", "Z") != said["now"]
        room.name = "Port of Gdynia"
        assert json.loads(room.greeting(2, 3).event["text"])["organisation"]["name"] == "Port of Gdynia"


def test_it_takes_a_ticket_of_a_former_key_only_while_that_one_is_named(committed: Cast, settings: Any) -> None:
    ticket, former = make_ticket(committed.as_("gdansk")), settings.SECRET_KEY
    assert read_ticket(ticket)
    settings.SECRET_KEY = "x" * 50
    assert read_ticket(ticket) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert read_ticket(ticket)


def test_it_refuses_a_ticket_that_it_did_not_make(web: Web, committed: Cast) -> None:
    genuine = make_ticket(committed.as_("gdansk"))
    for ticket in ("", "forged", "W10:1w:x", genuine[:-1], genuine + "x", f"{genuine.split(':')[0]}:x:y"):
        assert web.knock(f"ticket={ticket}").refusal() == 4401, ticket


def test_it_refuses_a_ticket_after_ten_minutes(web: Web, committed: Cast) -> None:
    with time_machine.travel(timezone.now() - timedelta(seconds=LIFETIME + 1)):
        stale = make_ticket(committed.as_("gdansk"))
    assert web.knock(f"ticket={stale}").refusal() == 4401


def test_it_takes_a_ticket_within_ten_minutes(committed: Cast) -> None:
    with time_machine.travel(timezone.now() - timedelta(seconds=LIFETIME - 30)):
        ticket = make_ticket(committed.as_("gdansk"))
    assert read_ticket(ticket) is not None


def test_it_refuses_who_brings_nothing(web: Web) -> None:
    assert web.knock().refusal() == 4401


def test_it_takes_a_browsers_session_from_a_page_of_ours(web: Web, committed: Cast, cookie: Any) -> None:
    headers = cookie(committed.user("gdansk"))
    board = web.knock(additional_headers=headers, origin=settings.BASE_URL)
    assert board.frame("hello")["organisation"]["id"] == str(committed.gdansk.pk)


def test_it_refuses_a_browsers_session_from_a_page_of_others(web: Web, committed: Cast, cookie: Any) -> None:
    headers = cookie(committed.user("gdansk"))
    port = web.port
    for origin in (
        None,
        "null",
        "http://evil.example",
        f"http://evil.example:{port}",
        "http://localhost:1",
        f"https://localhost:{port}",
        "http://localhost:x",
    ):
        assert web.knock(additional_headers=headers, origin=origin).refusal() == 4401, origin


def test_it_takes_the_session_when_the_page_is_older_than_its_ticket(web: Web, committed: Cast, cookie: Any) -> None:
    board = web.knock("ticket=stale", additional_headers=cookie(committed.user("gdansk")), origin=settings.BASE_URL)
    assert board.frame("hello")


def test_it_acts_for_the_organisation_that_the_session_chose(web: Web, committed: Cast, cookie: Any) -> None:
    user = committed.user("gdansk")
    with as_system("tests"):
        Membership.objects.create(user=user, organisation=committed.gdynia, role=Role.STAFF)
    board = web.knock(additional_headers=cookie(user, committed.gdynia), origin=settings.BASE_URL)
    assert board.frame("hello")["organisation"]["name"] == "Port of Gdynia"


def test_it_refuses_a_session_that_has_ended(web: Web, committed: Cast, cookie: Any) -> None:
    headers = cookie(committed.user("gdansk"))
    user = committed.user("gdansk")
    user.set_password("another-password-entirely")
    user.save()
    assert web.knock(additional_headers=headers, origin=settings.BASE_URL).refusal() == 4401


def test_it_refuses_a_person_of_no_organisation(web: Web, committed: Cast, cookie: Any) -> None:
    stranger = User.objects.create(email="nobody@nowhere.example", name="Nobody")
    assert web.knock(additional_headers=cookie(stranger), origin=settings.BASE_URL).refusal() == 4403


def test_it_refuses_the_ticket_of_somebody_who_left_since(web: Web, committed: Cast) -> None:
    ticket = make_ticket(committed.as_("gdansk"))
    user = committed.user("gdansk")
    with as_system("tests"):
        Membership.objects.filter(user=user).update(is_active=False)
    assert web.knock(f"ticket={ticket}").refusal() == 4403


def test_it_refuses_an_organisation_that_is_not_active(web: Web, committed: Cast) -> None:
    ticket = make_ticket(committed.as_("gdansk"))
    with as_system("tests"):
        Organisation.objects.filter(pk=committed.gdansk.pk).update(is_active=False)
    assert web.knock(f"ticket={ticket}").refusal() == 4403


def test_it_takes_a_service_token_that_may_read(web: Web, committed: Cast) -> None:
    board = web.knock(additional_headers={"Authorization": f"Token {committed.token('gdansk', scopes=['read'])}"})
    assert board.frame("hello")["organisation"]["name"] == "Port of Gdańsk"


def test_it_refuses_a_service_token_that_may_not_read(web: Web, committed: Cast) -> None:
    board = web.knock(additional_headers={"Authorization": f"Token {committed.token('gdansk', scopes=['alerts:write'])}"})
    assert board.refusal() == 4403


def test_it_refuses_an_unknown_service_token(web: Web) -> None:
    for header in ("Token ps_unknown", "Bearer x", "Token", "Token é"):
        assert web.knock(additional_headers={"Authorization": header}).refusal() == 4401, header


def test_it_closes_the_lines_of_a_token_that_was_revoked(web: Web, committed: Cast, api_of: Callable[..., Any]) -> None:
    direct = web.knock(additional_headers={"Authorization": f"Token {committed.token('gdansk')}"})
    by_ticket = web.knock(f"ticket={api_of('gdansk').get('/live/ticket/').json()['ticket']}")
    person = web.open(committed.as_("gdansk"))
    for board in (direct, by_ticket):
        board.frame("hello")
    with as_system("tests"):
        ServiceToken.objects.all().delete()
    web.run(web.hub.look_who_belongs())
    assert (direct.close_code(), by_ticket.close_code()) == (4401, 4401)
    assert [each.visitor.user for each in web.lines()] == [str(committed.user("gdansk").pk)]
    person.say(type="pong")


def test_it_refuses_a_cursor_that_it_did_not_make_for_this_organisation(web: Web, committed: Cast) -> None:
    foreign, ahead = seal(0, committed.gdynia.pk), seal(web.hub.position + 1000, committed.gdansk.pk)
    for since in (foreign, ahead, "x", "AAAAAAAAAAAAAAAAAAAAAA", "1", "%00"):
        assert web.knock(f"ticket={make_ticket(committed.as_('gdansk'))}&since={since}").refusal() == 4409, since


def test_it_knows_one_address_only(web: Web) -> None:
    with pytest.raises(InvalidStatus, match="403"), connect(f"ws://localhost:{web.port}/ws/other/"):
        pass


def test_it_serves_pages_beside_the_line(web: Web, committed: Cast) -> None:
    web.open(committed.as_("gdansk"))
    assert web.get("/healthz") == (200, b"ok")


def test_it_writes_no_ticket_into_the_log(web: Web, committed: Cast, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        ticket = make_ticket(committed.as_("gdansk"))
        web.knock(f"ticket={ticket}").frame("hello")
        assert web.get("/healthz")[0] == 200
    assert "/healthz" in caplog.text  # it does log
    assert ticket not in caplog.text
