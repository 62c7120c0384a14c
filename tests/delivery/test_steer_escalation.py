"""Who sent a thing, or coordinates, holds its escalation and begins it anew; the board and the API show it without addresses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from incidents.actions import acknowledge_alert
from incidents.models import Alert
from incidents.queries import board
from portsec.access.acting import Acting, NotAllowedError, acting_for, as_system
from portsec.access.roles import Role
from portsec.delivery.actions import Through
from portsec.delivery.escalation import escalate_due
from portsec.delivery.models import Channel, Delivery, Escalation
from portsec.delivery.steering import steer
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access.sql import rows
from tests.cast import Cast
from tests.delivery.conftest import AddContact, delivery_to, dispatches, send

Publish = Callable[..., Alert]
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DUE = START + timedelta(minutes=15)


def at(seconds: float) -> datetime:
    return DUE + timedelta(seconds=seconds)


@pytest.fixture
def alert(committed: Cast, publish: Publish, contact: AddContact) -> Alert:
    """To the whole region, which the council coordinates; Gdynia has two contacts."""
    for name in ("first", "second"):
        contact(committed.as_("gdynia"), name.title(), f"{name}@gdynia.example")
    with time_machine.travel(START, tick=False):
        found = publish(committed.as_("gdansk"), "region")
        send()
    mail.outbox.clear()
    return found


def steered(acting: Acting, delivery: Delivery, how: str, now: datetime) -> Delivery:
    with time_machine.travel(now, tick=False), acting_for(acting):
        return steer(acting, Delivery.objects.visible_to(acting).select_related("recipient").get(pk=delivery.pk), how)


def told_after(now: datetime) -> list[str]:
    before = len(mail.outbox)
    with time_machine.travel(now, tick=False):
        escalate_due(now)
        send(now)
    return sorted(one.to[0] for one in mail.outbox[before:] if "gdynia" in one.to[0])


class TestSteering:
    def test_paused_nobody_is_reminded_until_it_is_resumed(self, committed: Cast, alert: Alert) -> None:
        one = delivery_to(committed.gdynia, alert.pk)
        steered(committed.as_("gdansk"), one, "pause", at(-60))
        assert told_after(at(600)) == []
        steered(committed.as_("council"), one, "resume", at(600))
        assert told_after(at(659)) == []
        assert told_after(at(660)) == ["first@gdynia.example"]

    def test_begun_anew_every_step_is_sent_again(self, committed: Cast, alert: Alert) -> None:
        """What is sent again carries another step, or it would count as sent already."""
        told_after(at(700))
        one = delivery_to(committed.gdynia, alert.pk)
        steered(committed.as_("gdansk"), one, "restart", at(1000))
        assert told_after(at(1000)) == ["first@gdynia.example"]
        assert told_after(at(1120)) == ["second@gdynia.example"]
        assert told_after(at(1300)) == ["first@gdynia.example", "second@gdynia.example"]
        with as_system("tests"):
            assert list(Escalation.objects.filter(delivery=one).values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6, 7]

    def test_it_says_why_nothing_changes(self, committed: Cast, alert: Alert) -> None:
        gdansk, one = committed.as_("gdansk"), delivery_to(committed.gdynia, alert.pk)
        with pytest.raises(Conflict, match="not paused"):
            steered(gdansk, one, "resume", START)
        with pytest.raises(Conflict, match="not begun yet"):
            steered(gdansk, one, "restart", START)
        steered(gdansk, one, "pause", START)
        with pytest.raises(Conflict, match="paused already"):
            steered(gdansk, one, "pause", START)
        steered(gdansk, one, "resume", START)
        told_after(at(700))
        with pytest.raises(Conflict, match="begin it anew"):
            steered(gdansk, one, "pause", at(700))
        with pytest.raises(Refused):
            steered(gdansk, one, "stop", at(700))

    def test_once_answered_there_is_nothing_to_steer(self, committed: Cast, alert: Alert) -> None:
        with acting_for(committed.as_("gdynia")) as acting:
            acknowledge_alert(acting, Alert.objects.get(pk=alert.pk))
        with pytest.raises(Conflict, match="acknowledged"):
            steered(committed.as_("gdansk"), delivery_to(committed.gdynia, alert.pk), "pause", at(0))

    def test_who_is_told_cannot_hold_up_its_own_reminders(self, committed: Cast, alert: Alert) -> None:
        """Not even the coordinator, where it is itself the one that is silent."""
        for name in ("gdynia", "council"):
            one = delivery_to(committed.organisations[name], alert.pk)
            with pytest.raises(NotAllowedError):
                steered(committed.as_(name), one, "pause", START)

    def test_the_database_refuses_it_too(self, committed: Cast, alert: Alert) -> None:
        for name in ("gdynia", "riga", "trieste", "council"):
            one = delivery_to(committed.council if name == "council" else committed.gdynia, alert.pk)
            with acting_for(committed.as_(name)):
                assert rows("SELECT app_steer_escalation(%s, 'pause', now())", [one.pk]) == [(0,)], name

    def test_an_observer_may_not(self, committed: Cast, alert: Alert) -> None:
        with pytest.raises(NotAllowedError):
            steered(committed.as_("gdansk", Role.OBSERVER), delivery_to(committed.gdynia, alert.pk), "pause", START)

    def test_the_sender_and_the_coordinator_hear_of_it_and_nobody_else(self, committed: Cast, alert: Alert) -> None:
        steered(committed.as_("council"), delivery_to(committed.gdynia, alert.pk), "pause", START)
        heard = {}
        for name in ("gdansk", "council", "gdynia", "riga", "trieste"):
            with acting_for(committed.as_(name)) as acting:
                heard[name] = [one.summary for one in Entry.objects.visible_to(acting).filter(verb="escalation.pause")]
        said = ["Baltic Port Security Council paused the escalation to Port of Gdynia"]
        assert heard == {"gdansk": said, "council": said, "gdynia": [], "riga": [], "trieste": []}


class TestBoard:
    def test_it_shows_channels_steps_and_what_comes_next(self, committed: Cast, alert: Alert) -> None:
        told_after(at(0))
        with acting_for(committed.as_("gdansk")) as acting:
            found = {row.delivery.recipient.name: row for row in board(acting, alert, now=at(60)).rows}
        gdynia = found["Port of Gdynia"].progress
        assert [(one.channel, one.state, one.count) for one in gdynia.channels] == [(Channel.EMAIL, "accepted", 2)]
        assert [(one.step, one.told) for one in gdynia.taken] == [("remind", 1)]
        assert (gdynia.next_step, gdynia.next_at) == ("next_contact", at(120))
        assert found["Port of Rīga"].progress.channels == []

    def test_what_others_were_sent_because_of_it_does_not_count_as_reaching_the_recipient(
        self, committed: Cast, alert: Alert, contact: AddContact
    ) -> None:
        contact(committed.as_("council"), "Duty desk", "desk@council.example")
        told_after(at(600))
        assert dispatches(delivery__recipient=committed.gdynia, recipient=committed.council)
        with acting_for(committed.as_("gdansk")) as acting:
            found = {row.delivery.recipient.name: row.progress for row in board(acting, alert, now=at(600)).rows}
        assert [(one.channel, one.count) for one in found["Port of Gdynia"].channels] == [(Channel.EMAIL, 5)]
        assert found["Port of Rīga"].channels == []

    def test_the_page_says_it_in_words_with_a_button_and_no_address(self, committed: Cast, alert: Alert) -> None:
        told_after(at(0))
        page = open_board(committed, "gdansk", alert, at(60))
        assert "Next: Tell the next contact at" in page
        assert "Pause the escalation to Port of Gdynia" in page
        assert "@gdynia.example" not in page

    def test_who_coordinates_sees_the_board_and_another_recipient_does_not(self, committed: Cast, alert: Alert) -> None:
        council = open_board(committed, "council", alert, at(60))
        assert "Pause the escalation to Port of Gdynia" in council
        assert "Pause the escalation to Baltic Port Security Council" not in council
        assert "Who has answered" not in open_board(committed, "riga", alert, at(60))

    def test_an_observer_sees_no_button(self, committed: Cast, alert: Alert) -> None:
        assert "Pause the escalation" not in open_board(committed, "gdansk", alert, at(60), Role.OBSERVER)

    def test_it_says_through_which_contact_the_answer_came(self, committed: Cast, alert: Alert) -> None:
        with acting_for(committed.as_("gdynia")) as acting:
            acknowledge_alert(acting, Alert.objects.get(pk=alert.pk), through=Through(Channel.EMAIL, "Duty officer"))
        assert "Answered through E-mail, Duty officer." in open_board(committed, "gdansk", alert, at(0))

    def test_a_button_holds_it_and_returns_to_the_alert(self, committed: Cast, alert: Alert) -> None:
        client, one = browser(committed, "gdansk"), delivery_to(committed.gdynia, alert.pk)
        address = f"/deliveries/{one.pk}/escalation/"
        assert client.post(address, {"how": "pause", "next": alert.get_absolute_url()}).url == alert.get_absolute_url()
        assert delivery_to(committed.gdynia, alert.pk).escalation_paused_at is not None
        again = client.post(address, {"how": "pause", "next": "https://elsewhere.example/"}, follow=True)
        assert "The escalation is paused already." in again.content.decode()
        assert again.redirect_chain[0][0] == f"/deliveries/{one.pk}/"

    def test_the_api_shows_the_same_without_addresses(self, committed: Cast, alert: Alert) -> None:
        told_after(at(0))
        answer = program(committed, "gdansk").get(f"/api/v1/alerts/{alert.pk}/deliveries/")
        found = {one["recipient"]["name"]: one for one in answer.json()["results"]}
        gdynia = found["Port of Gdynia"]
        assert [(one["channel"], one["state"], one["count"]) for one in gdynia["channels"]] == [("email", "accepted", 2)]
        assert [one["step"] for one in gdynia["escalation"]] == ["remind"]
        assert gdynia["next_step"] == "next_contact"
        assert "@gdynia.example" not in answer.content.decode()


def browser(cast: Cast, name: str, role: Role | None = None) -> Client:
    client = Client()
    client.force_login(cast.user(name, role))
    return client


def program(cast: Cast, name: str, **options: Any) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {cast.token(name, **options)}")
    return client


def open_board(cast: Cast, name: str, alert: Alert, now: datetime, role: Role | None = None) -> str:
    with time_machine.travel(now, tick=False):
        return str(browser(cast, name, role).get(alert.get_absolute_url()).content.decode())


def test_a_dispatch_of_a_neighbour_is_not_there_even_for_raw_queries(committed: Cast, alert: Alert) -> None:
    assert dispatches(recipient=committed.gdynia)
    for name in ("riga", "coastguard", "trieste"):
        with acting_for(committed.as_(name)):
            assert not Escalation.objects.all().exists(), name
            assert not Delivery.objects.filter(recipient=committed.gdynia).exists(), name
