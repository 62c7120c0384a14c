"""Proof 1, with rows that are really there: FORCE holds for the role that owns the tables."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import Alert
from ports.actions import add_contact_point, add_facility, set_security_level
from portsec.access.acting import acting_for, as_system
from portsec.access.models import Invitation, OpenIdConnection, OpenIdLink
from portsec.delivery.escalation import escalate_due
from portsec.delivery.leases import lease
from portsec.delivery.models import Alarm, EscalationPolicy
from portsec.delivery.models.escalation import DEFAULT_STEPS
from portsec.journal.readings import record_reading
from tests.access.sql import changed, one
from tests.access.test_role_guard import FORCED
from tests.cast import Cast

NOTE_A_KEY = """
INSERT INTO journal_idempotencykey (id, organisation_id, user_id, key, fingerprint, headers, created_at)
VALUES (uuidv7(), app_org(), app_user(), 'k', 'f', '{}', now())
"""


@pytest.fixture
def something_everywhere(committed: Cast, publish: Callable[..., Alert]) -> Cast:
    """At least one committed row in every forced table."""
    with acting_for(committed.as_("gdynia")) as acting:
        add_contact_point(acting, role="Watch", email="watch@gdynia.example", situations=["alert"])
        EscalationPolicy.objects.create(organisation=acting.organisation, steps=DEFAULT_STEPS)
    alert = publish(committed.as_("gdansk"), acknowledge_within=30)
    lease(timezone.now(), slow=False)
    escalate_due(timezone.now() + timedelta(seconds=31))
    with as_system("tests"):
        Alarm.objects.create(began_at=timezone.now(), overdue=1, waiting=1)
    with acting_for(committed.as_("gdansk")) as acting:
        add_facility(acting, name="Container terminal", imo_number="PLGDN-0001")
        set_security_level(acting, level=2, reason="Unlit craft")
        add_contact_point(acting, role="Duty officer", phone="+46701740605", situations=["emergency"])
        record_reading(acting, alert, "AMBER", "page")
        Invitation.objects.create(
            organisation=acting.organisation,
            email="new@gdansk.example",
            name="New",
            role="staff",
            digest="0" * 64,
            expires_at=timezone.now(),
        )
        changed(NOTE_A_KEY)
        provider = OpenIdConnection.objects.create(organisation=acting.organisation, issuer="https://login.example", domains=["a.example"])
    with as_system("a provider's links are nobody's to see"):
        OpenIdLink.objects.create(connection=provider, issuer=provider.issuer, subject="1", user=committed.user("gdansk"))
    return committed


def count(table: str, alias: str) -> int:
    return int(one(f"SELECT count(*) FROM {table}", alias=alias))  # noqa: S608 (names of our own tables)


def test_the_owner_of_the_tables_sees_no_row_of_any(something_everywhere: Cast) -> None:
    assert {table: count(table, "owner") for table in FORCED} == dict.fromkeys(FORCED, 0)
    assert [table for table in FORCED if count(table, "system") == 0] == []


def test_the_application_without_an_organisation_sees_no_row_of_any(something_everywhere: Cast) -> None:
    assert {table: count(table, "default") for table in FORCED} == dict.fromkeys(FORCED, 0)
