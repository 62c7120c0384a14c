"""What a declaration does not accept: each refused with its field, the remedy, and nothing written."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from ports import actions
from ports.models import DeclarationOfSecurity, DeclarationSignature, PortFacility
from ports.queries.declarations import readable
from ports.ship_numbers import check_ship_number, normalised
from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.cast import Cast
from tests.ports.test_declarations import ON_PAPER, do, faults

Declare = Callable[..., DeclarationOfSecurity]
Sign = Callable[..., DeclarationSignature]
AddFacility = Callable[..., PortFacility]
in_a_transaction = pytest.mark.django_db
NOW = timezone.now()
USUAL = {"by": "both", "note": ""}


# The number of a ship


@pytest.mark.parametrize("number", ["9074729", "IMO 9074729", " 907 4729 ", "imo9074729"])
def test_an_imo_number_is_taken_as_people_write_it(number: str) -> None:
    check_ship_number(normalised(number))
    assert normalised(number) == "9074729"


@pytest.mark.parametrize(("number", "told"), [
    ("9074728", "after 907472 it would be 9"), ("9047729", "after 904772 it would be 6"), ("907472", "seven digits"), ("", "seven digits"),
    ("９０７４７２９", "seven digits"), ("90747290", "seven digits"),
])  # fmt: skip
def test_a_wrong_imo_number_is_refused_with_what_to_do(number: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        check_ship_number(number)


# Content


@pytest.mark.parametrize(("changes", "expected"), [
    ({"ship_imo": "9074728"}, {"ship_imo": "check_digit"}),
    ({"ship_imo": ""}, {"ship_imo": "required"}),
    ({"ship_name": "", "ship_contact": ""}, {"ship_name": "required", "ship_contact": "required"}),
    ({"ship_name": "Heron\u202e"}, {"ship_name": "control_character"}),
    ({"ship_role": "cook"}, {"ship_role": "invalid_choice"}),
    ({"other_level": None}, {"other_level": "required"}),
    ({"other_level": 4}, {"other_level": "invalid_choice"}),
    ({"activities": ""}, {"activities": "required"}),
    ({"activities": "x" * 201}, {"activities": "max_length"}),
    ({"valid_from": None}, {"valid_from": "required"}),
    ({"valid_to": NOW - timedelta(hours=1), "valid_from": NOW - timedelta(hours=2)}, {"valid_to": "past"}),
    ({"valid_to": NOW - timedelta(days=1), "valid_from": NOW}, {"valid_to": "before_from"}),
    ({"valid_to": NOW, "valid_from": NOW}, {"valid_to": "before_from"}),
    ({"valid_to": NOW + timedelta(days=90, seconds=1), "valid_from": NOW}, {"valid_to": "too_long"}),
    ({"measures": {"cargo": USUAL, "dance": USUAL}}, {"measures/dance": "unknown_duty"}),
    ({"measures": {"cargo": {"by": "nobody"}}}, {"measures/cargo": "invalid_choice"}),
    ({"measures": {"cargo": {"by": "both", "note": "x" * 201}}}, {"measures/cargo": "max_length"}),
    ({"measures": {"cargo": {"by": "both", "note": "two\nlines"}}}, {"measures/cargo": "line_break"}),
    ({"measures": []}, {"measures": "not_an_object"}),
    ({"additional": [{"text": " ", "by": "both"}]}, {"additional/0": "required"}),
    ({"additional": [{"text": "Boat", "by": "both"}] * 11}, {"additional": "too_many"}),
    ({"facility": uuid4()}, {"facility": "unknown"}),
    ({"other_facility": uuid4()}, {"other_facility": "unexpected"}),
])  # fmt: skip
@in_a_transaction
def test_it_is_refused_with_its_field_and_nothing_is_written(
    cast: Cast, declare: Declare, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    gdansk = cast.as_("gdansk")
    assert faults(lambda: declare(gdansk, **changes)) == expected
    with acting_for(gdansk):
        assert not readable(gdansk).exists()
        assert not Entry.objects.visible_to(gdansk).filter(verb__startswith="declaration.").exists()


@in_a_transaction
def test_a_period_may_be_as_long_as_the_installation_says(cast: Cast, declare: Declare, settings: Any) -> None:
    settings.DECLARATION_LONGEST_DAYS = 30
    period = {"valid_from": NOW, "valid_to": NOW + timedelta(days=31)}
    with pytest.raises(Refused, match=r"30 days at most \(33 CFR 105\.245\(e\)\)"):
        declare(cast.as_("gdansk"), **period)
    settings.DECLARATION_LONGEST_DAYS = 31
    assert declare(cast.as_("gdansk"), **period).ref_id


@in_a_transaction
def test_every_duty_is_given_to_somebody_before_it_is_requested(cast: Cast, declare: Declare) -> None:
    gdansk = cast.as_("gdansk")
    draft = declare(gdansk, draft=True, measures={"cargo": USUAL})
    missing = faults(lambda: do(gdansk, actions.request_declaration, draft))
    assert len(missing) == 10
    assert missing["measures/stores"] == "required"


@in_a_transaction
def test_the_other_facility_is_one_that_the_port_sees_and_not_its_own_side(cast: Cast, declare: Declare, facility: AddFacility) -> None:
    hidden = facility(cast.as_("trieste"), "ITTRS-0001")
    own = facility(cast.as_("gdansk"), "PLGDN-0001")
    closed = facility(cast.as_("gdynia"), "PLGDY-0001")
    with acting_for(cast.as_("gdynia")) as gdynia:
        actions.close_facility(gdynia, closed)
    found = [faults(lambda other=other: declare(cast.as_("gdansk"), other)) for other in (hidden, closed, own)]
    assert found == [{"other_facility": "unknown"}, {"other_facility": "unknown"}, {"other_facility": "same_side"}]


@in_a_transaction
def test_who_the_other_side_is_stays_as_it_was_requested(cast: Cast, declare: Declare, facility: AddFacility) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk, facility(cast.as_("gdynia"), "PLGDY-0001"))
    other = facility(cast.as_("riga"), "LVRIX-0001")
    assert faults(lambda: do(gdansk, actions.edit_declaration, declaration, other_facility=other.pk)) == {"other_facility": "fixed"}
    with acting_for(cast.as_("riga")) as riga:
        assert not readable(riga).exists()


# Who may


@pytest.mark.parametrize("role", [Role.STAFF, Role.OBSERVER, Role.ADMINISTRATOR])
@in_a_transaction
def test_who_is_no_officer_may_do_none_of_it(cast: Cast, declare: Declare, role: Role) -> None:
    declaration, acting = declare(cast.as_("gdansk")), cast.as_("gdansk", role)
    for verb, said in (
        (actions.agree_declaration, {}),
        (actions.sign_declaration, {"sha256": "0"}),
        (actions.end_declaration, {}),
        (actions.delete_declaration, {}),
    ):
        with pytest.raises(NotAllowedError) as refused:
            do(acting, verb, declaration, **said)
        assert refused.value.code == "role_missing"


@in_a_transaction
def test_only_ports_make_declarations(cast: Cast) -> None:
    with acting_for(cast.as_("coastguard", Role.SECURITY_OFFICER)) as acting, pytest.raises(NotAllowedError, match="is no port"):
        actions.draft_declaration(acting, facility=uuid4(), counterpart="ship")


@in_a_transaction
def test_neither_side_does_the_others_part(cast: Cast, declare: Declare, sign: Sign, facility: AddFacility) -> None:
    gdansk, gdynia = cast.as_("gdansk"), cast.as_("gdynia")
    declaration = declare(gdansk, facility(gdynia, "PLGDY-0001"))

    def code(acting: Acting, verb: Any, **said: Any) -> str:
        with pytest.raises(NotAllowedError) as refused:
            do(acting, verb, declaration, **said)
        return refused.value.code

    assert code(gdansk, actions.agree_declaration) == "not_your_answer"
    assert code(gdansk, actions.decline_declaration, reason="No") == "not_your_answer"
    assert code(gdynia, actions.edit_declaration, reason="Ours") == "not_owner"
    assert code(gdynia, actions.delete_declaration) == "not_owner"
    do(gdynia, actions.agree_declaration, declaration)
    for acting, side in ((gdansk, "other"), (gdynia, "facility")):
        with pytest.raises(NotAllowedError, match="You cannot sign for the other side"):
            sign(acting, declaration, side=side)


@in_a_transaction
def test_a_signature_asks_for_a_second_factor_of_the_last_ten_minutes(cast: Cast, declare: Declare) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)
    for age in (None, timedelta(minutes=11)):
        at = None if age is None else timezone.now() - age
        acting = Acting(gdansk.user, gdansk.organisation, gdansk.role, second_factor_at=at)
        with pytest.raises(NotAllowedError) as refused:
            do(acting, actions.sign_declaration, declaration, sha256="0")
        assert refused.value.code == "second_factor_required"


@in_a_transaction
def test_no_token_signs(cast: Cast, declare: Declare) -> None:
    declaration = declare(cast.as_("gdansk"))
    service = Acting(cast.user("gdansk"), cast.gdansk, Role.SERVICE, scopes=frozenset({"read", "declarations:write"}))
    with pytest.raises(NotAllowedError):
        do(service, actions.sign_declaration, declaration, sha256="0")


# Order, and two hands


@in_a_transaction
def test_each_step_waits_for_the_one_before(cast: Cast, declare: Declare, sign: Sign) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    with pytest.raises(Conflict, match="This declaration is: requested"):
        sign(gdansk, declaration)
    do(gdansk, actions.agree_declaration, declaration)
    with pytest.raises(Conflict, match="This declaration is: agreed"):
        do(gdansk, actions.agree_declaration, declaration)
    with pytest.raises(Conflict, match="has been requested already"):
        do(gdansk, actions.request_declaration, declaration)
    do(gdansk, actions.end_declaration, declaration)
    for verb in (actions.end_declaration, actions.agree_declaration):
        with pytest.raises(Conflict, match="This declaration is: cancelled"):
            do(gdansk, verb, declaration)


@in_a_transaction
def test_what_was_signed_on_paper_names_who_and_when_and_not_tomorrow(cast: Cast, declare: Declare, sign: Sign) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)
    assert faults(lambda: sign(gdansk, declaration, side="other")) == {"person": "blank", "capacity": "blank"}
    soon = timezone.now() + timedelta(hours=1)
    assert faults(lambda: sign(gdansk, declaration, **ON_PAPER, signed_at=soon)) == {"signed_at": "future"}
    earlier = timezone.now() - timedelta(minutes=20)
    signature = sign(gdansk, declaration, **ON_PAPER, signed_at=earlier)
    assert (signature.person, signature.signed_at, signature.is_on_paper, signature.recorded_by) == (
        "Tove Example",
        earlier,
        True,
        gdansk.user,
    )


@in_a_transaction
def test_one_side_signs_once(cast: Cast, declare: Declare, sign: Sign) -> None:
    gdansk = cast.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)
    sign(gdansk, declaration)
    with pytest.raises(Conflict, match="Security officer Gdansk signed for this side at"):
        sign(cast.as_("gdansk", Role.DEPUTY), declaration)


def test_of_two_hands_on_one_signature_one_wins(committed: Cast, declare: Declare, sign: Sign, in_threads: Any) -> None:
    gdansk = committed.as_("gdansk")
    declaration = declare(gdansk)
    do(gdansk, actions.agree_declaration, declaration)

    def hand(role: Role) -> str:
        try:
            return sign(committed.as_("gdansk", role), declaration).person
        except Conflict:
            return "told"

    answers = in_threads(hand, [Role.SECURITY_OFFICER, Role.DEPUTY] * 3)
    assert answers.count("told") == 5
    with acting_for(gdansk):
        assert DeclarationSignature.objects.visible_to(gdansk).count() == 1


@in_a_transaction
def test_of_two_who_edit_the_second_is_told(cast: Cast, declare: Declare) -> None:
    gdansk = cast.as_("gdansk")
    draft = declare(gdansk, draft=True)
    do(gdansk, actions.edit_declaration, draft, version=1, reason="First")
    with pytest.raises(Conflict, match="Read it again"):
        do(gdansk, actions.edit_declaration, draft, version=1, reason="Second")
    with acting_for(gdansk):
        assert readable(gdansk).get(pk=draft.pk).reason == "First"
