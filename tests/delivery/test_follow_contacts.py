"""Endpoints follow their contact point; those of contacts that were there before the endpoints are made alike."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connections, transaction

from ports.actions import edit_contact_point, reorder, retire_contact_point
from ports.models import ContactPoint
from portsec.access.acting import Acting, acting_for
from portsec.delivery.models import Endpoint
from tests.cast import Cast
from tests.delivery.conftest import AddContact

FOLLOWED = ("organisation_id", "channel", "address", "label", "contact_point", "place", "kinds", "severities", "days", "is_active")


def endpoints(acting: Acting) -> list[tuple[Any, ...]]:
    with acting_for(acting):
        return list(Endpoint.objects.of(acting).order_by("channel", "address").values_list(*FOLLOWED))


def change(acting: Acting, contact: ContactPoint, **changes: Any) -> None:
    with acting_for(acting):
        edit_contact_point(acting, ContactPoint.objects.editable_by(acting).get(pk=contact.pk), **changes)


@pytest.mark.django_db
class TestFollowing:
    def test_mail_is_on_from_the_start_and_text_messages_are_not(self, cast: Cast, contact: AddContact) -> None:
        """A number may be that of a desk that reads none."""
        contact(cast.as_("gdynia"), "Watch", "watch@gdynia.example", phone="+46701740605")
        assert [(one[1], one[-1]) for one in endpoints(cast.as_("gdynia"))] == [("email", True), ("sms", False)]

    def test_a_changed_address_is_told_from_then_on(self, cast: Cast, contact: AddContact) -> None:
        watch = contact(cast.as_("gdynia"), "Watch", "watch@gdynia.example")
        change(cast.as_("gdynia"), watch, email="new@gdynia.example")
        assert [one[2] for one in endpoints(cast.as_("gdynia"))] == ["new@gdynia.example"]

    def test_an_address_that_was_dead_is_tried_again_once_it_is_another(self, cast: Cast, contact: AddContact) -> None:
        watch = contact(cast.as_("gdynia"), "Watch", "watch@gdynia.example")
        with acting_for(cast.as_("gdynia")):
            Endpoint.objects.update(is_active=False, disabled_at=watch.created_at, disabled_because="SMTP 550")
        change(cast.as_("gdynia"), watch, note="Ring twice.")
        assert [one[-1] for one in endpoints(cast.as_("gdynia"))] == [False]
        change(cast.as_("gdynia"), watch, email="new@gdynia.example")
        assert [one[-1] for one in endpoints(cast.as_("gdynia"))] == [True]

    def test_one_that_its_owner_switched_off_stays_off(self, cast: Cast, contact: AddContact) -> None:
        watch = contact(cast.as_("gdynia"), "Watch", "watch@gdynia.example")
        with acting_for(cast.as_("gdynia")):
            Endpoint.objects.update(is_active=False)
        change(cast.as_("gdynia"), watch, email="new@gdynia.example")
        assert [one[-1] for one in endpoints(cast.as_("gdynia"))] == [False]

    def test_an_address_that_is_taken_away_is_told_no_more(self, cast: Cast, contact: AddContact) -> None:
        watch = contact(cast.as_("gdynia"), "Watch", "watch@gdynia.example", phone="+46701740605")
        change(cast.as_("gdynia"), watch, email="")
        assert [(one[1], one[-1]) for one in endpoints(cast.as_("gdynia"))] == [("email", False), ("sms", False)]

    def test_what_it_is_told_of_follows_its_situations(self, cast: Cast, contact: AddContact) -> None:
        watch = contact(cast.as_("gdynia"), "Watch", "watch@gdynia.example", situations=["inspection"])
        assert [one[6] for one in endpoints(cast.as_("gdynia"))] == [[]]
        change(cast.as_("gdynia"), watch, situations=["emergency", "level_change"])
        assert [one[6] for one in endpoints(cast.as_("gdynia"))] == [["alert", "security_level_change"]]

    def test_who_is_called_first_is_told_first(self, cast: Cast, contact: AddContact) -> None:
        contact(cast.as_("gdynia"), "First", "first@gdynia.example")
        second = contact(cast.as_("gdynia"), "Second", "second@gdynia.example")
        with acting_for(cast.as_("gdynia")) as acting:
            reorder(acting, ContactPoint.objects.editable_by(acting).get(pk=second.pk), place=1)
        assert [(one[2], one[5]) for one in endpoints(cast.as_("gdynia"))] == [("first@gdynia.example", 2), ("second@gdynia.example", 1)]

    def test_a_retired_contact_is_told_no_more(self, cast: Cast, contact: AddContact) -> None:
        watch = contact(cast.as_("gdynia"), "Watch", "watch@gdynia.example")
        with acting_for(cast.as_("gdynia")) as acting:
            retire_contact_point(acting, ContactPoint.objects.editable_by(acting).get(pk=watch.pk))
        assert [one[-1] for one in endpoints(cast.as_("gdynia"))] == [False]


def test_contacts_that_were_there_before_are_followed_alike(committed: Cast, contact: AddContact) -> None:
    contact(committed.as_("gdynia"), "Watch", "watch@gdynia.example", person="Jan Kowal", phone="+46701740605")
    contact(committed.as_("gdynia"), "Inspections", "desk@gdynia.example", situations=["inspection", "emergency"])
    before = endpoints(committed.as_("gdynia"))
    with connections["owner"].cursor() as cursor, transaction.atomic(using="owner"):
        cursor.execute("TRUNCATE delivery_endpoint CASCADE")
        cursor.execute(import_module("ports.migrations.0014_endpoints_of_contacts").FOLLOW)
    assert endpoints(committed.as_("gdynia")) == before
