"""The link in a message acknowledges without a sign-in: once, after a confirmation; wrong, used or late it tells nothing."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from incidents.actions import cancel_alert, update_alert
from incidents.models import Alert
from ports.actions import retire_contact_point
from ports.models import ContactPoint
from portsec.access.acting import acting_for, as_system
from portsec.access.actions import leave_region
from portsec.delivery.answer_links import sign
from portsec.journal.models import Entry
from tests.cast import Cast
from tests.delivery.conftest import AddContact, delivery_to, dispatches, send

Publish = Callable[..., Alert]
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SECRETS = ("Unlit craft", "ALR-2026", "Gdańsk", "breakwater")


@pytest.fixture
def alert(committed: Cast, publish: Publish, contact: AddContact) -> Alert:
    contact(committed.as_("gdynia"), "Duty officer", "duty@gdynia.example")
    found = publish(committed.as_("gdansk"))
    send()
    return found


def link() -> str:
    """The path of the link in the newest mail."""
    found = re.search(r"http://localhost:8000(/answer/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def tells_nothing(page: str) -> bool:
    return not any(secret in page for secret in SECRETS)


def test_opening_it_asks_and_changes_nothing(committed: Cast, alert: Alert) -> None:
    page = Client().get(link())
    assert page.status_code == 200
    assert "Acknowledge for Port of Gdynia" in page.content.decode()
    assert page["Cache-Control"].startswith("max-age=0")
    assert delivery_to(committed.gdynia, alert.pk).state == "accepted"


def test_the_button_acknowledges_for_the_organisation_and_says_through_whom(committed: Cast, alert: Alert) -> None:
    assert "The answer of Port of Gdynia is recorded" in Client().post(link()).content.decode()
    answered = delivery_to(committed.gdynia, alert.pk)
    assert (answered.state, answered.answered_through, answered.answered_for) == ("acknowledged", "email", "Duty officer")
    with as_system("tests"):
        assert Entry.objects.get(verb="alert.acknowledged").owner_id == committed.gdynia.pk


def test_it_works_once(committed: Cast, alert: Alert) -> None:
    path = link()
    Client().post(path)
    first = delivery_to(committed.gdynia, alert.pk).acknowledged_at
    for again in (Client().get(path), Client().post(path)):
        assert again.status_code == 410
        assert "has been acknowledged" in again.content.decode()
        assert tells_nothing(again.content.decode())
    assert delivery_to(committed.gdynia, alert.pk).acknowledged_at == first


@pytest.mark.parametrize("signed", ["x", "0" * 32, "0" * 32 + ":1abcde:" + "x" * 43, "%00", "a" * 2000])
def test_a_wrong_link_opens_nothing(committed: Cast, alert: Alert, signed: str) -> None:
    page = Client().get(f"/answer/{signed}/")
    assert page.status_code == 404
    assert tells_nothing(page.content.decode())


def test_an_edited_link_opens_nothing(committed: Cast, alert: Alert) -> None:
    path = link()
    assert Client().post(path[:-2] + ("A" if path[-2] != "A" else "B") + "/").status_code == 404
    assert delivery_to(committed.gdynia, alert.pk).state == "accepted"


def test_one_that_is_signed_for_no_dispatch_of_ours_opens_nothing(committed: Cast, alert: Alert) -> None:
    assert Client().get(f"/answer/{sign(alert.pk)}/").status_code == 404


def test_it_ends_after_a_week(committed: Cast, publish: Publish, contact: AddContact) -> None:
    contact(committed.as_("gdynia"), "Duty officer", "duty@gdynia.example")
    with time_machine.travel(START, tick=False):
        publish(committed.as_("gdansk"), expires_at=START + timedelta(days=20))
        send()
    with time_machine.travel(START + timedelta(days=7, seconds=1), tick=False):
        assert Client().get(link()).status_code == 404


def test_after_a_cancellation_no_answer_is_needed(committed: Cast, alert: Alert) -> None:
    path = link()
    with acting_for(committed.as_("gdansk")) as acting:
        cancel_alert(acting, alert, reason="A buoy")
    page = Client().post(path)
    assert page.status_code == 410
    assert tells_nothing(page.content.decode())


def test_the_link_of_an_older_message_leads_to_the_newest(committed: Cast, alert: Alert) -> None:
    path = link()
    with acting_for(committed.as_("gdansk")) as acting:
        update_alert(acting, alert, note="Two craft")
    assert Client().get(path).status_code == 410
    send()
    assert Client().post(link()).status_code == 200


def test_who_left_the_region_is_told_nothing_by_its_old_link(committed: Cast, alert: Alert) -> None:
    path = link()
    leave_region(committed.gdynia, committed.regions["baltic"])
    page = Client().post(path)
    assert page.status_code == 404
    assert tells_nothing(page.content.decode())


def test_a_contact_that_was_retired_answers_no_more(committed: Cast, alert: Alert) -> None:
    path = link()
    with acting_for(committed.as_("gdynia")) as acting:
        retire_contact_point(acting, ContactPoint.objects.editable_by(acting).get(role="Duty officer"))
    assert Client().post(path).status_code == 404
    assert len(dispatches()) == 1
