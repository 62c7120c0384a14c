"""Who read what is TLP:RED or AMBER is on record, once an hour, for the reader's own organisation."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import ProgrammingError, connection
from django.db.models import PROTECT
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from incidents.models import Alert
from portsec.access.acting import NoActingError, acting_for
from portsec.access.roles import Role
from portsec.journal.models import Reading
from portsec.journal.readings import record_reading
from tests.access.sql import changed, claiming, one, taken_back
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Publish = Callable[..., Alert]
Browse = Callable[..., Client]
Program = Callable[..., APIClient]
NOON = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)


@pytest.fixture
def amber(cast: Cast, publish: Publish) -> Alert:
    return publish(cast.as_("gdansk"), tlp="AMBER")


def readings(cast: Cast, name: str, role: Role | None = None) -> list[Reading]:
    with acting_for(cast.as_(name, role)) as acting:
        return list(Reading.objects.visible_to(acting).select_related("user"))


@pytest.mark.parametrize(
    ("label", "kind", "recorded"),
    [("RED", "named", 1), ("AMBER+STRICT", "named", 1), ("AMBER", "region_ports", 1), ("GREEN", "region_ports", 0), ("CLEAR", "region", 0)],
)
def test_it_records_what_is_red_or_amber_and_nothing_else(
    cast: Cast, publish: Publish, browse: Browse, label: str, kind: str, recorded: int
) -> None:
    persons = {"persons": [cast.user("riga").pk]} if label == "RED" else {}
    alert = publish(cast.as_("gdansk"), kind, named=[cast.riga] if kind == "named" else (), tlp=label, **persons)
    assert browse("riga").get(alert.get_absolute_url()).status_code == 200
    assert len(readings(cast, "riga")) == recorded


@pytest.mark.parametrize("page", ["", "history/"])
def test_it_names_who_read_what_and_how(cast: Cast, amber: Alert, browse: Browse, page: str) -> None:
    browse("riga").get(f"{amber.get_absolute_url()}{page}")
    (one_reading,) = readings(cast, "riga")
    assert (one_reading.user, one_reading.organisation_id) == (cast.user("riga"), cast.riga.pk)
    assert (one_reading.kind, one_reading.object_id, one_reading.label, one_reading.through) == ("alert", amber.pk, "AMBER", "page")
    assert one_reading.title == f"{amber.ref_id} of Port of Gdańsk"
    assert amber.headline not in one_reading.title, "an organisation may lose the record again, and must lose its text"


def test_the_form_of_an_update_shows_the_whole_text_and_counts(cast: Cast, amber: Alert, browse: Browse) -> None:
    browse("gdansk").get(f"{amber.get_absolute_url()}update/")
    assert [reading.object_id for reading in readings(cast, "gdansk")] == [amber.pk]


@pytest.mark.parametrize("address", ["alerts/{}/", "alerts/{}/history/", "alerts/"])
def test_a_program_that_reads_the_text_is_on_record(cast: Cast, amber: Alert, program: Program, address: str) -> None:
    assert program("riga").get(f"/api/v1/{address.format(amber.pk)}").status_code == 200
    assert [(reading.user.is_service, reading.through) for reading in readings(cast, "riga")] == [(True, "api")]


@pytest.mark.parametrize("address", ["/", "/alerts/", "/search/?q=unlit"])
def test_a_row_of_a_page_does_not_count_as_reading(cast: Cast, amber: Alert, browse: Browse, address: str) -> None:
    assert amber.headline in browse("riga").get(address).content.decode()
    assert readings(cast, "riga") == []


@pytest.mark.parametrize("address", ["alerts/{}/", "alerts/{}/history/", "alerts/"])
def test_head_hands_out_no_text_and_leaves_no_row(cast: Cast, amber: Alert, program: Program, address: str) -> None:
    assert program("riga").head(f"/api/v1/{address.format(amber.pk)}").status_code == 200
    assert readings(cast, "riga") == []


def test_reading_changes_no_etag(cast: Cast, amber: Alert, program: Program) -> None:
    client = program("riga")
    tags = {client.get(f"/api/v1/alerts/{amber.pk}/")["ETag"] for _turn in range(2)}
    assert len(tags) == 1


def test_a_list_of_many_is_recorded_in_one_statement(
    cast: Cast, publish: Publish, program: Program, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = program("riga")
    for number in range(3):
        publish(cast.as_("gdansk"), headline=f"Green {number}")
    client.get("/api/v1/alerts/")
    queries = 9  # token, its use, its member and organisation; savepoint, who acts; the alerts; the two ends of the savepoint
    with django_assert_num_queries(queries):
        client.get("/api/v1/alerts/")
    for number in range(5):
        publish(cast.as_("gdansk"), tlp="AMBER", headline=f"Amber {number}")
    with django_assert_num_queries(queries + 1):
        client.get("/api/v1/alerts/")
    assert len(readings(cast, "riga")) == 5


def test_a_page_costs_one_query_more(cast: Cast, publish: Publish, browse: Browse) -> None:
    """Whether it has been read in this hour or not."""
    client, asked = browse("coastguard"), {}
    for label in ("GREEN", "AMBER+STRICT"):
        at = publish(cast.as_("gdansk"), "named", named=[cast.coastguard], tlp=label).get_absolute_url()
        client.get(at)
        with CaptureQueriesContext(connection) as queries:
            client.get(at)
        asked[label] = len(queries)
    assert asked["AMBER+STRICT"] - asked["GREEN"] == 1


def test_a_reload_leaves_one_row_and_the_next_hour_another(cast: Cast, amber: Alert) -> None:
    with time_machine.travel(NOON, tick=False) as clock, acting_for(cast.as_("riga")) as acting:
        for minutes in (0, 20, 34, 1):  # 12:05, 12:25, 12:59, 13:00
            clock.shift(timedelta(minutes=minutes))
            record_reading(acting, amber, "AMBER", "page")
    assert sorted(reading.hour.hour for reading in readings(cast, "riga")) == [12, 13]


def test_two_people_of_an_organisation_are_two_readings(cast: Cast, amber: Alert, browse: Browse) -> None:
    for role in (None, Role.DEPUTY):
        browse("riga", role).get(amber.get_absolute_url())
    assert {reading.user.email for reading in readings(cast, "riga")} == {"security_officer@riga.example", "deputy@riga.example"}


def test_a_draft_is_nobodys_reading_yet(cast: Cast, program: Program, alert_content: dict[str, Any]) -> None:
    client = program("gdansk")
    body = {**alert_content, "tlp": "AMBER", "audience": {"kind": "region_ports"}, "draft": True}
    draft = client.post("/api/v1/alerts/", body, format="json").json()
    client.get(f"/api/v1/alerts/{draft['id']}/")
    assert readings(cast, "gdansk") == []


def test_what_is_refused_is_not_read(cast: Cast, amber: Alert, browse: Browse) -> None:
    assert browse("coastguard").get(amber.get_absolute_url()).status_code == 404
    assert readings(cast, "coastguard") == []


# Whose they are


def test_the_sender_learns_nothing_of_who_read(cast: Cast, amber: Alert, browse: Browse) -> None:
    browse("riga").get(amber.get_absolute_url())
    assert readings(cast, "gdansk") == []
    with claiming(cast.user("gdansk").pk, cast.gdansk.pk):
        assert one("SELECT count(*) FROM journal_reading") == 0


def test_a_red_reading_is_known_to_the_named_alone(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"), "named", named=[cast.riga], tlp="RED", persons=[cast.user("riga").pk])
    browse("riga").get(alert.get_absolute_url())
    counts = {}
    for role in (None, Role.ADMINISTRATOR):
        with claiming(cast.user("riga", role).pk, cast.riga.pk):
            counts[role] = one("SELECT count(*) FROM journal_reading")
    assert counts == {None: 1, Role.ADMINISTRATOR: 0}
    assert readings(cast, "riga", Role.ADMINISTRATOR) == []


INSERT = (
    "INSERT INTO journal_reading (id, organisation_id, user_id, kind, object_id, title, label, at, hour, through, request_id) "
    "VALUES (gen_random_uuid(), %s, %s, 'alert', gen_random_uuid(), '', 'RED', now(), now(), 'page', '')"
)


@pytest.mark.parametrize(("organisation", "role"), [("riga", Role.DEPUTY), ("gdynia", None)])
def test_nobody_writes_a_reading_for_another(cast: Cast, organisation: str, role: Role | None) -> None:
    foreign = [cast.organisations[organisation].pk, cast.user(organisation, role).pk]
    with claiming(cast.user("riga").pk, cast.riga.pk):
        assert changed(INSERT, [cast.riga.pk, cast.user("riga").pk]) == 1
        with pytest.raises(ProgrammingError, match="row-level security"), taken_back():
            changed(INSERT, foreign)


@pytest.mark.parametrize("statement", ["UPDATE journal_reading SET label = 'CLEAR'", "DELETE FROM journal_reading"])
def test_nobody_changes_or_takes_back_a_reading(cast: Cast, statement: str) -> None:
    with claiming(cast.user("riga").pk, cast.riga.pk), pytest.raises(ProgrammingError, match="permission denied"), taken_back():
        changed(statement)


def test_a_person_who_has_read_stays_on_record() -> None:
    assert Reading._meta.get_field("user").remote_field.on_delete is PROTECT


def test_it_is_asked_inside_a_context_only() -> None:
    with pytest.raises(NoActingError):
        Reading.objects.all()
