"""`Acting` and its two contexts: what they allow, and that nothing is asked without one."""

from dataclasses import replace
from datetime import datetime

import pytest

from incidents.models import Alert
from portsec.access.acting import Acting, NoActingError, NotAllowedError, SystemWork, acting_for, as_system, current_alias, current_context
from portsec.access.roles import SCOPES, VERBS, Role
from portsec.delivery.models import Delivery
from portsec.journal.models import Entry
from tests.cast import Cast

pytestmark = pytest.mark.django_db(databases=["default", "system"])


@pytest.fixture
def acting(cast: Cast) -> Acting:
    return cast.as_("gdansk")


@pytest.mark.parametrize("model", [Alert, Entry, Delivery])
def test_a_protected_model_is_not_asked_outside_of_a_context(cast: Cast, model: type) -> None:
    with pytest.raises(NoActingError):
        model.objects.all()
    with acting_for(cast.as_("gdansk")):
        model.objects.all().exists()


def test_there_is_no_context_before_and_after(acting: Acting) -> None:
    with acting_for(acting):
        assert current_context() == acting
    with pytest.raises(NoActingError):
        current_context()


def test_the_context_ends_with_an_exception_too(acting: Acting) -> None:
    with pytest.raises(ZeroDivisionError), acting_for(acting):
        raise ZeroDivisionError
    with pytest.raises(NoActingError):
        current_context()


def test_queries_go_to_the_role_of_the_open_context(acting: Acting) -> None:
    with acting_for(acting):
        assert current_alias() == "default"
        with as_system("a test of the router"):
            assert current_alias() == "system"
            assert current_context() == SystemWork("a test of the router")
        assert current_alias() == "default"


def test_the_same_organisation_may_act_inside_itself(acting: Acting) -> None:
    narrower = replace(acting, scopes=frozenset({"read"}))
    with acting_for(acting):
        with acting_for(narrower):
            assert current_context() == narrower
        assert current_context() == acting


@pytest.mark.parametrize("other", [("gdynia", None), ("gdansk", Role.DEPUTY)])
def test_nobody_else_acts_inside(cast: Cast, acting: Acting, other: tuple[str, Role | None]) -> None:
    with acting_for(acting):
        with pytest.raises(NoActingError), acting_for(cast.as_(*other)):
            pytest.fail("it must not be entered")
        assert current_context() == acting


def test_system_work_acts_for_nobody(acting: Acting) -> None:
    with as_system("a test"), pytest.raises(NoActingError), acting_for(acting):
        pytest.fail("it must not be entered")


def test_a_person_may_what_the_role_may(cast: Cast) -> None:
    assert cast.as_("gdansk").may("alert.publish")
    assert not cast.as_("gdansk", Role.OBSERVER).may("alert.publish")
    assert cast.as_("gdansk", Role.OBSERVER).may("read")


def test_a_token_needs_the_scope_besides_its_role(cast: Cast) -> None:
    narrow = cast.as_("gdansk", Role.SERVICE, scopes=frozenset({"read", "alerts:write"}))
    assert narrow.may("alert.publish")
    assert not narrow.may("alert.publish_extreme")
    assert not narrow.may("alert.acknowledge")


def test_a_scope_gives_no_more_than_the_role(cast: Cast) -> None:
    assert not cast.as_("gdansk", Role.OBSERVER, scopes=frozenset(SCOPES)).may("alert.publish")


def test_a_refusal_says_which_of_the_two_is_missing(cast: Cast) -> None:
    with pytest.raises(NotAllowedError, match="As observer you may not send alerts") as refused:
        cast.as_("gdansk", Role.OBSERVER).require("alert.publish")
    assert refused.value.code == "role_missing"
    with pytest.raises(NotAllowedError, match="lacks the scope alerts:write") as refused:
        cast.as_("gdansk", Role.SERVICE, scopes=frozenset()).require("alert.publish")
    assert refused.value.code == "scope_missing"


def test_an_unknown_verb_is_a_mistake_of_the_program(acting: Acting) -> None:
    with pytest.raises(KeyError):
        acting.may("alert.explode")


def test_a_service_is_known_by_its_scopes_even_when_it_has_none(cast: Cast) -> None:
    assert cast.as_("gdansk", Role.SERVICE, scopes=frozenset()).is_service
    assert not cast.as_("gdansk").is_service


def test_the_age_of_a_second_factor_makes_nobody_somebody_else(acting: Acting) -> None:
    assert replace(acting, second_factor_at=datetime.fromisoformat("2026-11-23T06:00:00+00:00")) == acting


def test_every_verb_has_a_role_and_reads_on_after_you_may_not() -> None:
    assert {name for name, verb in VERBS.items() if not verb.roles} == set()
    assert {name for name, verb in VERBS.items() if verb.label != verb.label.strip() or verb.label.endswith(".")} == set()
