"""The verbs of a Declaration of Security: from the draft to what is in force, and how it ends (ISPS Code A/5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from ports import actions
from ports.models import DeclarationOfSecurity, DeclarationSignature, PortFacility, SecurityLevelChange
from ports.queries.declarations import readable, signatures
from portsec.access.acting import Acting, acting_for
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from portsec.journal.models import Entry
from portsec.problems import Refused
from tests.cast import Cast

Declare = Callable[..., DeclarationOfSecurity]
Sign = Callable[..., DeclarationSignature]
SetLevel = Callable[..., SecurityLevelChange]
AddFacility = Callable[..., PortFacility]
StandingFor = Callable[[Acting, DeclarationOfSecurity], str]
pytestmark = pytest.mark.django_db(databases=["default", "system"])
ON_PAPER = {"side": "other", "person": "Tove Example", "capacity": "Master"}


def do(acting: Acting, verb: Any, declaration: DeclarationOfSecurity, **said: Any) -> Any:
    """As a page or program does: what is read now, then the verb, in a context of its own."""
    with acting_for(acting):
        return verb(acting, readable(acting).get(pk=declaration.pk), **said)


def faults(call: Callable[[], Any]) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        call()
    return {fault.field: fault.code for fault in refused.value.faults}


@pytest.fixture
def orlowo(cast: Cast, facility: AddFacility) -> PortFacility:
    """A facility of Gdynia."""
    return facility(cast.as_("gdynia"), "PLGDY-0001")


# From the request to what is in force


def test_a_declaration_with_a_ship_is_in_force_once_both_have_signed(
    cast: Cast, declare: Declare, sign: Sign, standing_for: StandingFor
) -> None:
    gdansk, told = cast.as_("gdansk"), []
    declaration = declare(gdansk, draft=True)
    told.append(standing_for(gdansk, declaration))
    do(gdansk, actions.request_declaration, declaration)
    told.append(standing_for(gdansk, declaration))
    do(gdansk, actions.agree_declaration, declaration, note="Told by VHF")
    told.append(standing_for(gdansk, declaration))
    sign(gdansk, declaration)
    told.append(standing_for(gdansk, declaration))
    sign(gdansk, declaration, **ON_PAPER)
    told.append(standing_for(gdansk, declaration))
    assert told == ["draft", "requested", "agreed", "signed_by_one", "in_force"]


def test_another_port_answers_and_signs_for_itself(
    cast: Cast, declare: Declare, sign: Sign, standing_for: StandingFor, orlowo: PortFacility
) -> None:
    gdansk, gdynia = cast.as_("gdansk"), cast.as_("gdynia", Role.DEPUTY)
    declaration = declare(gdansk, orlowo)
    do(gdynia, actions.agree_declaration, declaration)
    sign(gdynia, declaration)
    sign(gdansk, declaration)
    assert [standing_for(one, declaration) for one in (gdansk, gdynia)] == ["in_force", "in_force"]
    with acting_for(gdansk):
        given = {one.side: (one.person, one.capacity, one.owner.name, one.is_on_paper) for one in signatures(gdansk, declaration)}
    assert given == {
        "other": ("Deputy Gdynia", "Deputy", "Port of Gdynia", False),
        "facility": ("Security officer Gdansk", "Security officer", "Port of Gdańsk", False),
    }


def test_it_is_in_force_within_its_period_only(cast: Cast, declare: Declare, sign: Sign, standing_for: StandingFor) -> None:
    gdansk, now = cast.as_("gdansk"), timezone.now()
    declaration = declare(gdansk, valid_from=now + timedelta(hours=2), valid_to=now + timedelta(hours=9))
    do(gdansk, actions.agree_declaration, declaration)
    sign(gdansk, declaration)
    sign(gdansk, declaration, **ON_PAPER)
    told = []
    for hours in (1, 2.1, 8.9, 9):
        with time_machine.travel(now + timedelta(hours=hours), tick=False):
            told.append(standing_for(gdansk, declaration))
    assert told == ["signed", "in_force", "in_force", "expired"]


def test_a_draft_is_told_to_nobody_and_a_request_to_the_other_port_alone(cast: Cast, declare: Declare, orlowo: PortFacility) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk, orlowo, draft=True)
    seen = {}
    for _step in ("draft", "requested"):
        for name in ("gdynia", "riga", "council"):
            with acting_for(cast.as_(name)) as acting:
                read = readable(acting).filter(pk=declaration.pk).exists()
                entries = list(Entry.objects.visible_to(acting).filter(object_id=declaration.pk).values_list("verb", flat=True))
                seen[name, _step] = (read, entries)
        if _step == "draft":
            do(gdansk, actions.request_declaration, declaration)
    nothing: tuple[bool, list[str]] = (False, [])
    assert seen == {
        ("gdynia", "draft"): nothing, ("riga", "draft"): nothing, ("council", "draft"): nothing,
        ("gdynia", "requested"): (True, ["declaration.requested"]), ("riga", "requested"): nothing, ("council", "requested"): nothing,
    }  # fmt: skip
    with acting_for(gdansk):
        assert [one.recipient.name for one in Delivery.objects.sent_by(gdansk).filter(object_id=declaration.pk)] == ["Port of Gdynia"]


def test_the_answer_ends_the_delivery(cast: Cast, declare: Declare, orlowo: PortFacility) -> None:
    declaration = declare(cast.as_("gdansk"), orlowo)
    do(cast.as_("gdynia"), actions.agree_declaration, declaration, note="From 06:00")
    with acting_for(cast.as_("gdansk")) as acting:
        (told,) = Delivery.objects.sent_by(acting).filter(object_id=declaration.pk)
    assert (told.state, told.remark) == ("acknowledged", "From 06:00")


def test_numbers_are_counted_for_each_port(cast: Cast, declare: Declare) -> None:
    year = timezone.now().year
    assert [declare(cast.as_(name)).ref_id for name in ("gdansk", "gdansk", "riga")] == [
        f"DEC-{year}-0001", f"DEC-{year}-0002", f"DEC-{year}-0001",
    ]  # fmt: skip


def test_each_step_is_journalled_once_with_who_and_for_whom(cast: Cast, declare: Declare, sign: Sign, orlowo: PortFacility) -> None:
    gdansk, gdynia = cast.as_("gdansk"), cast.as_("gdynia")
    declaration = declare(gdansk, orlowo)
    do(gdynia, actions.agree_declaration, declaration)
    sign(gdansk, declaration)
    do(gdansk, actions.end_declaration, declaration, reason="Ship sailed early")
    with acting_for(gdynia):
        entries = list(Entry.objects.visible_to(gdynia).filter(object_id=declaration.pk).order_by("at", "pk"))
    assert [(one.verb, one.owner_id) for one in entries] == [
        ("declaration.requested", cast.gdansk.pk), ("declaration.agreed", cast.gdynia.pk),
        ("declaration.signed", cast.gdansk.pk), ("declaration.cancelled", cast.gdansk.pk),
    ]  # fmt: skip
    assert {one.kind for one in entries} == {"declaration_of_security"}
    assert entries[0].row["parties"] == "Terminal PLGDN-0001 – Terminal PLGDY-0001"
