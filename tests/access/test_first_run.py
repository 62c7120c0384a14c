"""An installation without people is set up by whoever holds the operator's code, once. With real commits."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from ports.actions.importing import import_as_operator
from ports.importing import read_lines
from portsec.access.acting import acting_for, as_system
from portsec.access.actions import create_region
from portsec.access.authentication import active_memberships
from portsec.access.first_run import is_new_installation, setup_code
from portsec.access.models import Organisation, Region, User
from portsec.access.roles import Role
from portsec.journal.models import Entry
from tests.access.managing import confirm
from tests.cast import Cast
from tests.conftest import empty_tables
from tests.ports.files import LINE, plain

GOOD: dict[str, str] = {
    "body": "Amber Council",
    "time_zone": "Europe/Warsaw",
    "region": "Gulf of Amber",
    "name": "Ida Morska",
    "email": "Ida@amber.example",
    "password": "seven boats at dawn",
}


@pytest.fixture
def empty(committed: Cast) -> Client:
    """A browser in front of an installation that was only just migrated."""
    empty_tables()
    return Client()


def sent(client: Client, **changes: str) -> Any:
    return client.post("/setup/", {**GOOD, "code": setup_code(), **changes})


def test_every_page_leads_to_the_set_up(empty: Client) -> None:
    for page in ("/", "/alerts/", "/regions/"):
        answer = empty.get(page)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/setup/")
    text = empty.get("/setup/").content.decode()
    assert "Nobody has an account here yet." in text
    assert setup_code() not in text


def test_it_makes_body_administrator_and_region_and_leads_to_the_ports(empty: Client) -> None:
    answer = sent(empty)
    region = Region.objects.get()
    assert answer.headers["Location"] == f"/account/login/?next=%2Fregions%2F{region.pk}%2Fimport%2F"
    user = User.objects.get(is_service=False)
    (membership,) = active_memberships(user)
    assert (user.email, user.name, membership.role) == ("ida@amber.example", "Ida Morska", Role.ADMINISTRATOR)
    body = membership.organisation
    assert (body.name, body.kind, body.time_zone) == ("Amber Council", "coordination_body", "Europe/Warsaw")
    assert (region.name, list(body.regions.all())) == ("Gulf of Amber", [region])
    with as_system("a test reads every entry"):
        assert Entry.objects.get(verb="region.created").actor == user


def test_the_administrator_signs_in_and_stands_before_the_import(empty: Client) -> None:
    onward = sent(empty).headers["Location"]
    answer = empty.post(onward, {"login": "ida@amber.example", "password": GOOD["password"]}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/regions/{Region.objects.get().pk}/import/"
    assert answer.status_code == 200


def test_afterwards_it_is_absent_for_everybody_and_with_the_code_too(empty: Client) -> None:
    sent(empty)
    assert empty.get("/setup/").status_code == 404
    assert sent(empty, email="second@amber.example", body="Second").status_code == 404
    assert User.objects.filter(is_service=False).count() == 1
    assert Client().get("/").headers["Location"].startswith("/account/login/")


def test_where_there_are_people_it_never_was(committed: Cast) -> None:
    assert Client().get("/setup/").status_code == 404
    assert sent(Client()).status_code == 404
    assert not Organisation.objects.filter(name="Amber Council").exists()


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", "żółw", "x" * 61])
def test_without_the_code_nobody_takes_it(empty: Client, code: str) -> None:
    answer = sent(empty, code=code)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["code"]
    assert is_new_installation()
    assert not Organisation.objects.exists()


def test_a_wrong_code_learns_nothing_of_the_other_fields(empty: Client) -> None:
    assert list(sent(empty, code="wrong", password="short", time_zone="Europe/Warsaw").context["form"].errors) == ["code"]


def test_the_code_may_be_typed_in_small_letters_and_without_dashes(empty: Client) -> None:
    assert sent(empty, code=f" {setup_code().replace('-', ' ').lower()} ").status_code == 302


def test_another_installation_has_another_code(settings: Any) -> None:
    here = setup_code()
    settings.SECRET_KEY = "another-secret-of-another-installation-0123456789-0123456789"
    assert setup_code() != here


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "=1+1"}, "body"),
        ({"region": "a\u202eb"}, "region"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"name": " "}, "name"),
        ({"email": "nobody"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "ida@amber.example"}, "password"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_nothing_is_half_made(empty: Client, changes: dict[str, str], field: str) -> None:
    answer = sent(empty, **changes)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert is_new_installation()
    assert not Region.objects.exists()
    assert not Organisation.objects.exists()


def test_the_password_does_not_come_back_in_the_page(empty: Client) -> None:
    assert "a quiet harbour at night" not in sent(empty, password="a quiet harbour at night", name="").content.decode()


def test_of_two_who_press_at_once_one_sets_it_up(empty: Client, in_threads: Any) -> None:
    answers = in_threads(lambda name: sent(Client(), body=name, email=f"{name}@amber.example").status_code, ["one", "two"])
    assert sorted(answers) == [302, 404]
    assert Organisation.objects.count() == 1


def test_ports_that_the_operator_imported_first_are_found_in_the_region(empty: Client) -> None:
    region = create_region("Gulf of Amber")
    import_as_operator(region, read_lines(plain(LINE).decode()).lines, time_zone="UTC")
    assert is_new_installation()
    assert sent(empty).status_code == 302
    assert set(region.organisations.values_list("name", flat=True)) == {"Amber Council", "Port of Amber Bay"}


def test_from_an_empty_installation_to_a_port_with_people_without_a_developer(empty: Client, mailoutbox: Any) -> None:
    """The afternoon: set up, import, invite; the port's administrator opens the link and acts for the port."""
    onward = sent(empty).headers["Location"]
    empty.post(onward, {"login": "ida@amber.example", "password": GOOD["password"]})
    confirm(empty)
    region = Region.objects.get()
    from_file = {"file": SimpleUploadedFile("ports.csv", plain(LINE)), "time_zone": "Europe/Warsaw", "encoding": ""}
    asked = empty.post(f"/regions/{region.pk}/import/", from_file, follow=True).context["asked"]
    empty.post(f"/imports/{asked.pk}/", {"new": 1, "known": 0, "refused": 0})
    port = Organisation.objects.get(port__unlocode="XAAMB")
    empty.post(f"/regions/{region.pk}/organisations/{port.pk}/first/", {"email": "jan@amber.example", "name": "Jan Rej"})
    (invitation,) = mailoutbox
    link = next(word for word in invitation.body.split() if "/invitation/" in word)
    Client().post("/" + link.split("/", 3)[3], {"name": "Jan Rej", "password": "lanterns over the pier"})
    (membership,) = active_memberships(User.objects.get(email="jan@amber.example"))
    assert (membership.organisation, membership.role) == (port, Role.ADMINISTRATOR)


# The command


def test_the_operator_is_told_address_and_code(empty: Client, capsys: Any) -> None:
    call_command("setup_code")
    said = capsys.readouterr().out
    assert "/setup/" in said
    assert setup_code() in said


def test_where_people_are_the_command_says_so_and_keeps_the_code(committed: Cast, capsys: Any) -> None:
    with pytest.raises(CommandError, match="set up already"):
        call_command("setup_code")
    call_command("setup_code", "--if-empty")
    assert capsys.readouterr().out == ""
    with acting_for(committed.as_("gdansk")):
        assert not is_new_installation()
