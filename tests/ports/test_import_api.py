"""Ports over the API: a file that is looked at and confirmed, or one by hand; for people who coordinate. With real commits."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ports.importing.text import MOST_BYTES
from ports.models import PortImport, PortProfile
from portsec.access.acting import acting_for
from portsec.access.models import Organisation
from portsec.access.roles import Role
from tests.access.managing import pointers, send, signed_in
from tests.cast import Cast
from tests.ports.files import LINE, many, plain

IMPORTS, PORTS = "/api/v1/port-imports/", "/api/v1/ports/"
BAD = "Bad,XABAD,99,2,,"
Upload = Callable[..., Any]


@pytest.fixture
def coordinator(committed: Cast) -> Client:
    return signed_in(committed, "council", Role.COORDINATOR)


@pytest.fixture
def upload(committed: Cast, coordinator: Client) -> Upload:
    def run(data: bytes, *, by: Client = coordinator, region: Any = None, headers: Any = None, **fields: Any) -> Any:
        where = str(region or committed.regions["baltic"].pk)
        body = {"file": SimpleUploadedFile("ports.csv", data), "region": where, "time_zone": "Europe/Warsaw", **fields}
        return by.post(IMPORTS, body, headers=headers)

    return run


def counted(answer: Any, **changes: Any) -> dict[str, Any]:
    return {**answer.json()["counts"], **changes}


def at(answer: Any, tail: str = "") -> str:
    assert answer.status_code == 201, answer.content
    return f"{IMPORTS}{answer.json()['id']}/{tail}"


def by_hand(cast: Cast, **changes: Any) -> dict[str, Any]:
    said = {"region": str(cast.regions["baltic"].pk), "name": "Port of Amber Bay", "unlocode": "XA AMB",
            "latitude": 54.1, "longitude": 18.2, "time_zone": "Europe/Warsaw"}  # fmt: skip
    return {**said, **changes}


# A file


def test_the_preview_tells_line_by_line_what_would_happen_and_nothing_has(coordinator: Client, upload: Upload) -> None:
    before = Organisation.objects.count()
    answer = upload(plain(LINE, "Port of Gdańsk,PLGDN,1,1,,", BAD, "Port of Trieste,XATRS,45,13,,Italy"))
    shown = answer.json()
    assert shown["counts"] == {"new": 2, "known": 1, "refused": 1}
    assert [(one["line"], one["unlocode"], one["time_zone"]) for one in shown["new"]] == [
        (2, "XAAMB", "Europe/Warsaw"), (5, "XATRS", "Europe/Warsaw"),
    ]  # fmt: skip
    assert [(one["name_in_file"], one["name"]) for one in shown["new"]][1] == ("Port of Trieste", "Port of Trieste (Italy)")
    (refused,) = shown["refused"]
    assert (refused["line"], refused["name"], refused["unlocode"]) == (4, "Bad", "XABAD")
    assert [(one["pointer"], one["code"]) for one in refused["errors"]] == [("/latitude", "out_of_range")]
    assert (shown["file_name"], shown["encoding"], shown["delimiter"], shown["region"]["name"]) == (
        "ports.csv",
        "utf-8",
        ",",
        "Baltic region",
    )
    again = coordinator.get(at(answer))
    assert (again.json(), again.headers["ETag"]) == (shown, answer.headers["ETag"])
    assert Organisation.objects.count() == before


def test_it_brings_the_ports_in_when_the_counts_that_were_seen_are_confirmed(coordinator: Client, upload: Upload) -> None:
    answer = upload(plain(LINE))
    done = send(coordinator, "post", at(answer, "confirm/"), counted(answer))
    port = PortProfile.objects.get(unlocode="XAAMB")
    assert (done.status_code, done.json()) == (200, {
        "region": answer.json()["region"], "counts": {"new": 1, "known": 0, "refused": 0},
        "ports": [{"id": str(port.pk), "name": "Port of Amber Bay", "unlocode": "XAAMB"}],
    })  # fmt: skip
    assert coordinator.get(f"{PORTS}{port.pk}/").json()["name"] == "Port of Amber Bay"
    assert coordinator.get(at(answer)).status_code == 404
    assert send(coordinator, "post", at(answer, "confirm/"), counted(answer)).status_code == 404


def test_refused_lines_are_left_out_only_where_it_is_said(coordinator: Client, upload: Upload) -> None:
    answer = upload(plain(LINE, BAD))
    refused = send(coordinator, "post", at(answer, "confirm/"), counted(answer))
    assert (refused.status_code, pointers(refused)) == (400, {"/file": "lines_refused"})
    assert not PortProfile.objects.filter(unlocode="XAAMB").exists()
    done = send(coordinator, "post", at(answer, "confirm/"), counted(answer, skip_bad_rows=True))
    assert (done.status_code, done.json()["counts"]) == (200, {"new": 1, "known": 0, "refused": 1})


def test_counts_that_have_changed_are_a_conflict_and_the_new_ones_can_be_read(coordinator: Client, upload: Upload) -> None:
    first, second = upload(plain(LINE)), upload(plain(LINE))
    send(coordinator, "post", at(first, "confirm/"), counted(first))
    assert send(coordinator, "post", at(second, "confirm/"), counted(second)).status_code == 409
    assert coordinator.get(at(second)).json()["counts"] == {"new": 0, "known": 1, "refused": 0}


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"/new": "required", "/known": "required", "/refused": "required"}),
        ({"new": -1, "known": 0, "refused": 0}, {"/new": "min_value"}),
        ({"new": 1, "known": 0, "refused": 0, "renamed": 0}, {"/renamed": "unknown_field"}),
    ],
)
def test_who_agrees_with_nothing_imports_nothing(coordinator: Client, upload: Upload, body: dict[str, Any], faults: dict[str, str]) -> None:
    answer = send(coordinator, "post", at(upload(plain(LINE)), "confirm/"), body)
    assert (answer.status_code, pointers(answer)) == (400, faults)
    assert not PortProfile.objects.filter(unlocode="XAAMB").exists()


def test_it_is_thrown_away_by_who_has_read_it(committed: Cast, coordinator: Client, upload: Upload) -> None:
    answer = upload(plain(LINE))
    assert send(coordinator, "delete", at(answer)).status_code == 428
    assert send(coordinator, "delete", at(answer), If_Match='"other"').status_code == 412
    assert send(coordinator, "delete", at(answer), If_Match=answer.headers["ETag"]).status_code == 204
    assert coordinator.get(at(answer)).status_code == 404
    with acting_for(committed.as_("council")):
        assert not PortImport.objects.exists()


def test_a_repeated_upload_is_one_import_and_another_file_another_request(upload: Upload) -> None:
    key = {"Idempotency-Key": "once"}
    answers = [upload(plain(LINE), headers=key) for _time in range(2)]
    assert answers[0].json() == answers[1].json()
    assert upload(plain(BAD), headers=key).status_code == 409


@pytest.mark.parametrize(
    ("data", "fields", "faults"),
    [
        (b"", {}, {"/file": "empty"}),
        (b"PK\x03\x04", {}, {"/file": "not_csv"}),
        (b"x" * (MOST_BYTES + 1), {}, {"/file": "too_large"}),
        (plain(LINE), {"time_zone": "Baltic/Sea"}, {"/time_zone": "invalid_choice"}),
        (plain(LINE), {"encoding": "morse"}, {"/encoding": "invalid_choice"}),
        ("name,unlocode,latitude,longitude\nŁeba,PLLEB,54,17".encode("cp1250"), {"encoding": "utf-8"}, {"/encoding": "encoding"}),
        (plain(LINE), {"colour": "red"}, {"/colour": "unknown_field"}),
    ],
)
def test_what_is_wrong_with_a_file_is_named(upload: Upload, data: bytes, fields: dict[str, str], faults: dict[str, str]) -> None:
    answer = upload(data, **fields)
    assert (answer.status_code, pointers(answer)) == (400, faults)


def test_a_long_preview_costs_no_more_than_a_short_one(
    coordinator: Client, upload: Upload, django_assert_num_queries: Callable[..., Any]
) -> None:
    address = at(upload(plain(*many(300))))
    # session, user, memberships; savepoint, context and its end;
    # the import, that we coordinate its region; codes that are held, who is in the region, names that are taken
    with django_assert_num_queries(11):
        answer = coordinator.get(address)
    assert len(answer.json()["new"]) == 300


@pytest.mark.parametrize("region", ["kattegat", "adriatic", "nowhere"])
def test_no_file_is_taken_for_a_region_of_others(committed: Cast, upload: Upload, region: str) -> None:
    known = committed.regions.get(region)
    assert upload(plain(LINE), region=known.pk if known else uuid4()).status_code == 404


@pytest.mark.parametrize(("name", "role"), [("gdansk", Role.ADMINISTRATOR), ("council", Role.STAFF), ("trieste", Role.ADMINISTRATOR)])
def test_a_file_is_for_the_coordinators_of_its_body_alone(committed: Cast, upload: Upload, name: str, role: Role) -> None:
    answer = upload(plain(LINE))
    client = signed_in(committed, name, role)
    asked = [client.get(at(answer)), send(client, "post", at(answer, "confirm/"), counted(answer))]
    asked.append(send(client, "delete", at(answer), If_Match="*"))
    assert {one.status_code for one in asked} == ({403} if name == "council" else {404})
    assert upload(plain(LINE), by=client).status_code == 403


def test_a_token_neither_reads_nor_brings_in_a_file(committed: Cast, upload: Upload) -> None:
    answer = upload(plain(LINE))
    client = Client(headers={"Authorization": f"Token {committed.token('council')}"})
    asked = [upload(plain(LINE), by=client), client.get(at(answer)), send(client, "post", at(answer, "confirm/"), counted(answer))]
    asked += [send(client, "delete", at(answer), If_Match="*"), send(client, "post", PORTS, by_hand(committed))]
    assert [(one.status_code, pointers(one)) for one in asked] == [(403, {"": "role_missing"})] * 5


# By hand


def test_a_port_is_added_by_hand(committed: Cast, coordinator: Client) -> None:
    answer = send(coordinator, "post", PORTS, by_hand(committed))
    port = PortProfile.objects.get(unlocode="XAAMB")
    assert answer.status_code == 201
    assert {name: answer.json()[name] for name in ("id", "name", "unlocode", "latitude", "longitude", "time_zone", "level")} == {
        "id": str(port.pk), "name": "Port of Amber Bay", "unlocode": "XAAMB", "latitude": 54.1, "longitude": 18.2,
        "time_zone": "Europe/Warsaw", "level": 1,
    }  # fmt: skip
    assert list(port.organisation.regions.all()) == [committed.regions["baltic"]]


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"name": ""}, {"/name": "required"}),
        ({"name": "Port of Trieste"}, {"/name": "taken"}),
        ({"unlocode": "AMBER1"}, {"/unlocode": "invalid"}),
        ({"unlocode": "PLGDN"}, {"/unlocode": "member_already"}),
        ({"unlocode": "ITTRS"}, {"/unlocode": "taken"}),
        ({"latitude": 91}, {"/latitude": "out_of_range"}),
        ({"latitude": 0, "longitude": 0}, {"/latitude": "null_island"}),
        ({"longitude": "east"}, {"/longitude": "invalid"}),
        ({"time_zone": "Baltic/Sea"}, {"/time_zone": "invalid_choice"}),
        ({"level": 2}, {"/level": "unknown_field"}),
    ],
)
def test_what_is_wrong_with_a_port_is_named(committed: Cast, coordinator: Client, changes: dict[str, Any], faults: dict[str, str]) -> None:
    answer = send(coordinator, "post", PORTS, by_hand(committed, **changes))
    assert (answer.status_code, pointers(answer)) == (400, faults)


@pytest.mark.parametrize("region", ["kattegat", "adriatic", "nowhere"])
def test_no_port_is_added_to_a_region_of_others(committed: Cast, coordinator: Client, region: str) -> None:
    known = committed.regions.get(region)
    assert send(coordinator, "post", PORTS, by_hand(committed, region=str(known.pk if known else uuid4()))).status_code == 404
