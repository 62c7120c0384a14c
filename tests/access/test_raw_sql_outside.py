"""Proof 1, raw SQL: where an organisation is told outside is its own; what was sent is for the parties of the delivery."""

from collections.abc import Callable
from typing import Any

import pytest

from incidents.models import Alert
from ports.actions import add_contact_point
from portsec.access.acting import acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from portsec.delivery.models import Endpoint
from tests.access.sql import column, one
from tests.access.test_raw_sql import as_main, is_refused
from tests.cast import Cast

pytestmark = pytest.mark.django_db
NAMES = ("gdansk", "gdynia", "riga", "council", "coastguard", "trieste")


@pytest.fixture
def told(cast: Cast, publish: Callable[..., Alert]) -> Alert:
    """Gdynia and Rīga each have a contact; Gdańsk tells Gdynia by name."""
    for name in ("gdynia", "riga"):
        with acting_for(cast.as_(name)) as acting:
            add_contact_point(acting, wish=AudienceWish("own"), role="Watch", email=f"watch@{name}.example", situations=["alert"])
    return publish(cast.as_("gdansk"), "named", named=[cast.gdynia])


def seen_by_each(cast: Cast, asked: str) -> dict[str, list[Any]]:
    found = {}
    for name in NAMES:
        with as_main(cast, name):
            found[name] = column(asked)
    return {name: rows for name, rows in found.items() if rows}


def test_an_endpoint_is_seen_by_its_own_organisation_alone(cast: Cast, told: Alert) -> None:
    """The sender does not learn where its message went."""
    assert seen_by_each(cast, "SELECT address FROM delivery_endpoint") == {
        "gdynia": ["watch@gdynia.example"],
        "riga": ["watch@riga.example"],
    }


def test_a_persons_own_endpoint_is_hidden_from_colleagues(cast: Cast) -> None:
    with acting_for(cast.as_("gdynia")) as acting:
        Endpoint.objects.create(
            organisation=acting.organisation, channel="email", address="me@gdynia.example", label="Me", person=acting.user
        )
    with as_main(cast, "gdynia"):
        assert column("SELECT address FROM delivery_endpoint") == ["me@gdynia.example"]
    with acting_for(cast.as_("gdynia", Role.DEPUTY)):
        assert column("SELECT address FROM delivery_endpoint") == []


def test_a_dispatch_is_seen_by_the_parties_of_its_delivery(cast: Cast, told: Alert) -> None:
    assert set(seen_by_each(cast, "SELECT id FROM delivery_dispatch")) == {"gdansk", "gdynia"}


@pytest.mark.parametrize("table", ["delivery_dispatch", "delivery_attempt", "delivery_escalation"])
def test_nobody_changes_what_was_sent(cast: Cast, told: Alert, table: str) -> None:
    with as_main(cast, "gdynia"):
        assert is_refused(f"DELETE FROM {table}")  # noqa: S608 (names of our own tables)
        assert is_refused(f"UPDATE {table} SET id = id")  # noqa: S608


def test_an_endpoint_is_not_made_for_another_organisation(cast: Cast, told: Alert) -> None:
    copied = """
    INSERT INTO delivery_endpoint (id, organisation_id, channel, address, label, place, kinds, severities, days, sealed_secret,
                                   sealed_previous, is_active, disabled_because, failures, last_error, created_at, version)
    SELECT uuidv7(), %s, channel, 'spy@gdansk.example', label, place, kinds, severities, days, '', '', true, '', 0, '', now(), 1
    FROM delivery_endpoint LIMIT 1
    """
    with as_main(cast, "gdynia"):
        assert is_refused(copied, (str(cast.riga.pk),))
        assert not is_refused(copied, (str(cast.gdynia.pk),))


def test_a_foreign_endpoint_is_neither_changed_nor_retired(cast: Cast, told: Alert) -> None:
    with as_main(cast, "riga"):
        changed = column("UPDATE delivery_endpoint SET address = 'spy@riga.example' RETURNING organisation_id")
    assert changed == [cast.riga.pk]


FORGED = """
INSERT INTO delivery_dispatch (id, delivery_id, recipient_id, endpoint_id, channel, purpose, step, severity, state, reason, created_at,
                               next_attempt_at, attempts)
SELECT uuidv7(), %s, %s, id, channel, %s, 0, '', 'queued', '', now(), now(), 0 FROM delivery_endpoint LIMIT 1
"""


def test_the_application_writes_tests_to_itself_and_no_other_dispatch(cast: Cast, told: Alert) -> None:
    with as_main(cast, "gdynia"):
        delivery = str(one("SELECT id FROM delivery_delivery"))
        assert not is_refused(FORGED, (None, str(cast.gdynia.pk), "test"))
        assert is_refused(FORGED, (None, str(cast.riga.pk), "test"))
        assert is_refused(FORGED, (delivery, str(cast.gdynia.pk), "tell"))
        assert is_refused(FORGED, (None, str(cast.gdynia.pk), "tell"))


def test_a_sender_stops_and_calls_off_its_own_only(cast: Cast, told: Alert) -> None:
    for name, sent in (("gdynia", 0), ("riga", 0)):
        with as_main(cast, name):
            assert one("SELECT app_dispatch_cancellation(%s, now())", [str(told.pk)]) == sent
            column("SELECT app_stop_dispatches(%s, 99, 'no', now())", [str(told.pk)])
    with as_main(cast, "gdansk"):
        assert column("SELECT state FROM delivery_dispatch") == ["queued"]
        column("SELECT app_stop_dispatches(%s, 99, 'over', now())", [str(told.pk)])
        assert column("SELECT state FROM delivery_dispatch") == ["suppressed"]


POLICY = """
INSERT INTO delivery_escalationpolicy (id, organisation_id, region_id, severity, steps, updated_at, version)
VALUES (uuidv7(), %s, %s, '', '[]', now(), 1)
"""


def test_a_policy_is_written_by_its_organisation_or_by_who_coordinates_the_region(cast: Cast) -> None:
    baltic = str(cast.regions["baltic"].pk)
    for name, of_region in (("gdynia", False), ("council", True), ("coastguard", False), ("trieste", False)):
        with as_main(cast, name):
            assert is_refused(POLICY, (None, baltic)) != of_region, name
            assert not is_refused(POLICY, (str(cast.organisations[name].pk), None)), name
            assert is_refused(POLICY, (str(cast.riga.pk), None)), name
