"""Where an organisation is told: what its own people change, what they are warned of, and that nobody else learns of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connections

from incidents.models import Alert
from ports.actions import edit_contact_point
from portsec.access.acting import Acting, NotAllowedError, acting_for, as_system
from portsec.access.roles import Role
from portsec.delivery import actions, queries
from portsec.delivery.models import Dispatch, Endpoint
from portsec.delivery.models.endpoint import Kind
from portsec.delivery.severity import Severity
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.cast import Cast
from tests.delivery.conftest import AddContact, dispatches, recipients, send

Publish = Callable[..., Alert]
EVERYTHING = {"kinds": Kind.values, "severities": Severity.values}


def mailbox(acting: Acting, address: str = "room@gdynia.example", **content: Any) -> Endpoint:
    with acting_for(acting):
        return actions.add_mailbox(acting, **{"label": "Control room", "address": address, **EVERYTHING, **content})


def only_endpoint(**asked: Any) -> Endpoint:
    with as_system("tests"):
        return Endpoint.objects.get(**asked)


def entries(verb: str) -> list[Entry]:
    with as_system("tests"):
        return list(Entry.objects.filter(verb=verb))


class TestMailboxes:
    def test_a_mailbox_gets_a_copy_whoever_of_the_contacts_is_on_duty(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        mailbox(committed.as_("gdynia"))
        publish(committed.as_("gdansk"))
        send()
        assert recipients() == ["room@gdynia.example", "watch@gdynia.example"]

    def test_at_night_it_takes_nobodys_place(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        """A mailbox is on duty day and night: in the order of the contacts it would be the only one to be told."""
        one = contact(committed.as_("gdynia"), "Office", "office@gdynia.example")
        with as_system("tests"):
            Endpoint.objects.filter(contact_point=one.pk).update(days=[], opens_at="08:00", closes_at="08:01")
        mailbox(committed.as_("gdynia"))
        publish(committed.as_("gdansk"))
        send()
        assert recipients() == ["office@gdynia.example", "room@gdynia.example"]

    def test_below_its_severity_it_gets_nothing(self, committed: Cast, publish: Publish) -> None:
        mailbox(committed.as_("gdynia"), severities=["Extreme"])
        publish(committed.as_("gdansk"), severity="Severe")
        assert send() == 0

    @pytest.mark.parametrize(
        ("content", "field", "said"),
        [
            ({"address": "room"}, "address", "no e-mail address"),
            ({"address": "room@gdynia.example\r\nBcc: all@gdynia.example"}, "address", "no e-mail address"),
            ({"address": "Room <room@gdynia.example>"}, "address", "no e-mail address"),
            ({"address": "a" * 250 + "@gdynia.example"}, "address", "no e-mail address"),
            ({"label": "Room\r\nBcc: all@gdynia.example"}, "label", "one line"),
            ({"label": "Room\x00"}, "label", "control character"),
            ({"label": "  "}, "label", "cannot be blank"),
            ({"kinds": []}, "kinds", "at least one"),
            ({"kinds": ["rumour"]}, "kinds", "Choose among"),
            ({"severities": ["Horrible"]}, "severities", "Choose among"),
        ],
    )
    def test_bad_input_is_refused_with_the_remedy_and_nothing_is_written(
        self, committed: Cast, content: dict[str, Any], field: str, said: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            mailbox(committed.as_("gdynia"), **content)
        assert [(fault.field, said in fault.detail) for fault in refused.value.faults] == [(field, True)]
        with as_system("tests"):
            assert not Endpoint.objects.exists()
        assert entries("endpoint.added") == []

    def test_the_same_address_twice_is_refused(self, committed: Cast) -> None:
        mailbox(committed.as_("gdynia"))
        with pytest.raises(Refused, match="already"):
            mailbox(committed.as_("gdynia"))
        mailbox(committed.as_("riga"))  # another organisation's may well be the same

    def test_there_is_an_end_to_them(self, committed: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("portsec.delivery.actions.endpoints.MOST_MAILBOXES", 1)
        mailbox(committed.as_("gdynia"))
        with pytest.raises(Refused, match="Take one away first"):
            mailbox(committed.as_("gdynia"), "other@gdynia.example")

    def test_one_that_is_taken_away_leaves_its_address_free_and_the_ledger_readable(self, committed: Cast, publish: Publish) -> None:
        one = mailbox(committed.as_("gdynia"))
        publish(committed.as_("gdansk"))
        with acting_for(committed.as_("gdynia")) as acting:
            actions.remove_endpoint(acting, one)
        assert send() == 0
        assert [(sent.state, sent.endpoint.label) for sent in dispatches()] == [("suppressed", "Control room")]
        mailbox(committed.as_("gdynia"))
        with acting_for(committed.as_("gdynia")) as acting, pytest.raises(Conflict):
            actions.remove_endpoint(acting, one)


class TestWhatOneMayChange:
    def test_a_contacts_way_is_told_from_a_severity_on(self, committed: Cast, publish: Publish, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        with acting_for(committed.as_("gdynia")) as acting:
            actions.edit_endpoint(acting, Endpoint.objects.get(channel="email"), severities=["Extreme"])
        publish(committed.as_("gdansk"), severity="Severe")
        assert send() == 0
        (said,) = entries("endpoint.edited")
        assert (said.before["severities"], said.after["severities"]) == (Severity.values, ["Extreme"])

    def test_what_follows_the_contact_is_changed_there(self, committed: Cast, contact: AddContact) -> None:
        contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        with acting_for(committed.as_("gdynia")) as acting, pytest.raises(Refused, match="follows the contact point"):
            actions.edit_endpoint(acting, Endpoint.objects.get(channel="email"), address="other@gdynia.example")
        assert only_endpoint(channel="email").address == "watch@gdynia.example"

    def test_a_change_of_the_contact_leaves_what_its_owner_chose(self, committed: Cast, contact: AddContact) -> None:
        watch = contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example")
        with acting_for(committed.as_("gdynia")) as acting:
            actions.edit_endpoint(acting, Endpoint.objects.get(channel="email"), severities=["Extreme"])
            edit_contact_point(acting, watch, email="night@gdynia.example")
        one = only_endpoint(channel="email")
        assert (one.address, one.severities) == ("night@gdynia.example", ["Extreme"])

    def test_of_two_hands_the_slower_is_told(self, committed: Cast) -> None:
        one = mailbox(committed.as_("gdynia"))
        with acting_for(committed.as_("gdynia")) as acting:
            slower = Endpoint.objects.get(pk=one.pk)
            actions.edit_endpoint(acting, one, label="Faster")
            with pytest.raises(Conflict, match="meanwhile"):
                actions.edit_endpoint(acting, slower, label="Slower")
        assert only_endpoint(pk=one.pk).label == "Faster"

    def test_nothing_changed_is_no_entry(self, committed: Cast) -> None:
        one = mailbox(committed.as_("gdynia"))
        with acting_for(committed.as_("gdynia")) as acting:
            actions.edit_endpoint(acting, one, label="Control room")
        assert entries("endpoint.edited") == []

    def test_switched_on_again_it_begins_afresh(self, committed: Cast, publish: Publish) -> None:
        one = mailbox(committed.as_("gdynia"))
        with as_system("tests"):
            gone = {"is_active": False, "failures": 3, "disabled_because": "SMTP 550", "disabled_at": "2026-11-24T02:00Z"}
            Endpoint.objects.filter(pk=one.pk).update(**gone)
        with acting_for(committed.as_("gdynia")) as acting:
            one.refresh_from_db()
            actions.switch_endpoint(acting, one, on=True)
            with pytest.raises(Conflict, match="already"):
                actions.switch_endpoint(acting, one, on=True)
        stands = only_endpoint(pk=one.pk)
        assert (stands.is_active, stands.failures, stands.disabled_at, stands.disabled_because) == (True, 0, None, "")
        publish(committed.as_("gdansk"))
        assert send() == 1

    def test_since_when_it_fails_is_kept_until_it_works(self, committed: Cast, publish: Publish, hook: Any) -> None:
        endpoint, receiver = hook(committed.as_("gdynia"))
        receiver.habits["/"] = 500
        publish(committed.as_("gdansk"))
        send()
        first = only_endpoint(pk=endpoint.pk).failing_since
        publish(committed.as_("gdansk"))
        send(slow=True)
        stands = only_endpoint(pk=endpoint.pk)
        assert first is not None
        assert (stands.failing_since, stands.failures) == (first, 2)
        receiver.habits["/"] = 200
        publish(committed.as_("gdansk"))
        with as_system("tests"):
            Dispatch.objects.filter(attempts__gt=0).update(state="failed")
        send(slow=True)
        assert only_endpoint(pk=endpoint.pk).failing_since is None

    @pytest.mark.parametrize("role", [Role.STAFF, Role.OBSERVER])
    def test_others_of_the_house_only_look(self, committed: Cast, role: Role) -> None:
        with acting_for(committed.as_("gdynia", role)) as acting, pytest.raises(NotAllowedError):
            actions.add_mailbox(acting, label="Mine", address="mine@gdynia.example", **EVERYTHING)

    def test_an_outsider_changes_nothing_even_with_the_row_in_hand(self, committed: Cast) -> None:
        one = mailbox(committed.as_("gdynia"))
        with acting_for(committed.as_("riga")) as acting:
            for verb in (
                lambda: actions.edit_endpoint(acting, one, label="Taken"),
                lambda: actions.switch_endpoint(acting, one, on=False),
                lambda: actions.remove_endpoint(acting, one),
            ):
                with pytest.raises(Conflict):
                    verb()
        assert (only_endpoint(pk=one.pk).label, only_endpoint(pk=one.pk).is_active) == ("Control room", True)

    def test_an_address_stands_in_no_entry_that_a_dashboard_shows(self, committed: Cast) -> None:
        mailbox(committed.as_("gdynia"))
        (said,) = entries("endpoint.added")
        assert said.owner_id == committed.gdynia.pk
        assert said.row == {}
        assert "room@gdynia.example" not in said.summary
        assert said.after["address"] == "room@gdynia.example"


class TestWhoIsReached:
    def test_it_names_the_severities_that_reach_nobody(self, committed: Cast, contact: AddContact) -> None:
        with acting_for(committed.as_("gdynia")) as acting:
            assert queries.unreached(queries.house_endpoints(acting)) == ["Extreme", "Severe", "Moderate", "Minor"]
        mailbox(committed.as_("gdynia"), severities=["Extreme", "Severe"])
        with acting_for(committed.as_("gdynia")) as acting:
            missing = queries.unreached(queries.house_endpoints(acting))
            assert queries.said_unreached(missing) == "Moderate and Minor alerts reach nobody outside the dashboard."
            assert queries.ways_to_add(acting) == []

    @pytest.mark.parametrize("flaw", [{"is_active": False}, {"kinds": ["security_level_change"]}, {"channel": "sms"}])
    def test_a_way_that_does_not_work_does_not_count(self, committed: Cast, flaw: dict[str, Any]) -> None:
        one = mailbox(committed.as_("gdynia"))
        with as_system("tests"):
            Endpoint.objects.filter(pk=one.pk).update(**flaw)
        with acting_for(committed.as_("gdynia")) as acting:
            (wait,) = queries.ways_to_add(acting)
        assert "Extreme" in wait.meta

    def test_it_waits_for_those_who_can_change_it(self, committed: Cast) -> None:
        with acting_for(committed.as_("gdynia", Role.STAFF)) as acting:
            assert queries.ways_to_add(acting) == []


class TestTests:
    def test_a_test_arrives_and_says_so(self, committed: Cast) -> None:
        one = mailbox(committed.as_("gdynia"))
        with acting_for(committed.as_("gdynia")) as acting:
            actions.send_test(acting, one)
            assert not queries.last_test(one).is_final
        assert send() == 1
        assert mail.outbox[0].subject == "This is a test. It says that messages of PortSec reach you here."
        with acting_for(committed.as_("gdynia")):
            test = queries.last_test(one)
            assert (test.is_final, test.has_arrived) == (True, True)
            assert [one.detail for one in queries.last_tries(one)] == ["SMTP 250"]

    def test_one_that_fails_is_not_tried_for_hours(self, committed: Cast, hook: Any) -> None:
        endpoint, receiver = hook(committed.as_("gdynia"))
        receiver.habits["/"] = 500
        with acting_for(committed.as_("gdynia")) as acting:
            actions.send_test(acting, endpoint)
        send()
        with acting_for(committed.as_("gdynia")):
            test = queries.last_test(endpoint)
            assert (test.is_final, test.has_arrived, test.dispatch.reason) == (True, False, "HTTP 500")

    def test_it_shows_whether_to_switch_on_again(self, committed: Cast) -> None:
        one = mailbox(committed.as_("gdynia"))
        with acting_for(committed.as_("gdynia")) as acting:
            actions.switch_endpoint(acting, one, on=False)
            actions.send_test(acting, one)
        assert send() == 1

    def test_a_handful_a_minute_is_enough_and_the_next_minute_is_free(self, committed: Cast, in_threads: Callable[..., Any]) -> None:
        one = mailbox(committed.as_("gdynia"))

        def ask(_number: int) -> bool:
            with acting_for(committed.as_("gdynia")) as acting:
                try:
                    actions.send_test(acting, one)
                except Refused:
                    return False
                return True

        assert sum(in_threads(ask, range(8))) == 5
        with as_system("tests"), connections["system"].cursor() as cursor:
            cursor.execute("UPDATE delivery_dispatch SET created_at = created_at - interval '61 seconds'")
        assert ask(0)

    def test_a_channel_that_is_not_set_up_says_whom_to_ask(self, committed: Cast, contact: AddContact, settings: Any) -> None:
        settings.SMS_URL = ""
        contact(committed.as_("gdynia"), "Watch", phone="+48600100200")
        with acting_for(committed.as_("gdynia")) as acting, pytest.raises(Conflict, match="Ask its operator for a gateway"):
            actions.send_test(acting, Endpoint.objects.get(channel="sms"))
        assert dispatches() == []

    def test_nobody_else_is_tested(self, committed: Cast) -> None:
        """The second wall: a row for an endpoint that one cannot see is not written."""
        one = mailbox(committed.as_("gdynia"))
        with acting_for(committed.as_("riga")) as acting, pytest.raises(Exception, match="row-level security"):
            actions.send_test(acting, one)
        assert dispatches() == []
