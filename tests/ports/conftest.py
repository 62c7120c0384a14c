"""What tests of ports ask for often."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from ports.actions import add_facility, draft_declaration, make_declaration, set_security_level, sign_declaration
from ports.declaration_content import digest_of, text_of
from ports.models import DeclarationOfSecurity, DeclarationSignature, PortFacility, SecurityLevelChange
from ports.queries.declarations import readable, standing
from portsec.access.acting import Acting, acting_for
from portsec.face.waits import Wait

SetLevel = Callable[..., SecurityLevelChange]
AddFacility = Callable[..., PortFacility]


def but_for_ways(waiting: Iterable[Wait]) -> list[Wait]:
    """What waits, without the warning that urgent alerts reach nobody: the cast has named no contacts for them."""
    return [one for one in waiting if one.url != reverse("endpoint_list")]


@pytest.fixture
def set_level() -> SetLevel:
    """`set_level(acting, 2, …)`, in a context of its own."""

    def run(acting: Acting, level: int, reason: str = "Unlit craft", **options: Any) -> SecurityLevelChange:
        with acting_for(acting):
            return set_security_level(acting, level=level, reason=reason, **options)

    return run


@pytest.fixture
def facility() -> AddFacility:
    """`facility(acting, "PLGDN-0001", …)`, in a context of its own."""

    def run(acting: Acting, number: str, **content: Any) -> PortFacility:
        with acting_for(acting):
            return add_facility(acting, **{"name": f"Terminal {number}", "imo_number": number, **content})

    return run


SHIP = {
    "counterpart": "ship", "ship_name": "MV Amber Heron", "ship_imo": "9074729", "ship_flag": "Norway", "ship_person": "Tove Example",
    "ship_role": "master", "ship_contact": "VHF 14", "other_level": 2,
}  # fmt: skip


@pytest.fixture
def declare(facility: AddFacility) -> Any:
    """`declare(acting, other=None, …)`: a Declaration of Security, requested of a ship or another facility, or a draft."""

    def run(acting: Acting, other: PortFacility | None = None, *, draft: bool = False, **content: Any) -> DeclarationOfSecurity:
        with acting_for(acting):
            number = f"{acting.organisation.port.unlocode}-0001"
            own = PortFacility.objects.editable_by(acting).filter(imo_number=number).first()
        own = own or facility(acting, number)
        now = timezone.now()
        side = SHIP if other is None else {"counterpart": "facility", "other_facility": other.pk}
        period = {"valid_from": now - timedelta(minutes=1), "valid_to": now + timedelta(days=2)}
        said = {"facility": own.pk, **side, "activities": "Loading containers, berth 3", **period, **content}
        with acting_for(acting):
            return draft_declaration(acting, **said) if draft else make_declaration(acting, **said)

    return run


@pytest.fixture
def sign() -> Any:
    """`sign(acting, declaration, …)`: with a second factor just confirmed, of the text as it is read now."""

    def run(acting: Acting, declaration: DeclarationOfSecurity, **said: Any) -> DeclarationSignature:
        fresh = replace(acting, second_factor_at=timezone.now())
        with acting_for(fresh):
            read = readable(fresh).get(pk=declaration.pk)
            return sign_declaration(fresh, read, **{"sha256": digest_of(text_of(read)), **said})

    return run


@pytest.fixture
def standing_for() -> Any:
    """`standing_for(acting, declaration)`: where it stands, as that organisation reads it now."""

    def ask(acting: Acting, declaration: DeclarationOfSecurity) -> str:
        with acting_for(acting):
            return str(standing(readable(acting).get(pk=declaration.pk)))

    return ask
