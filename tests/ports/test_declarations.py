"""The verbs of a Declaration of Security: from the draft to what is in force, and how it ends (ISPS Code A/5)."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
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
from portsec.problems import Conflict, Refused
from tests.cast import Cast

Declare = Callable[..., DeclarationOfSecurity]
Sign = Callable[..., DeclarationSignature]
SetLevel = Callable[..., SecurityLevelChange]
AddFacility = Callable[..., PortFacility]
StandingFor = Callable[[Acting, DeclarationOfSecurity], str]
pytestmark = pytest.mark.django_db
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


def test_who_records_a_ships_word_does_not_say_it_as_its_own(cast: Cast, declare: Declare) -> None:
    gdansk = cast.as_("gdansk")
    one, two = declare(gdansk), declare(gdansk)
    do(gdansk, actions.agree_declaration, one)
    do(gdansk, actions.decline_declaration, two, reason="Sails at once")
    with acting_for(gdansk):
        seen = Entry.objects.visible_to(gdansk)
        said = [seen.get(verb=f"declaration.{done}").summary for done in ("agreed", "declined")]
    assert said == [
        f"Port of Gdańsk recorded that MV Amber Heron agreed to {one.ref_id}",
        f"Port of Gdańsk recorded that MV Amber Heron declined {two.ref_id}: Sails at once",
    ]


# A text that is signed, and the next one


def test_a_signature_is_of_the_text_and_can_be_checked_by_anybody(cast: Cast, declare: Declare, sign: Sign) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)
    signature = sign(gdansk, declaration)
    assert hashlib.sha256(signature.text.encode()).hexdigest() == signature.sha256
    said = json.loads(signature.text)
    assert (said["declaration_of_security"], said["text_version"], said["levels"]) == (declaration.ref_id, 1, {"facility": 1, "other": 2})
    assert said["parties"] | {"ship_imo": "9074729", "facility_number": "PLGDN-0001"} == said["parties"]
    assert len(said["measures"]) == 11


def test_the_text_does_not_change_with_the_name_of_a_facility(cast: Cast, declare: Declare, sign: Sign) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)
    sign(gdansk, declaration)
    with acting_for(gdansk):
        actions.edit_facility(gdansk, PortFacility.objects.editable_by(gdansk).get(), name="Renamed quay")
    sign(gdansk, declaration, **ON_PAPER)
    with acting_for(gdansk):
        assert [one.stands for one in signatures(gdansk, readable(gdansk).get(pk=declaration.pk))] == [True, True]


def test_a_signed_text_is_not_edited(cast: Cast, declare: Declare, sign: Sign) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)
    sign(gdansk, declaration)
    with pytest.raises(Conflict, match="Security officer Gdansk signed this text at"):
        do(gdansk, actions.edit_declaration, declaration, reason="Another")
    with acting_for(gdansk):
        kept = readable(gdansk).get(pk=declaration.pk)
    assert (kept.reason, kept.text_version, kept.state) == ("", 1, "agreed")


def test_a_new_version_clears_the_signatures_and_keeps_them_in_sight(
    cast: Cast, declare: Declare, sign: Sign, standing_for: StandingFor, orlowo: PortFacility
) -> None:
    gdansk, gdynia = cast.as_("gdansk"), cast.as_("gdynia")
    declaration = declare(gdansk, orlowo)
    do(gdynia, actions.agree_declaration, declaration)
    sign(gdynia, declaration)
    sign(gdansk, declaration)
    nobody = {**declaration.measures, "stores": {"by": "none", "note": ""}}
    do(gdansk, actions.edit_declaration, declaration, clear_signatures=True, measures=nobody)
    assert standing_for(gdynia, declaration) == "requested", "the other port agrees to the new text anew"
    with acting_for(gdynia):
        given = signatures(gdynia, readable(gdynia).get(pk=declaration.pk))
    assert [(one.text_version, one.is_cleared, one.stands) for one in given] == [(1, True, False)] * 2
    do(gdynia, actions.agree_declaration, declaration)
    sign(gdynia, declaration)
    assert standing_for(gdansk, declaration) == "signed_by_one"


def test_nobody_signs_or_agrees_to_a_text_that_was_not_read(cast: Cast, declare: Declare, sign: Sign, orlowo: PortFacility) -> None:
    gdansk, gdynia = cast.as_("gdansk"), cast.as_("gdynia")
    declaration = declare(gdansk, orlowo)
    with acting_for(gdynia):
        read = readable(gdynia).get(pk=declaration.pk)
    do(gdansk, actions.edit_declaration, declaration, reason="Another")
    with pytest.raises(Conflict, match="Version 2 has been written meanwhile"), acting_for(gdynia):
        actions.agree_declaration(gdynia, read)
    do(gdynia, actions.agree_declaration, declaration)
    with pytest.raises(Conflict, match="not the one that you read"):
        sign(gdynia, declaration, sha256="0" * 64)


# How it ends, and how long it is kept


@pytest.mark.parametrize("who", ["gdansk", "gdynia"])
def test_either_side_ends_it_without_a_second_factor(
    cast: Cast, declare: Declare, sign: Sign, standing_for: StandingFor, orlowo: PortFacility, who: str
) -> None:
    gdansk, gdynia = cast.as_("gdansk"), cast.as_("gdynia")
    declaration = declare(gdansk, orlowo)
    do(gdynia, actions.agree_declaration, declaration)
    sign(gdynia, declaration)
    sign(gdansk, declaration)
    ended = do(cast.as_(who), actions.end_declaration, declaration, reason="Level 1 again")
    assert (standing_for(gdansk, declaration), ended.close_note) == ("ended", "Level 1 again")
    assert ended.retain_until == ended.valid_to + timedelta(days=90)


def test_the_other_port_declines_with_a_reason(cast: Cast, declare: Declare, standing_for: StandingFor, orlowo: PortFacility) -> None:
    gdansk, gdynia = cast.as_("gdansk"), cast.as_("gdynia")
    declaration = declare(gdansk, orlowo)
    with pytest.raises(Conflict, match="decline it, and say why"):
        do(gdynia, actions.end_declaration, declaration)
    assert faults(lambda: do(gdynia, actions.decline_declaration, declaration, reason=" ")) == {"reason": "required"}
    do(gdynia, actions.decline_declaration, declaration, reason="No guard at night")
    assert standing_for(gdansk, declaration) == "declined"
    with acting_for(gdansk):
        assert Entry.objects.visible_to(gdansk).filter(verb="declaration.declined").get().summary.endswith(": No guard at night")


def test_a_draft_is_discarded_at_once(cast: Cast, declare: Declare) -> None:
    gdansk = cast.as_("gdansk")
    do(gdansk, actions.delete_declaration, declare(gdansk, draft=True))
    with acting_for(gdansk):
        assert not readable(gdansk).exists()


# What is put in by itself


def test_a_facilitys_level_that_nobody_states_is_the_one_in_force(
    cast: Cast, declare: Declare, set_level: SetLevel, facility: AddFacility, orlowo: PortFacility
) -> None:
    own = facility(cast.as_("gdansk"), "PLGDN-0001")
    set_level(cast.as_("gdynia"), 2)
    set_level(cast.as_("gdansk"), 2, scope="facility", facility=own.pk)
    confirmed = replace(cast.as_("gdansk"), second_factor_at=timezone.now())
    set_level(confirmed, 3, scope="operation", operation="Ferry check-in")
    stated = declare(cast.as_("gdansk"), orlowo, own_level=3)
    found = declare(cast.as_("gdansk"), orlowo)
    assert [(one.own_level, one.other_level, one.levels_differ) for one in (stated, found)] == [(3, 2, True), (2, 2, False)]
