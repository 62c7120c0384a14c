"""The pages on which a coordinator imports ports: choose, look, confirm."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ports.importing.text import MOST_BYTES
from ports.models import PortImport, PortProfile
from portsec.access.acting import acting_for
from portsec.access.models import Organisation
from portsec.access.roles import Role
from tests.access.managing import signed_in
from tests.cast import Cast
from tests.ports.files import LINE, many, plain

BAD = "Bad,XABAD,99,2,,"


@pytest.fixture
def coordinator(committed: Cast) -> Client:
    return signed_in(committed, "council", Role.COORDINATOR)


@pytest.fixture
def upload(committed: Cast, coordinator: Client) -> Callable[..., Any]:
    def send(data: bytes, *, name: str = "ports.csv", follow: bool = True, **fields: str) -> Any:
        file = SimpleUploadedFile(name, data, content_type="text/csv")
        body = {"file": file, "time_zone": "Europe/Warsaw", "encoding": "", **fields}
        return coordinator.post(f"/regions/{committed.regions['baltic'].pk}/import/", body, follow=follow)

    return send


def confirm(client: Client, answer: Any, **fields: str) -> Any:
    asked = answer.context["asked"]
    counts = dict(zip(("new", "known", "refused"), answer.context["counts"], strict=True))
    return client.post(f"/imports/{asked.pk}/", {**counts, **fields})


def test_it_begins_with_the_time_zone_of_the_body_and_names_the_columns(committed: Cast, coordinator: Client) -> None:
    answer = coordinator.get(f"/regions/{committed.regions['baltic'].pk}/import/")
    assert answer.context["form"].initial == {"time_zone": "UTC"}
    for column in ("name", "unlocode", "latitude, longitude", "country", "time_zone"):
        assert f'<dt class="code">{column}</dt>' in answer.content.decode()


def test_the_preview_says_what_would_happen_and_nothing_has(upload: Callable[..., Any]) -> None:
    before = Organisation.objects.count()
    answer = upload(plain(LINE, "Port of Gdańsk,PLGDN,1,1,,", BAD))
    text = answer.content.decode()
    assert answer.context["counts"] == (1, 1, 1)
    assert "ports.csv, read as UTF-8 with comma between the values." in text
    assert "99 is not on this earth" in text
    assert "Import 1, leave out 1" in text
    assert Organisation.objects.count() == before


def test_it_imports_on_the_press_of_the_button(coordinator: Client, upload: Callable[..., Any]) -> None:
    answer = confirm(coordinator, upload(plain(LINE)))
    region = f"/regions/{answer.wsgi_request.acting.organisation.regions.get().pk}/"
    assert (answer.status_code, answer.headers["Location"]) == (302, region)
    assert PortProfile.objects.filter(unlocode="XAAMB").exists()
    assert "1 port is in Baltic region now." in coordinator.get(region).content.decode()


def test_refused_lines_are_left_out_only_where_the_button_says_so(coordinator: Client, upload: Callable[..., Any]) -> None:
    shown = upload(plain(LINE, BAD))
    answer = confirm(coordinator, shown)
    assert answer.status_code == 422
    assert "1 line is refused." in answer.content.decode()
    assert not PortProfile.objects.filter(unlocode="XAAMB").exists()
    assert confirm(coordinator, shown, skip_bad_rows="yes").status_code == 302
    assert PortProfile.objects.filter(unlocode="XAAMB").exists()


def test_a_press_on_an_older_page_shows_the_new_numbers_instead(coordinator: Client, upload: Callable[..., Any]) -> None:
    first, second = upload(plain(LINE)), upload(plain(LINE))
    confirm(coordinator, first)
    answer = confirm(coordinator, second)
    assert answer.status_code == 409
    assert answer.context["counts"] == (0, 1, 0)
    assert "There is nothing new to import." in answer.content.decode()


@pytest.mark.parametrize("body", [{}, {"new": "x", "known": "0", "refused": "0"}, {"new": "-1", "known": "0", "refused": "0"}])
def test_a_press_that_agrees_with_nothing_imports_nothing(coordinator: Client, upload: Callable[..., Any], body: dict[str, str]) -> None:
    asked = upload(plain(LINE)).context["asked"]
    assert coordinator.post(f"/imports/{asked.pk}/", body).status_code == 409
    assert not PortProfile.objects.filter(unlocode="XAAMB").exists()


def test_confirming_twice_finds_nothing_to_confirm(coordinator: Client, upload: Callable[..., Any]) -> None:
    shown = upload(plain(LINE))
    assert [confirm(coordinator, shown).status_code for _time in range(2)] == [302, 404]


def test_it_is_thrown_away(committed: Cast, coordinator: Client, upload: Callable[..., Any]) -> None:
    asked = upload(plain(LINE)).context["asked"]
    answer = coordinator.post(f"/imports/{asked.pk}/discard/", follow=True)
    assert "Thrown away. Nothing of the file was imported." in answer.content.decode()
    with acting_for(committed.as_("council")):
        assert not PortImport.objects.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "This file is empty."),
        (b"PK\x03\x04", "an Excel workbook or another packed file, not CSV"),
        (b"\x89PNG", "an image, not CSV"),
        (b"a,b\n1,2", "Missing columns: name, unlocode, latitude, longitude."),
        (b"x" * (MOST_BYTES + 1), "4000 kB are read at most"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_beside_its_field(upload: Callable[..., Any], data: bytes, said: str) -> None:
    answer = upload(data)
    assert answer.status_code == 422
    assert said in answer.context["form"].errors["file"][0]
    assert answer.context["form"]["time_zone"].value() == "Europe/Warsaw"


def test_no_file_at_all_is_told_too(committed: Cast, coordinator: Client) -> None:
    answer = coordinator.post(f"/regions/{committed.regions['baltic'].pk}/import/", {"time_zone": "UTC"})
    assert answer.context["form"].errors == {"file": ["Choose a file."]}


def test_an_encoding_that_does_not_fit_is_told_beside_its_field(upload: Callable[..., Any]) -> None:
    answer = upload("name,unlocode,latitude,longitude\nŁeba,PLLEB,54,17".encode("cp1250"), encoding="utf-8")
    assert list(answer.context["form"].errors) == ["encoding"]


def test_what_a_file_holds_is_shown_and_never_run(upload: Callable[..., Any]) -> None:
    text = upload(plain('"<script>alert(1)</script>",XAAMB,1,2,,', LINE.replace("XAAMB", "XAAMC")), name="<b>x</b>.csv").content.decode()
    assert "<script>alert(1)" not in text
    assert "<b>x</b>" not in text


def test_a_long_preview_shows_the_first_lines_and_counts_all(
    coordinator: Client, upload: Callable[..., Any], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    asked = upload(plain(*many(300))).context["asked"]
    with django_assert_max_num_queries(18):
        answer = coordinator.get(f"/imports/{asked.pk}/")
    assert (len(answer.context["new"]), answer.context["counts"]) == (100, (300, 0, 0))
    assert "The first 100 of 300." in answer.content.decode()


# What waits


def test_a_file_that_nobody_confirmed_is_found_again(committed: Cast, coordinator: Client, upload: Callable[..., Any]) -> None:
    asked = upload(plain(LINE), name="baltic.csv").context["asked"]
    address, import_page = f'href="/imports/{asked.pk}/"', f"/regions/{committed.regions['baltic'].pk}/import/"
    assert address in coordinator.get(import_page).content.decode()
    dashboard = coordinator.get("/").content.decode()
    assert address in dashboard
    assert "Import or throw away baltic.csv" in dashboard
    confirm(coordinator, upload(plain(LINE), name="other.csv"))
    coordinator.post(f"/imports/{asked.pk}/discard/")
    assert "/imports/" not in coordinator.get("/").content.decode() + coordinator.get(import_page).content.decode()


@pytest.mark.parametrize(("name", "role"), [("gdansk", Role.ADMINISTRATOR), ("council", Role.STAFF), ("trieste", Role.COORDINATOR)])
def test_a_file_waits_for_the_coordinators_of_its_body_alone(committed: Cast, upload: Callable[..., Any], name: str, role: Role) -> None:
    upload(plain(LINE), name="baltic.csv")
    assert "baltic.csv" not in signed_in(committed, name, role).get("/").content.decode()


def test_a_file_is_kept_for_a_day(committed: Cast, coordinator: Client, upload: Callable[..., Any]) -> None:
    asked = upload(plain(LINE), name="baltic.csv").context["asked"]

    def age(hours: float) -> None:
        with acting_for(committed.as_("council")):
            assert PortImport.objects.filter(pk=asked.pk).update(created_at=timezone.now() - timedelta(hours=hours)) == 1

    age(22.98)
    assert "kept 1 h 01 min more" in coordinator.get("/").content.decode()
    age(24.01)
    assert "baltic.csv" not in coordinator.get("/").content.decode()
    assert coordinator.get(f"/imports/{asked.pk}/").status_code == 404
    assert coordinator.post(f"/imports/{asked.pk}/", {"new": 1, "known": 0, "refused": 0}).status_code == 404
    assert not PortProfile.objects.filter(unlocode="XAAMB").exists()


@pytest.mark.parametrize(("name", "role"), [("gdansk", Role.ADMINISTRATOR), ("council", Role.STAFF), ("trieste", Role.ADMINISTRATOR)])
def test_a_file_is_for_the_coordinators_of_its_body_alone(committed: Cast, upload: Callable[..., Any], name: str, role: Role) -> None:
    asked = upload(plain(LINE)).context["asked"]
    client = signed_in(committed, name, role)
    statuses = {
        client.get(f"/imports/{asked.pk}/").status_code,
        client.post(f"/imports/{asked.pk}/").status_code,
        client.post(f"/imports/{asked.pk}/discard/").status_code,
    }
    assert statuses == ({403} if name == "council" else {404})


def test_a_port_added_by_hand_leads_on_to_its_first_administrator(committed: Cast, coordinator: Client) -> None:
    body = {"name": "Port of Amber Bay", "unlocode": "XAAMB", "latitude": "54.1", "longitude": "18.2", "time_zone": "Europe/Riga"}
    address = f"/regions/{committed.regions['baltic'].pk}/ports/new/"
    wrong = coordinator.post(address, {**body, "latitude": "north"})
    assert wrong.status_code == 422
    assert list(wrong.context["form"].errors) == ["latitude"]
    answer = coordinator.post(address, body)
    port = PortProfile.objects.get(unlocode="XAAMB")
    assert answer.headers["Location"] == f"/regions/{committed.regions['baltic'].pk}/organisations/{port.pk}/first/"
