"""Proof 1, with rows that are really there: FORCE holds for the role that owns the tables."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import Alert
from ports.actions import (
    add_contact_point,
    add_document,
    add_facility,
    draft_declaration,
    keep_profile,
    plan_security_level,
    record_activity,
    set_security_level,
)
from ports.models import DeclarationOfSecurity, DeclarationSignature, PortFacility, PortImport
from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.audiences import AudienceWish
from portsec.access.models import Invitation, OpenIdConnection, OpenIdLink
from portsec.access.models.proposal import Proposal
from portsec.delivery.escalation import escalate_due
from portsec.delivery.leases import lease
from portsec.delivery.models import Alarm, Dispatch, EscalationPolicy
from portsec.delivery.models.check import CheckedContact, CommunicationsCheck
from portsec.delivery.models.escalation import DEFAULT_STEPS
from portsec.journal.readings import record_reading
from tests.access.doors import a_file
from tests.access.sql import changed, one
from tests.access.test_role_guard import FORCED
from tests.cast import Cast

NOTE_A_KEY = """
INSERT INTO journal_idempotencykey (id, organisation_id, user_id, key, fingerprint, headers, created_at)
VALUES (uuidv7(), app_org(), app_user(), 'k', 'f', '{}', now())
"""


def port_records(cast: Cast, acting: Acting) -> None:
    """What a port keeps of itself: a declaration, profile, volumes, a document, a level to come, a file of ports."""
    facility = PortFacility.objects.editable_by(acting).get()
    ship = {"ship_name": "MV Amber Heron", "ship_imo": "9074729", "ship_flag": "Norway", "ship_person": "T. Example",
            "ship_role": "master", "ship_contact": "VHF 14", "other_level": 2}  # fmt: skip
    draft_declaration(acting, facility=facility.pk, counterpart="ship", **ship)
    keep_profile(acting, cargo_types=["container"], layout_notes="Gate 3 opens at six.")
    record_activity(acting, year=2024, ship_calls=3000)
    add_document(acting, file=a_file(), wish=AudienceWish("own"), title="Layout of the quay", kind="layout", tlp="AMBER")
    plan_security_level(acting, at=timezone.now() + timedelta(days=1), level=2, reason="Summit")
    PortImport.objects.create(organisation=acting.organisation, region=cast.regions["baltic"], lines=[])


def asked(cast: Cast) -> None:
    """What others sign or answer: a declaration, a proposal, a communications check (inside `as_system`)."""
    declaration = DeclarationOfSecurity.objects.get()
    DeclarationSignature.objects.create(
        declaration=declaration, owner=declaration.owner, audience=declaration.audience, side="facility", text_version=1,
        person="Officer", capacity="PFSO", signed_at=timezone.now(), recorded_at=timezone.now(), text="t", sha256="0" * 64,
    )  # fmt: skip
    Proposal.objects.create(kind="membership", region=cast.regions["baltic"], body=cast.council, wanted="Port of Aarhus")
    check = CommunicationsCheck.objects.create(organisation=cast.gdynia, ends_at=timezone.now())
    dispatch = Dispatch.objects.filter(recipient=cast.gdynia).first()
    CheckedContact.objects.create(communications_check=check, checker=cast.gdynia, organisation=cast.gdynia, dispatch=dispatch, place=1)


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
        port_records(committed, acting)
    with as_system("a provider's links are nobody's to see"):
        asked(committed)
        OpenIdLink.objects.create(connection=provider, issuer=provider.issuer, subject="1", user=committed.user("gdansk"))
    return committed


def count(table: str, alias: str) -> int:
    return int(one(f"SELECT count(*) FROM {table}", alias=alias))  # noqa: S608 (names of our own tables)


def test_the_owner_of_the_tables_sees_no_row_of_any(something_everywhere: Cast) -> None:
    assert {table: count(table, "owner") for table in FORCED} == dict.fromkeys(FORCED, 0)
    assert [table for table in FORCED if count(table, "system") == 0] == []


def test_the_application_without_an_organisation_sees_no_row_of_any(something_everywhere: Cast) -> None:
    assert {table: count(table, "default") for table in FORCED} == dict.fromkeys(FORCED, 0)
