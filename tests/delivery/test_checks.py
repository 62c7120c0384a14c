"""Communications checks: every contact asked once, confirmed by a link, told without addresses; verified where it answered."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from ports.actions import retire_contact_point
from ports.models import ContactPoint
from portsec.access.acting import Acting, NotAllowedError, acting_for, as_system
from portsec.access.roles import Role
from portsec.delivery.answer_links import sign
from portsec.delivery.checks import confirm as count
from portsec.delivery.checks import find_checked, result_of, start_check
from portsec.delivery.flood import MOST
from portsec.delivery.models import CheckedContact, CommunicationsCheck
from portsec.problems import Conflict, Refused
from tests.access.sql import rows
from tests.cast import Cast
from tests.delivery.conftest import AddContact, dispatches, recipients, send
from tests.delivery.test_steer_escalation import browser, program

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def contacts(committed: Cast, contact: AddContact) -> dict[str, ContactPoint]:
    named = (("gdansk", "gdansk"), ("gdynia", "gdynia"), ("riga", "riga"), ("trieste", "trieste"))
    return {key: contact(committed.as_(name), "Duty officer", f"duty@{name}.example") for key, name in named}


def start(acting: Acting, organisations: Any, *, region: Any = None, now: datetime = START, **options: Any) -> CommunicationsCheck:
    with time_machine.travel(now, tick=False), acting_for(acting):
        chosen = [one.pk for one in organisations]
        return start_check(acting, region=region, organisations=chosen, lasts=options.pop("lasts", HOUR), **options)


def of_region(cast: Cast, *names: str, **options: Any) -> CommunicationsCheck:
    chosen = [cast.organisations[name] for name in names]
    check = start(cast.as_("council"), chosen, region=cast.regions["baltic"], **options)
    with time_machine.travel(options.get("now", START), tick=False):
        send()
    return check


def link_to(address: str) -> str:
    body = next(str(one.body) for one in reversed(mail.outbox) if one.to == [address])
    found = re.search(r"http://localhost:8000(/check/\S+)", body)
    assert found
    return found[1]


def confirm(address: str, when: datetime) -> Any:
    with time_machine.travel(when, tick=False):
        return Client().post(link_to(address))


def seen(cast: Cast, name: str, check: CommunicationsCheck) -> list[tuple[str, int | None, bool]]:
    """Organisation, seconds until it confirmed, and whether the address is shown."""
    with acting_for(cast.as_(name)) as acting:
        return [(row.checked.organisation.name, row.seconds, row.endpoint is not None) for row in result_of(acting, check).rows]


class TestSending:
    def test_each_contact_of_the_chosen_organisations_gets_one_message(self, committed: Cast, contacts: Any) -> None:
        of_region(committed, "gdynia", "riga")
        assert recipients() == ["duty@gdynia.example", "duty@riga.example"]
        assert "Communications check" in mail.outbox[0].subject
        assert [one.purpose for one in dispatches()] == ["check", "check"]

    def test_an_officer_checks_its_own_contacts(self, committed: Cast, contacts: Any) -> None:
        start(committed.as_("gdynia"), [committed.gdynia])
        send()
        assert recipients() == ["duty@gdynia.example"]

    @pytest.mark.parametrize("names", [["riga"], ["trieste"], ["gdynia", "riga"]])
    def test_nobody_checks_anothers_contacts(self, committed: Cast, contacts: Any, names: list[str]) -> None:
        with pytest.raises(Refused):
            start(committed.as_("gdynia"), [committed.organisations[name] for name in names])
        assert dispatches() == []

    def test_a_foreign_organisation_and_one_that_does_not_exist_are_refused_in_the_same_words(self, committed: Cast, contacts: Any) -> None:
        council, baltic, words = committed.as_("council"), committed.regions["baltic"], []
        with acting_for(council):
            for pk in (committed.trieste.pk, committed.regions["baltic"].pk):
                with pytest.raises(Refused) as refused:
                    start_check(council, region=baltic, organisations=[pk], lasts=HOUR)
                words.append(refused.value.faults)
        assert words[0] == words[1]

    def test_a_region_is_checked_by_its_coordinator_alone(self, committed: Cast, contacts: Any) -> None:
        for name, region in (("gdynia", "baltic"), ("trieste", "baltic"), ("council", "kattegat")):
            with pytest.raises(NotAllowedError):
                start(committed.as_(name), [committed.gdynia], region=committed.regions[region])
        with pytest.raises(NotAllowedError):
            start(committed.as_("gdynia", Role.STAFF), [committed.gdynia])

    def test_a_second_one_waits_for_the_end_of_the_first(self, committed: Cast, contacts: Any) -> None:
        of_region(committed, "gdynia")
        with pytest.raises(Conflict, match="running until 10:00"):
            start(committed.as_("council"), [committed.riga], region=committed.regions["baltic"], now=START + HOUR / 2)
        start(committed.as_("gdynia"), [committed.gdynia], now=START + HOUR / 2)  # another's does not count
        start(committed.as_("council"), [committed.riga], region=committed.regions["baltic"], now=START + HOUR)

    def test_two_hands_start_one(self, committed: Cast, contacts: Any, in_threads: Callable[..., list[Any]]) -> None:
        def press(_number: int) -> bool:
            try:
                with acting_for(committed.as_("gdynia")) as acting:
                    start_check(acting, region=None, organisations=[committed.gdynia.pk], lasts=HOUR)
            except Conflict:
                return False
            return True

        assert sum(in_threads(press, range(4))) == 1
        assert len(dispatches()) == 1

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"lasts": timedelta(minutes=9)}, "lasts"), ({"lasts": timedelta(hours=25)}, "lasts"), ({"remark": "x" * 301}, "remark")],
    )
    def test_wrong_input_is_named(self, committed: Cast, contacts: Any, change: Any, field: str) -> None:
        with pytest.raises(Refused) as refused:
            start(committed.as_("gdynia"), [committed.gdynia], **change)
        assert refused.value.faults[0].field == field

    def test_without_contacts_nothing_is_written(self, committed: Cast) -> None:
        with pytest.raises(Refused, match="Add contact points first"):
            start(committed.as_("gdynia"), [committed.gdynia])
        with as_system("tests"):
            assert not CommunicationsCheck.objects.exists()

    def test_it_keeps_to_the_flood_rule(self, committed: Cast, contacts: Any) -> None:
        """Many checks of one contact within a minute wait, and come together."""
        for number in range(MOST + 1):
            start(committed.as_("gdynia"), [committed.gdynia], now=START - timedelta(days=20 - number), lasts=timedelta(minutes=10))
        with time_machine.travel(START, tick=False):
            send()
        assert len(mail.outbox) == 1
        assert mail.outbox[0].subject.endswith(f"{MOST + 1} messages")


class TestConfirming:
    def test_opening_the_link_changes_nothing_and_the_button_counts_once(self, committed: Cast, contacts: Any) -> None:
        check = of_region(committed, "gdynia")
        with time_machine.travel(START + timedelta(seconds=30), tick=False):
            assert "This reaches Port of Gdynia" in Client().get(link_to("duty@gdynia.example")).content.decode()
        assert seen(committed, "council", check) == [("Port of Gdynia", None, False)]
        assert confirm("duty@gdynia.example", START + timedelta(seconds=42)).status_code == 200
        assert confirm("duty@gdynia.example", START + timedelta(seconds=50)).status_code == 410
        assert seen(committed, "council", check) == [("Port of Gdynia", 42, False)]

    def test_the_contact_counts_as_verified_that_day(self, committed: Cast, contacts: dict[str, ContactPoint]) -> None:
        of_region(committed, "gdynia", "riga")
        confirm("duty@gdynia.example", START + timedelta(seconds=42))
        with as_system("tests"):
            days = {name: ContactPoint.objects.get(pk=contacts[name].pk).verified_on for name in ("gdynia", "riga")}
        assert days == {"gdynia": START.date(), "riga": None}

    def test_it_ends_with_the_check(self, committed: Cast, contacts: Any) -> None:
        check = of_region(committed, "gdynia")
        answer = confirm("duty@gdynia.example", START + HOUR)
        assert (answer.status_code, "This check has ended" in answer.content.decode()) == (410, True)
        assert seen(committed, "council", check) == [("Port of Gdynia", None, False)]

    def test_a_button_pressed_just_before_the_end_and_heard_after_it_does_not_count(self, committed: Cast, contacts: Any) -> None:
        of_region(committed, "gdynia")
        checked = find_checked(dispatches()[0].pk)
        assert checked is not None
        assert not count(checked, START + HOUR)
        assert count(checked, START + HOUR - timedelta(seconds=1))

    def test_a_link_that_is_no_link_or_of_a_retired_contact_opens_nothing(self, committed: Cast, contacts: Any) -> None:
        of_region(committed, "gdynia")
        path = link_to("duty@gdynia.example")
        with acting_for(committed.as_("gdynia")) as acting:
            retire_contact_point(acting, ContactPoint.objects.get(pk=contacts["gdynia"].pk))
        for address in (path, f"/check/{sign(committed.gdynia.pk)}/", "/check/abc/"):
            page = Client().get(address)
            assert (page.status_code, "Gdynia" in page.content.decode()) == (404, False)


class TestResult:
    def test_who_asked_sees_all_without_addresses_and_who_was_asked_its_own(self, committed: Cast, contacts: Any) -> None:
        check = of_region(committed, "gdynia", "riga")
        found = {name: seen(committed, name, check) for name in ("council", "gdynia", "riga", "gdansk", "trieste")}
        assert found == {
            "council": [("Port of Gdynia", None, False), ("Port of Rīga", None, False)],
            "gdynia": [("Port of Gdynia", None, True)],
            "riga": [("Port of Rīga", None, True)],
            "gdansk": [],
            "trieste": [],
        }

    def test_the_page_shows_it_so(self, committed: Cast, contacts: Any) -> None:
        check = of_region(committed, "gdynia", "riga", is_drill=True)
        with time_machine.travel(START + timedelta(minutes=2), tick=False):
            confirm("duty@gdynia.example", START + timedelta(seconds=42))
            pages = {name: browser(committed, name).get(f"/delivery/checks/{check.pk}/") for name in ("council", "gdynia", "gdansk")}
            listed = {name: str(check.pk) in browser(committed, name).get("/delivery/checks/").content.decode() for name in pages}
        assert {name: page.status_code for name, page in pages.items()} == {"council": 200, "gdynia": 200, "gdansk": 404}
        assert listed == {"council": True, "gdynia": True, "gdansk": False}
        council, gdynia = pages["council"].content.decode(), pages["gdynia"].content.decode()
        assert "Confirmed after 0:42" in council
        assert "EXERCISE, NOT REAL" in council
        assert "duty@" not in council
        assert "duty@gdynia.example" in gdynia
        assert "Rīga" not in gdynia

    def test_the_form_starts_one_and_keeps_what_was_refused(self, committed: Cast, contacts: Any) -> None:
        client = browser(committed, "council")
        chosen = {"organisations": [str(committed.gdynia.pk)], "lasts": "30", "remark": "Monthly"}
        assert "/delivery/checks/" in client.post("/delivery/checks/", chosen).url
        again = client.post("/delivery/checks/", chosen)
        assert (again.status_code, "A check is running until" in again.content.decode()) == (422, True)
        assert "Monthly" in again.content.decode()
        foreign = client.post("/delivery/checks/", {**chosen, "organisations": [str(committed.trieste.pk)]})
        assert foreign.status_code == 422

    def test_the_api_reads_the_same_and_a_token_starts_none(self, committed: Cast, contacts: Any) -> None:
        check = of_region(committed, "gdynia", "riga")
        told = {
            name: program(committed, name).get(f"/api/v1/communications-checks/{check.pk}/") for name in ("council", "gdynia", "gdansk")
        }
        assert {name: answer.status_code for name, answer in told.items()} == {"council": 200, "gdynia": 200, "gdansk": 404}
        assert [one["address"] for one in told["council"].json()["contacts"]] == [None, None]
        assert [one["address"] for one in told["gdynia"].json()["contacts"]] == ["duty@gdynia.example"]
        body = {"organisations": [str(committed.gdynia.pk)]}
        assert program(committed, "gdynia").post("/api/v1/communications-checks/", body, format="json").status_code == 403
        made = browser(committed, "gdynia").post("/api/v1/communications-checks/", body, content_type="application/json")
        assert (made.status_code, len(made.json()["contacts"])) == (201, 1)


class TestSecondWall:
    def test_without_any_filter_each_sees_its_own(self, committed: Cast, contacts: Any) -> None:
        of_region(committed, "gdynia", "riga")
        found = {}
        for name in ("council", "gdynia", "gdansk", "trieste"):
            with acting_for(committed.as_(name)):
                found[name] = (CommunicationsCheck.objects.count(), CheckedContact.objects.count())
        assert found == {"council": (1, 2), "gdynia": (1, 1), "gdansk": (0, 0), "trieste": (0, 0)}

    def test_the_function_sends_to_nobody_who_may_not_be_asked(self, committed: Cast, contacts: Any) -> None:
        """Called by hand with organisations that the verb would have refused."""
        ends = START + HOUR
        with acting_for(committed.as_("gdynia")) as acting:
            own = CommunicationsCheck.objects.create(organisation=acting.organisation, ends_at=ends)
            foreign = [str(committed.riga.pk), str(committed.trieste.pk)]
            assert rows("SELECT app_send_check(%s, %s::uuid[])", [own.pk, foreign]) == [(0,)]
        with acting_for(committed.as_("council")) as acting:
            assert rows("SELECT app_send_check(%s, %s::uuid[])", [own.pk, [str(committed.gdynia.pk)]]) == [(0,)], "another's check"
            ours = CommunicationsCheck.objects.create(organisation=acting.organisation, region=committed.regions["baltic"], ends_at=ends)
            assert rows("SELECT app_send_check(%s, %s::uuid[])", [ours.pk, [str(committed.trieste.pk)]]) == [(0,)], "not of the region"
            asked = [ours.pk, [str(committed.gdynia.pk)]]
            assert [rows("SELECT app_send_check(%s, %s::uuid[])", asked) for _time in range(2)] == [[(1,)], [(0,)]], "once"


@pytest.mark.django_db
def test_pages_make_a_stated_number_of_queries(cast: Cast, contact: AddContact, browse: Any, django_assert_num_queries: Any) -> None:
    for name in ("gdynia", "riga"):
        contact(cast.as_(name), "Duty officer", f"duty@{name}.example")
    with acting_for(cast.as_("council")) as acting:
        baltic = cast.regions["baltic"]
        check = start_check(acting, region=baltic, organisations=[cast.gdynia.pk, cast.riga.pk], lasts=HOUR)
    client = browse("council")
    client.get("/delivery/checks/")
    with django_assert_num_queries(9 + 3):  # the shell; regions, their members, checks
        client.get("/delivery/checks/")
    with django_assert_num_queries(9 + 3):  # the check, its contacts, own addresses
        client.get(f"/delivery/checks/{check.pk}/")
