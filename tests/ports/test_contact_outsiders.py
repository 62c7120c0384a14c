"""A number is read by its audience and by nobody else, whatever is asked: lists, search, sheets, feeds, histories, SQL."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError
from django.test import Client
from rest_framework.test import APIClient

from ports.actions import add_contact_point
from ports.models import ContactPoint
from portsec.access.acting import acting_for
from portsec.access.audiences import AudienceWish
from tests.access.sql import changed, claiming, column, one, taken_back
from tests.cast import EVERYBODY, READERS, Cast

pytestmark = pytest.mark.django_db(databases=["default", "system"])
Browse = Callable[..., Client]
Program = Callable[..., APIClient]
PHONE, SPOKEN, ROLE = "+46701740605", "+46 701 740 605", "Zebra watch"


@pytest.fixture(params=READERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def contact(cast: Cast, kind: str) -> ContactPoint:
    named = (cast.riga.pk, cast.aarhus.pk) if kind == "named" else ()
    with acting_for(cast.as_("gdansk")) as acting:
        wish = AudienceWish(kind, organisations=named)
        return add_contact_point(acting, wish=wish, role=ROLE, phone=PHONE, email="zebra@port.example", situations=["emergency"])


def shown_to(ask: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(name for name in EVERYBODY if ask(name))


def test_pages_show_it_to_its_readers_alone(cast: Cast, kind: str, contact: ContactPoint, browse: Browse) -> None:
    def shows(address: str) -> Callable[[str], bool]:
        return lambda name: any(mark in browse(name).get(address).content.decode() for mark in (PHONE, SPOKEN, ROLE, "zebra@"))

    baltic = cast.regions["baltic"].pk
    for address in (
        "/call/",
        "/call/?situation=emergency",
        f"/call/sheet/{baltic}/",
        "/ports/PLGDN/",
        "/search/?q=Zebra",
        f"/call/{contact.pk}/",
    ):
        assert shown_to(shows(address)) == READERS[kind], address
    assert shown_to(shows("/call/ours/")) == ("gdansk",)
    assert shown_to(lambda name: browse(name).get(f"/call/?organisation={cast.gdansk.pk}").status_code == 200) == EVERYBODY[:-1]


def test_the_api_shows_it_to_its_readers_alone(cast: Cast, kind: str, contact: ContactPoint, program: Program) -> None:
    at = "/api/v1/contact-points/"
    assert shown_to(lambda name: program(name).get(f"{at}?count=true").json()["count"] == 1) == READERS[kind]
    for query in (
        "",
        "?search=zebra",
        "?situation=emergency",
        "?stale=true",
        "?reachable_at=2026-11-24T02:14:00Z",
        f"?organisation={cast.gdansk.pk}",
    ):
        assert shown_to(lambda name, query=query: bool(program(name).get(f"{at}{query}").json()["results"])) == READERS[kind], query
    for below in ("", "history/"):
        answers = {name: program(name).get(f"{at}{contact.pk}/{below}") for name in EVERYBODY}
        assert shown_to(lambda name, answers=answers: answers[name].status_code == 200) == READERS[kind]
        assert shown_to(lambda name, answers=answers: PHONE in answers[name].content.decode()) == READERS[kind]
    assert shown_to(lambda name: bool(program(name).get("/api/v1/search/?q=zebra").json()["results"])) == READERS[kind]


def test_raw_sql_reads_no_foreign_number(cast: Cast, kind: str, contact: ContactPoint) -> None:
    def reads(sql: str) -> Callable[[str], bool]:
        def ask(name: str) -> bool:
            with claiming(cast.user(name).pk, cast.organisations[name].pk):
                return bool(column(sql))

        return ask

    assert shown_to(reads("SELECT phone FROM ports_contactpoint")) == READERS[kind]
    assert shown_to(reads(f"SELECT id FROM journal_entry WHERE strpos(after::text, '{PHONE}') > 0")) == READERS[kind]  # noqa: S608 (our own number)
    assert column("SELECT phone FROM ports_contactpoint") == [], "nobody acts"
    with claiming(cast.user("trieste").pk, cast.gdansk.pk):
        assert column("SELECT phone FROM ports_contactpoint") == [], "a forged organisation"


def test_raw_sql_changes_no_foreign_number(cast: Cast, contact: ContactPoint) -> None:
    for name in EVERYBODY[1:]:
        with claiming(cast.user(name).pk, cast.organisations[name].pk):
            assert changed("UPDATE ports_contactpoint SET phone = '+10000000000'") == 0, name
    with claiming(cast.user("gdansk").pk, cast.gdansk.pk):
        assert one("SELECT phone FROM ports_contactpoint") == PHONE
        for refused in ("DELETE FROM ports_contactpoint", f"UPDATE ports_contactpoint SET owner_id = '{cast.riga.pk}'"):  # noqa: S608
            with pytest.raises(ProgrammingError), taken_back():
                changed(refused)


def test_a_foreign_organisation_is_as_absent_as_one_that_does_not_exist(cast: Cast, browse: Browse, program: Program) -> None:
    stranger = browse("trieste")
    for address in ("/call/?organisation={}", "/call/sheet/{}/", "/call/{}/", "/call/{}/history/", "/call/{}/edit/"):
        assert [stranger.get(address.format(pk)).status_code for pk in (cast.gdansk.pk, cast.regions["baltic"].pk, uuid4())] == [404] * 3, (
            address
        )
    answers = [program("trieste").get(f"/api/v1/contact-points/?organisation={pk}").json() for pk in (cast.gdansk.pk, uuid4())]
    assert answers[0] == answers[1] == {"results": [], "next": None, "previous": None}


def test_nothing_of_a_stranger_stands_among_the_choices(cast: Cast, browse: Browse) -> None:
    for address in ("/call/", "/call/ours/new/"):
        page = browse("gdansk").get(address).content.decode()
        assert cast.aarhus.name in page, address  # linked
        assert cast.trieste.name not in page, address


def test_a_reader_does_not_learn_who_else_was_named(cast: Cast, browse: Browse, program: Program) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        wish = AudienceWish("named", organisations=(cast.coastguard.pk, cast.customs.pk))
        contact = add_contact_point(acting, wish=wish, role=ROLE, phone=PHONE, situations=["emergency"])
    answers: list[Any] = [browse("coastguard").get(f"/call/{contact.pk}/"), browse("coastguard").get(f"/call/{contact.pk}/history/")]
    answers += [program("coastguard").get(f"/api/v1/contact-points/{contact.pk}/{below}") for below in ("", "history/")]
    assert [cast.customs.name in answer.content.decode() for answer in answers] == [False] * 4
