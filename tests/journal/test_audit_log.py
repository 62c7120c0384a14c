"""The audit log: what an organisation's own people did and read, with filters and as a file."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from incidents.actions import acknowledge_alert, update_alert
from incidents.models import Alert
from ports.actions import set_security_level
from portsec.access.acting import acting_for
from portsec.access.roles import Role
from portsec.journal import export
from portsec.journal.actions import record_own
from portsec.journal.audit import Choice, audit_count, audit_page
from portsec.journal.models import Entry
from portsec.tables import without_formula
from tests.cast import Cast
from tests.incidents.test_alert_pages import SHELL

pytestmark = pytest.mark.django_db
Publish = Callable[..., Alert]
Browse = Callable[..., Client]
Program = Callable[..., APIClient]
AT = "/api/v1/audit-log/"
HEADLINE = "Zebra at quay 3"


def summaries(answer: Any) -> list[str]:
    return [line.summary for line in answer.context["lines"]]


def found(client: APIClient, **filters: str) -> list[dict[str, Any]]:
    answer = client.get(AT, filters)
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return [one for one in results if not one["verb"].startswith(("access.", "member."))]


def content_of(answer: Any) -> bytes:
    """A file is sent once: what has been read is kept."""
    if not hasattr(answer, "kept"):
        answer.kept = answer.getvalue()
    kept: bytes = answer.kept
    return kept


def rows_of(answer: Any) -> list[dict[str, str]]:
    lines = content_of(answer).decode("utf-8-sig").splitlines(keepends=True)
    return list(csv.DictReader(line for line in lines if not line.startswith("# ")))


# What stands in it


def test_it_holds_what_the_organisation_did_and_read(cast: Cast, publish: Publish, browse: Browse) -> None:
    foreign = publish(cast.as_("gdansk"), tlp="AMBER")
    client = browse("riga")
    client.get(foreign.get_absolute_url())
    with acting_for(cast.as_("riga")) as acting:
        acknowledge_alert(acting, foreign)
    page = client.get("/audit/", {"kind": "alert"})
    read = f"Read {foreign.ref_id} of Port of Gdańsk, TLP:AMBER, on a page"
    assert summaries(page) == [f"Port of Rīga acknowledged {foreign.ref_id}", read]


def test_what_others_did_is_not_in_it_though_it_is_shared(cast: Cast, publish: Publish, browse: Browse, program: Program) -> None:
    alert = publish(cast.as_("gdansk"))
    assert alert.ref_id not in browse("gdynia").get("/audit/").content.decode()
    for name in ("gdynia", "coastguard", "trieste"):
        assert found(program(name)) == []


def test_it_shows_before_and_after(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"), headline="At quay 2")
    with acting_for(cast.as_("gdansk")) as acting:
        update_alert(acting, Alert.objects.get(pk=alert.pk), note="Moved", headline="At <b>quay</b> 3")
    page = browse("gdansk").get("/audit/").content.decode()
    assert "<summary>What changed</summary>" in page
    assert "At quay 2</del>" in page
    assert "At &lt;b&gt;quay&lt;/b&gt; 3</ins>" in page


def test_it_links_an_object_only_while_it_may_be_seen(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"), "named", named=[cast.riga])
    with acting_for(cast.as_("riga")) as acting:
        acknowledge_alert(acting, alert)
    client = browse("riga")
    at = f'href="{alert.get_absolute_url()}"'
    assert at in client.get("/audit/").content.decode()
    with acting_for(cast.as_("riga")) as acting:
        assert [line.url for line in audit_page(acting, Choice(kind="alert"), limit=9).records] == [alert.get_absolute_url()]
    lose(cast, alert)
    page = client.get("/audit/").content.decode()
    assert f"acknowledged {alert.ref_id}" in page
    assert at not in page


def lose(cast: Cast, alert: Alert) -> None:
    """Named persons of the sender's alone may still see it."""
    with acting_for(cast.as_("gdansk")):
        Alert.objects.filter(pk=alert.pk).update(persons=[cast.user("gdansk").pk])


# TLP:RED


@pytest.fixture
def red(cast: Cast, publish: Publish, browse: Browse) -> Alert:
    """Sent by Gdańsk's officer to Rīga's, who has read it."""
    alert = publish(cast.as_("gdansk"), "named", named=[cast.riga], tlp="RED", persons=[cast.user("riga").pk], headline=HEADLINE)
    browse("riga").get(alert.get_absolute_url())
    return alert


@pytest.mark.parametrize("name", ["gdansk", "riga"])
def test_an_administrator_who_is_not_named_sees_nothing_of_red(cast: Cast, red: Alert, browse: Browse, name: str) -> None:
    officer, administrator = browse(name), browse(name, Role.ADMINISTRATOR)
    assert red.ref_id in officer.get("/audit/").content.decode()
    page = administrator.get("/audit/").content.decode()
    assert [word for word in (red.ref_id, HEADLINE, str(red.pk)) if word in page] == []
    counts = [client.get(AT, {"count": "true"}).json()["count"] for client in (officer, administrator)]
    assert counts[0] == counts[1] + 1
    assert administrator.get(AT, {"kind": "alert", "count": "true"}).json() == {"results": [], "next": None, "previous": None, "count": 0}


def test_an_export_that_held_red_is_itself_known_to_the_named_alone(cast: Cast, red: Alert, browse: Browse) -> None:
    """Else its number of rows, beside one's own, would tell that there is more."""
    assert HEADLINE in browse("gdansk").get("/audit/", {"format": "csv"}).getvalue().decode()
    browse("gdansk").get("/audit/", {"format": "csv", "group": "access"})
    logs = {role: summaries(browse("gdansk", role).get("/audit/", {"group": "export"})) for role in (None, Role.ADMINISTRATOR)}
    assert (len(logs[None]), len(logs[Role.ADMINISTRATOR])) == (2, 1)
    with acting_for(cast.as_("gdansk", Role.DEPUTY)) as acting:
        assert Entry.objects.visible_to(acting).filter(verb="audit.exported").count() == 1


def test_what_an_auditor_looked_for_is_not_on_colleagues_dashboards(cast: Cast, browse: Browse) -> None:
    """The live row goes to everybody of the organisation; the filters are for who may read the log."""
    assert browse("gdansk").get("/audit/", {"format": "csv", "search": "gate keeper"}).status_code == 200
    with acting_for(cast.as_("gdansk", Role.OBSERVER)) as acting:
        [told] = Entry.objects.visible_to(acting).filter(verb="audit.exported")
    assert (told.row, told.after["search"]) == ({}, "gate keeper")
    assert "gate keeper" not in told.summary


def test_a_token_finds_nothing_of_red(red: Alert, program: Program) -> None:
    for name in ("gdansk", "riga"):
        assert found(program(name)) == []


# Who may


def test_a_token_needs_its_scope(program: Program) -> None:
    refused = program("riga", scopes=["read"]).get(AT)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "scope_missing")
    assert program("riga", scopes=["audit:read"]).get(AT).status_code == 200


def test_the_navigation_names_it_to_those_who_may(browse: Browse) -> None:
    shown = {role: 'href="/audit/"' in browse("riga", role).get("/").content.decode() for role in Role if role != Role.SERVICE}
    assert {role for role, may in shown.items() if may} == {Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.COORDINATOR}


# Filters


@pytest.fixture
def busy(cast: Cast, publish: Publish, browse: Browse) -> Cast:
    """Of Gdańsk: a level at 23:30 UTC on the 20th (the 21st in Warsaw), an alert on the 22nd, which the deputy reads on the 23rd."""
    with time_machine.travel(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)), acting_for(cast.as_("gdansk")) as acting:
        set_security_level(acting, level=2, reason="Unlit craft")
    with time_machine.travel(datetime(2026, 11, 22, 9, 0, tzinfo=UTC)):
        alert = publish(cast.as_("gdansk"), tlp="AMBER", headline=HEADLINE)
    with time_machine.travel(datetime(2026, 11, 23, 9, 0, tzinfo=UTC)):
        browse("gdansk", Role.DEPUTY).get(alert.get_absolute_url())
    return cast


@pytest.mark.parametrize(
    ("filters", "verbs"),
    [
        ({}, ["read", "alert.published", "level.changed"]),
        ({"group": "change"}, ["alert.published", "level.changed"]),
        ({"group": "reading"}, ["read"]),
        ({"group": "export"}, []),
        ({"kind": "alert"}, ["read", "alert.published"]),
        ({"kind": "security_level_change"}, ["level.changed"]),
        ({"since": "2026-11-21", "until": "2026-11-21"}, ["level.changed"]),
        ({"until": "2026-11-20"}, []),
        ({"since": "2026-11-22"}, ["read", "alert.published"]),
        ({"search": "ZEBRA"}, ["alert.published"]),
        ({"search": "gdańsk", "kind": "alert", "group": "reading"}, ["read"]),
        ({"search": "%"}, []),
    ],
)
def test_a_filter_leaves_what_it_says(busy: Cast, browse: Browse, program: Program, filters: dict[str, str], verbs: list[str]) -> None:
    assert [one["verb"] for one in found(program("gdansk"), **filters)] == verbs
    page = browse("gdansk").get("/audit/", filters)
    assert [line.verb for line in page.context["lines"] if not line.verb.startswith(("access.", "member."))] == verbs


def test_a_person_is_chosen_among_ones_own(busy: Cast, program: Program) -> None:
    client = program("gdansk")
    assert [one["verb"] for one in found(client, person=str(busy.user("gdansk", Role.DEPUTY).pk))] == ["read"]
    refusals = [client.get(AT, {"person": str(pk)}) for pk in (busy.user("riga").pk, uuid4())]
    assert [refusal.status_code for refusal in refusals] == [400, 400]
    details = [refusal.json()["errors"][0]["detail"].replace(str(busy.user("riga").pk), "<id>") for refusal in refusals]
    assert details[0].partition("<id>")[2] == details[1][details[0].index("<id>") + 36 :], "a foreign person is refused like none at all"


BAD = [
    ({"since": "yesterday"}, "since"),
    ({"since": "2026-11-22", "until": "2026-11-21"}, "until"),
    ({"group": "gossip"}, "group"),
    ({"kind": "secret"}, "kind"),
    ({"person": "me"}, "person"),
    ({"search": "a\x00b"}, "search"),
]


@pytest.mark.parametrize(("filters", "field"), BAD)
def test_a_filter_that_cannot_be_is_refused_beside_it(browse: Browse, program: Program, filters: dict[str, str], field: str) -> None:
    answer = program("gdansk").get(AT, filters)
    assert (answer.status_code, {error["pointer"].strip("/") for error in answer.json()["errors"]}) == (400, {field})
    page = browse("gdansk").get("/audit/", filters)
    assert (page.status_code, set(page.context["filters"].errors), list(page.context["lines"])) == (422, {field}, [])


@pytest.mark.parametrize("query", ["before=nowhere", "after=20261124T120000.000000Z_1"])
def test_a_place_that_the_list_does_not_have(browse: Browse, program: Program, query: str) -> None:
    assert browse("gdansk").get(f"/audit/?{query}").status_code == 404
    assert program("gdansk").get(f"{AT}?{query}").status_code == 400


def test_an_unknown_parameter_is_refused(program: Program) -> None:
    assert program("gdansk").get(AT, {"verb": "x"}).status_code == 400


def test_an_empty_log_says_why_and_what_next(browse: Browse) -> None:
    page = browse("riga").get("/audit/", {"search": "nothing like this"}).content.decode()
    assert "Nothing matches." in page
    assert "Show the whole log" in page


# Pages


@pytest.fixture
def long_log(cast: Cast, publish: Publish) -> list[str]:
    """130 lines of Gdańsk, entries and readings in turn, some at the same instant; their ids, newest first."""
    alert, start = publish(cast.as_("gdansk"), tlp="AMBER"), datetime(2026, 11, 1, tzinfo=UTC)
    with acting_for(cast.as_("gdansk")) as acting:
        for number in range(65):
            with time_machine.travel(start + timedelta(hours=number // 2 * 2), tick=False):
                set_security_level(acting, level=number % 2 + 1, reason=f"Turn {number}")
            with time_machine.travel(start + timedelta(hours=number), tick=False):
                record_own(acting, "audit.exported", "audit_log", acting.organisation.pk, f"Number {number}", after={})
        assert alert.pk
        return [str(line.pk) for line in audit_page(acting, Choice(), limit=500).records]


def walk(client: Client, address: str | None, way: str) -> list[list[str]]:
    pages = []
    while address:
        answer = client.get(address).json()
        pages.append([one["id"] for one in answer["results"]])
        address = answer[way]
    return pages


def test_deep_pages_lose_and_repeat_nothing_in_either_direction(long_log: list[str], program: Program) -> None:
    client = program("gdansk")
    down = walk(client, f"{AT}?limit=20", "next")
    assert [pk for page in down for pk in page] == long_log
    last = client.get(f"{AT}?limit=20")
    while last.json()["next"]:
        last = client.get(last.json()["next"])
    up = walk(client, last.json()["previous"], "previous")
    assert [pk for page in reversed(up) for pk in page] == long_log[: -len(last.json()["results"])]


def test_the_page_leads_to_older_and_back(long_log: list[str], browse: Browse) -> None:
    client = browse("gdansk")
    first = client.get("/audit/")
    second = client.get(f"/audit/{first.context['older_url']}")
    assert [str(line.pk) for line in second.context["lines"]] == long_log[50:100]
    back = client.get(f"/audit/{second.context['newer_url']}")
    assert [str(line.pk) for line in back.context["lines"]] == long_log[:50]


def test_it_makes_the_same_queries_for_few_and_many_lines(
    cast: Cast, publish: Publish, browse: Browse, long_log: list[str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browse("gdansk")
    client.get("/audit/")
    with django_assert_num_queries(SHELL + 5):  # people of the filter; entries, readings; which alerts, which levels may be seen
        client.get("/audit/")


def test_it_counts_what_it_lists(cast: Cast, long_log: list[str]) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        assert audit_count(acting, Choice()) == len(long_log)


# Files


def test_a_file_holds_the_rows_of_the_filters(busy: Cast, browse: Browse, program: Program) -> None:
    filters = {"kind": "alert", "format": "csv"}
    page, answer = browse("gdansk").get("/audit/", filters), program("gdansk").get(AT, filters)
    assert rows_of(page) == rows_of(answer)
    assert content_of(answer).startswith(b"\xef\xbb\xbf# TLP:AMBER\r\n")
    assert [(row["at"][:16], row["at"][-1], row["verb"]) for row in rows_of(answer)] == [
        ("2026-11-23T09:00", "Z", "read"), ("2026-11-22T09:00", "Z", "alert.published"),
    ]  # fmt: skip
    assert json.loads(rows_of(answer)[1]["after"])["headline"] == HEADLINE
    for one in (page, answer):
        assert one["Content-Type"] == "text/csv; charset=utf-8"
        assert one["Content-Disposition"].startswith("attachment")


def test_taking_a_file_is_on_record(busy: Cast, browse: Browse, program: Program) -> None:
    browse("gdansk").get("/audit/", {"format": "csv", "kind": "alert", "since": "2026-11-22"})
    (entry,) = found(program("gdansk"), group="export")
    assert (entry["person"], entry["verb"]) == (busy.user("gdansk").name, "audit.exported")
    assert entry["after"] == {"kind": "alert", "since": "2026-11-22", "rows": 2}


def test_head_of_a_file_takes_nothing_out(busy: Cast, program: Program) -> None:
    client = program("gdansk")
    assert client.head(f"{AT}?format=csv").status_code == 200
    assert found(client, group="export") == []


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_calculate_stands_as_text(cell: str) -> None:
    assert without_formula(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a=b", "'quoted", "54.35", " =1"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert without_formula(cell) == cell


def test_an_injected_formula_reaches_no_spreadsheet(cast: Cast, browse: Browse, program: Program) -> None:
    user = cast.user("gdansk")
    user.name = '=HYPERLINK("https://elsewhere.example","x")'
    with acting_for(cast.as_("gdansk")) as acting:
        user.save(update_fields=["name"])
        set_security_level(acting, level=2, reason='Say "hello", or not')
    (row,) = rows_of(browse("gdansk").get("/audit/", {"format": "csv", "group": "change"}))
    assert row["person"] == '\'=HYPERLINK("https://elsewhere.example","x")'
    assert row["summary"].endswith('Say "hello", or not')


def test_more_rows_than_a_file_holds_are_refused_with_a_remedy(
    cast: Cast, busy: Cast, browse: Browse, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST", 1)
    answer = program("gdansk").get(AT, {"format": "csv"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0]["pointer"] == "/since"
    page = browse("gdansk").get("/audit/", {"format": "csv"})
    assert page.status_code == 422
    assert "Choose a shorter period" in page.content.decode()
    assert found(program("gdansk"), group="export") == []


def test_nobody_else_takes_a_file(browse: Browse) -> None:
    for role in (Role.DEPUTY, Role.STAFF, Role.OBSERVER):
        assert browse("gdansk", role).get("/audit/", {"format": "csv"}).status_code == 403
