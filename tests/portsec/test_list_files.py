"""Lists as files: the rows of the list and no others, labelled, safe to open, and no wider than the walls."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from rest_framework.test import APIClient

from incidents.models import Alert
from ports.actions import add_contact_point, add_facility, set_security_level
from portsec import api, list_files, tables
from portsec.access.acting import acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.middleware import ActingMiddleware
from portsec.access.roles import Role
from portsec.api import ActingViewSet
from portsec.journal.models import Reading
from portsec.tables import CSV, XLSX, FinishedFile, Table, plain_cell
from portsec.urls import router
from tests.cast import Cast

in_a_transaction = pytest.mark.django_db
Publish = Callable[..., Alert]
Browse = Callable[..., Client]
Program = Callable[..., APIClient]
LISTS = ["regions", "organisations", "ports", "port-facilities", "contact-points", "security-levels", "alerts", "members"]
HEADLINE = "Zebra craft at the breakwater"


def lines_of(answer: Any) -> list[list[str]]:
    """Each line of a CSV file, the first ones included."""
    assert answer.status_code == 200, answer.content
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def split(lines: list[list[Any]]) -> tuple[list[str], list[dict[str, Any]]]:
    """The first lines, and the rows by the names of their columns."""
    notes = [line[0] for line in lines if str(line[0]).startswith("# ")]
    names, *rows = lines[len(notes) :]
    return notes, [dict(zip(names, row, strict=True)) for row in rows]


def sheet_of(answer: Any) -> list[list[Any]]:
    """The same of an XLSX file."""
    sheet = load_workbook(io.BytesIO(answer.getvalue())).worksheets[0]
    lines = [[("" if cell is None else cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    return [line[:1] if str(line[0]).startswith("# ") else line for line in lines]


@pytest.fixture
def busy(cast: Cast, publish: Publish) -> Cast:
    """Something of everything that is listed, of Gdańsk."""
    publish(cast.as_("gdansk"), headline=HEADLINE, tlp="AMBER")
    publish(cast.as_("gdansk"), headline="Buoy 7 dark", severity="Minor")
    with acting_for(cast.as_("gdansk")) as acting:
        add_facility(acting, name="Container terminal", imo_number="PLGDN-0001")
        add_contact_point(acting, role="Duty officer", phone="+46 70 174 06 01", situations=["emergency"])
        set_security_level(acting, level=2, reason="Unlit craft")
    return cast


# What stands in a file


@in_a_transaction
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("who", ["gdansk", "gdynia", "coastguard", "trieste"])
def test_a_file_holds_the_records_of_the_list_and_no_others(busy: Cast, program: Program, name: str, who: str) -> None:
    client = program(who)
    listed = [one["id"] for one in client.get(f"/api/v1/{name}/", {"limit": 200}).json()["results"]]
    for_csv = split(lines_of(client.get(f"/api/v1/{name}/", {"format": "csv"})))[1]
    for_xlsx = split(sheet_of(client.get(f"/api/v1/{name}/", {"format": "xlsx"})))[1]
    assert [one["id"] for one in for_csv] == [one["id"] for one in for_xlsx] == listed


@in_a_transaction
def test_service_tokens_are_listed_in_a_file_for_those_who_manage_them(busy: Cast, browse: Browse) -> None:
    busy.token("gdansk")
    address = "/api/v1/service-tokens/?format=csv"
    _notes, rows = split(lines_of(browse("gdansk", Role.ADMINISTRATOR).get(address)))
    assert [(row["name"], row["networks"]) for row in rows] == [("test", "")]
    assert browse("gdansk", Role.STAFF).get(address).status_code == 403


@in_a_transaction
@pytest.mark.parametrize(
    ("query", "headlines"),
    [("severity=Minor", ["Buoy 7 dark"]), ("search=zebra", [HEADLINE]), ("show=drafts", []), ("show=sent", ["Buoy 7 dark", HEADLINE])],
)
def test_the_filters_of_the_list_are_those_of_the_file(busy: Cast, program: Program, query: str, headlines: list[str]) -> None:
    _notes, rows = split(lines_of(program("gdansk").get(f"/api/v1/alerts/?format=csv&{query}")))
    assert [row["headline"] for row in rows] == headlines


@in_a_transaction
def test_an_object_inside_a_record_becomes_columns_and_a_list_one_cell(busy: Cast, program: Program) -> None:
    _notes, rows = split(lines_of(program("gdynia").get("/api/v1/alerts/?format=csv")))
    assert (rows[0]["organisation.name"], rows[0]["audience.kind"]) == ("Port of Gdańsk", "region_ports")
    assert (rows[0]["category"], rows[0]["is_exercise"]) == ("Security", "false")


@in_a_transaction
def test_times_stand_in_utc_and_numbers_stay_numbers(busy: Cast, program: Program) -> None:
    (row,) = split(sheet_of(program("gdansk").get("/api/v1/security-levels/?format=xlsx")))[1]
    assert row["level"] == 2
    assert row["effective_at"].endswith("Z")


# The label


@in_a_transaction
def test_the_strictest_label_stands_first_and_each_rows_own_in_its_column(busy: Cast, program: Program) -> None:
    notes, rows = split(lines_of(program("gdansk").get("/api/v1/alerts/?format=csv")))
    assert notes[0] == "# TLP:AMBER"
    assert notes[1].startswith("# alerts as Port of Gdańsk saw it at ")
    assert notes[2:] == ["# 2 rows; times in UTC."]
    assert [row["tlp"] for row in rows] == ["TLP:GREEN", "TLP:AMBER"]
    green = split(lines_of(program("gdansk").get("/api/v1/alerts/?format=csv&severity=Minor")))
    assert green[0][0] == "# TLP:GREEN"
    assert split(sheet_of(program("gdansk").get("/api/v1/alerts/?format=xlsx")))[0][0] == "# TLP:AMBER"


@in_a_transaction
def test_a_record_without_a_label_bears_that_of_its_audience(busy: Cast, program: Program) -> None:
    for name in ("contact-points", "port-facilities", "security-levels"):
        notes, rows = split(lines_of(program("gdynia").get(f"/api/v1/{name}/?format=csv")))
        assert (notes[0], [row["tlp"] for row in rows]) == ("# TLP:GREEN", ["TLP:GREEN"]), name
    with acting_for(busy.as_("gdansk")) as acting:
        narrow = AudienceWish("named", organisations=(busy.gdynia.pk,))
        add_contact_point(acting, wish=narrow, role="Berth master", phone="+46 70 174 06 02", situations=["emergency"])
    notes, rows = split(lines_of(program("gdynia").get("/api/v1/contact-points/?format=csv")))
    assert (notes[0], [row["tlp"] for row in rows]) == ("# TLP:AMBER+STRICT", ["TLP:AMBER+STRICT", "TLP:GREEN"])
    notes, _rows = split(lines_of(program("gdynia").get("/api/v1/ports/?format=csv")))
    assert notes[0].startswith("# No TLP label.")


@in_a_transaction
def test_a_ledger_bears_the_label_of_its_alert(busy: Cast, publish: Publish, program: Program) -> None:
    alert = publish(busy.as_("gdansk"), "named", named=[busy.riga], tlp="AMBER+STRICT")
    notes, rows = split(lines_of(program("gdansk").get(f"/api/v1/alerts/{alert.pk}/deliveries/?format=csv")))
    assert notes[0] == "# TLP:AMBER+STRICT"
    assert len(rows) == 1
    assert program("gdynia").get(f"/api/v1/alerts/{alert.pk}/deliveries/?format=csv").status_code == 404


# Walls and records


@in_a_transaction
def test_a_red_alert_is_in_the_file_of_the_persons_whom_it_names_alone(
    cast: Cast, publish: Publish, browse: Browse, program: Program
) -> None:
    publish(cast.as_("gdansk"), "named", named=[cast.riga], tlp="RED", persons=[cast.user("riga").pk])
    address = "/api/v1/alerts/?format=csv"
    notes, rows = split(lines_of(browse("riga").get(address)))
    assert (notes[0], len(rows)) == ("# TLP:RED", 1)
    for other in (browse("riga", Role.DEPUTY), program("riga"), browse("gdynia")):
        notes, rows = split(lines_of(other.get(address)))
        assert rows == []
        assert "RED" not in notes[0], "not even the first line tells of it"


@in_a_transaction
def test_what_leaves_in_a_file_is_on_record_as_exported(busy: Cast, browse: Browse) -> None:
    browse("gdynia").get("/api/v1/alerts/?format=csv")
    with acting_for(busy.as_("gdynia")) as acting:
        told = [(one.label, one.through) for one in Reading.objects.visible_to(acting)]
    assert told == [("AMBER", "export")]


@in_a_transaction
def test_head_of_a_file_takes_nothing_out(busy: Cast, program: Program) -> None:
    answer = program("gdynia").head("/api/v1/alerts/?format=xlsx")
    assert (answer.status_code, answer["Content-Type"]) == (200, tables.MEDIA_TYPES[XLSX])
    with acting_for(busy.as_("gdynia")) as acting:
        assert not Reading.objects.visible_to(acting).exists()


# Too many rows


@in_a_transaction
def test_a_list_longer_than_a_file_says_so_and_where_the_next_begins(
    cast: Cast, publish: Publish, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_files, "MOST", 3)
    monkeypatch.setattr(list_files, "AT_ONCE", 2)
    headlines = [f"Alert {number}" for number in range(7)]
    for headline in headlines:
        publish(cast.as_("gdansk"), headline=headline)
    found, address, sizes = [], "/api/v1/alerts/?format=csv&show=sent", []
    while address:
        notes, rows = split(lines_of(program("gdansk").get(address)))
        found += [row["headline"] for row in rows]
        sizes.append(len(rows))
        address = notes[3].partition("The next file begins at ")[2] if len(notes) > 3 else ""
    assert sizes == [3, 3, 1]
    assert found == headlines[::-1]


@in_a_transaction
def test_a_closed_list_is_cut_and_continued_alike(cast: Cast, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_files, "MOST", 2)
    monkeypatch.setattr(api, "MOST", 2)
    notes, rows = split(lines_of(program("gdansk").get("/api/v1/ports/?format=csv")))
    assert notes[-1].startswith("# Only the first 2 rows. ")
    further = split(lines_of(program("gdansk").get(notes[-1].partition("begins at ")[2])))[1]
    assert [one["unlocode"] for one in (*rows, *further)] == ["PLGDN", "PLGDY", "LVRIX", "DKAAR"]


@in_a_transaction
@pytest.mark.parametrize("name", ["limit=5", "after=x", "count=true"])
def test_a_file_is_not_paged(cast: Cast, program: Program, name: str) -> None:
    answer = program("gdansk").get(f"/api/v1/ports/?format=csv&{name}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["detail"] == "A file holds the whole list. Leave this out."


@in_a_transaction
@pytest.mark.parametrize("name", ["alerts", "security-levels", "contact-points", "port-facilities"])
def test_a_file_of_many_rows_asks_as_often_as_one_of_few(cast: Cast, publish: Publish, program: Program, name: str) -> None:
    client, counts = program("gdynia"), []
    client.get("/api/v1/me/")  # notes the token's use, once
    for batch in range(2):
        for number in range(batch * 4 + 2):
            publish(cast.as_("gdansk"), tlp="AMBER")
            with acting_for(cast.as_("gdansk")) as acting:
                set_security_level(acting, level=2, reason="Unlit craft")
                add_facility(acting, name="Terminal", imo_number=f"PLGDN-{batch}{number:03d}")
                add_contact_point(acting, role=f"Officer {number}", phone="+46 70 174 06 01", situations=["emergency"])
        with CaptureQueriesContext(connection) as queries:
            lines_of(client.get(f"/api/v1/{name}/?format=csv"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Formats


@in_a_transaction
@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("ports/?format=pdf", "json, csv, xlsx"),
        ("changes/?format=csv", "json"),
        ("me/?format=csv", "json"),
        ("search/?q=x&format=xlsx", "json"),
    ],
)
def test_an_unknown_format_is_answered_with_those_that_there_are(cast: Cast, program: Program, address: str, known: str) -> None:
    answer = program("gdansk").get(f"/api/v1/{address}")
    assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")
    assert answer.json()["detail"] == f"This address has no such format. Choose with ?format= one of: {known}."


@in_a_transaction
@pytest.mark.parametrize("address", ["/region/?format=pdf", "/audit/?format=pdf"])
def test_a_page_has_no_other_format_either(cast: Cast, browse: Browse, address: str) -> None:
    assert browse("gdansk").get(address).status_code == 404


@in_a_transaction
def test_what_a_client_accepts_decides_where_the_address_does_not(cast: Cast, program: Program) -> None:
    client = program("gdansk")
    assert client.get("/api/v1/ports/", headers={"Accept": "text/csv"})["Content-Type"] == "text/csv; charset=utf-8"
    assert client.get("/api/v1/ports/", headers={"Accept": "*/*"})["Content-Type"] == "application/json"
    assert client.get("/api/v1/ports/", headers={"Accept": "application/pdf"}).status_code == 406


@in_a_transaction
def test_a_refusal_is_a_problem_document_where_a_file_was_asked_for(cast: Cast, program: Program) -> None:
    answer = program("gdansk").get("/api/v1/alerts/?format=csv&severity=Worst")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@in_a_transaction
def test_a_file_is_named_after_its_list(cast: Cast, program: Program) -> None:
    answer = program("gdansk").get("/api/v1/security-levels/?format=xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="security-levels.xlsx"'
    assert answer["Cache-Control"] == "private, no-store"


def test_the_description_of_the_api_says_so(client: Client) -> None:
    found = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()["paths"]
    asked = found["/api/v1/alerts/"]["get"]
    assert next(one["schema"]["enum"] for one in asked["parameters"] if one["name"] == "format") == ["csv", "json", "xlsx"]
    assert asked["responses"]["200"]["content"]["text/csv"] == {"schema": {"type": "string", "format": "binary"}}
    assert list(found["/api/v1/changes/"]["get"]["responses"]["200"]["content"]) == ["application/json"]


# Cells


@pytest.mark.parametrize("form", [CSV, XLSX])
@pytest.mark.parametrize("cell", ["=1+1", "+49", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("https://elsewhere.example")'])
def test_no_cell_is_calculated(form: str, cell: str) -> None:
    answer = Table("t", [], ["text"], [[cell]]).as_answer(form)
    (row,) = split(lines_of(answer) if form == CSV else sheet_of(answer))[1]
    assert row["text"] == f"'{cell}"


def test_a_note_is_never_quoted_so_that_a_program_can_skip_it() -> None:
    body = Table("t", ['Port "A", =1+1', "two\nlines"], ["a"], []).as_answer(CSV).getvalue().decode("utf-8-sig")
    assert body.splitlines() == ["# Port 'A'; =1+1", "# two lines", "a"]


def test_a_name_or_a_note_that_would_calculate_does_not_either() -> None:
    notes, _rows = split(lines_of(Table("t", ["=1+1"], ["a"], []).as_answer(CSV)))
    assert notes == ["# =1+1"]


@pytest.mark.parametrize(
    ("value", "cell"),
    [(None, ""), (True, "true"), (-3, -3), (1.5, 1.5), (["a", "b"], "a, b"), (["=1", "b"], "'=1, b"), ([], ""), ({"a": [1]}, '{"a":[1]}')],
)
def test_a_cell_says_what_the_value_is(value: Any, cell: Any) -> None:
    assert plain_cell(value) == cell


def test_what_a_spreadsheet_cannot_hold_is_cut_or_left_out() -> None:
    (row,) = split(sheet_of(Table("t", [], ["a", "b"], [["bell \x07 rings", "ż" * 40_000]]).as_answer(XLSX)))[1]
    assert row["a"] == "bell  rings"
    assert (len(row["b"]), row["b"][-1]) == (32_767, "…")


def test_csv_begins_with_the_mark_that_spreadsheets_need() -> None:
    assert Table("t", [], ["ł"], []).as_answer(CSV).getvalue() == b"\xef\xbb\xbf\xc5\x82\r\n"


# Nothing streams from the database


def test_rows_are_written_before_the_first_byte_leaves() -> None:
    """What fails halfway is an error, and not a file that looks whole."""

    def rows() -> Iterator[list[str]]:
        yield ["one"]
        raise RuntimeError("the database has gone")

    with pytest.raises(RuntimeError):
        Table("t", [], ["a"], rows()).as_answer(CSV)


def test_a_long_file_goes_to_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "IN_MEMORY", 100)
    file = tables.spool()
    assert isinstance(file, tempfile.SpooledTemporaryFile)
    tables.write_csv(Table("t", [], ["a"], [["x" * 50]] * 10), file)
    assert file._rolled  # type: ignore[attr-defined]


def test_only_a_finished_file_may_go_out_in_pieces() -> None:
    middleware: Any = ActingMiddleware(lambda request: None)  # type: ignore[arg-type,return-value]
    finished = Table("t", [], ["a"], []).as_answer(CSV)
    assert middleware._run(lambda request: finished, None) is finished
    other = Table("t", [], ["a"], []).as_answer(CSV)
    other.__class__ = FinishedFile.__base__
    with pytest.raises(RuntimeError, match="streaming"):
        middleware._run(lambda request: other, None)


@in_a_transaction
@pytest.mark.parametrize("view", [one for _prefix, one, _name in router.registry if "list" in one.as_files], ids=lambda one: one.__name__)
def test_every_list_of_the_api_answers_with_a_real_file(cast: Cast, browse: Browse, view: type[ActingViewSet]) -> None:
    """A list that is written by hand says `as_files = frozenset()`, or makes its file: else JSON would leave under the name of CSV."""
    name = next(name for _prefix, one, name in router.registry if one is view)
    answer = browse("gdansk", Role.ADMINISTRATOR).get(f"{reverse(f'{name}-list')}?format=csv")
    assert isinstance(answer, FinishedFile)


# The link on each page


@in_a_transaction
@pytest.mark.parametrize(
    ("page", "role", "address"),
    [
        (
            "/alerts/?show=sent&severity=Minor&hide_exercises=on",
            None,
            "/api/v1/alerts/?show=sent&amp;severity=Minor&amp;is_exercise=false&amp;format=csv",
        ),
        ("/ports/", None, "/api/v1/ports/?format=csv"),
        ("/region/?level=2", None, "?level=2&amp;format=csv"),
        ("/ports/PLGDN/", None, "/api/v1/port-facilities/?port={gdansk}&amp;format=xlsx"),
        ("/ports/PLGDN/", None, "/api/v1/security-levels/?port={gdansk}&amp;format=xlsx"),
        ("/call/?situation=emergency", None, "/api/v1/contact-points/?situation=emergency&amp;format=csv"),
        ("/call/ours/", None, "/api/v1/contact-points/?organisation={gdansk}&amp;format=csv"),
        ("/organisation/", Role.ADMINISTRATOR, "/api/v1/members/?format=csv"),
        ("/organisation/tokens/", Role.ADMINISTRATOR, "/api/v1/service-tokens/?format=csv"),
        ("/audit/?kind=alert", None, "?kind=alert&amp;format=xlsx"),
    ],
)
def test_each_list_of_a_page_leads_to_its_file(busy: Cast, browse: Browse, page: str, role: Role | None, address: str) -> None:
    client = browse("gdansk", role)
    address = address.format(gdansk=busy.gdansk.pk)
    assert f'href="{address}"' in client.get(page).content.decode()
    where = address.replace("&amp;", "&")
    file = client.get(where if where.startswith("/") else f"{page.partition('?')[0]}{where}")
    assert file.status_code == 200
    assert file["Content-Disposition"].startswith("attachment")
