"""What raw SQL as the application's role can do to a declaration: nothing that its verbs would not, whoever writes it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError

from ports import actions
from ports.models import DeclarationOfSecurity, DeclarationSignature, PortFacility
from portsec.access.roles import Role
from tests.access.sql import changed, claiming, column, one, taken_back
from tests.cast import Cast
from tests.ports.test_declarations import do

pytestmark = pytest.mark.django_db
Declare = Callable[..., DeclarationOfSecurity]
Sign = Callable[..., DeclarationSignature]
AddFacility = Callable[..., PortFacility]
TABLES = ("ports_declarationofsecurity", "ports_declarationsignature")
OUTSIDERS = ("riga", "coastguard", "council", "aarhus", "trieste")
ANSWER = "SELECT app_answer_declaration(%s, 1, %s, '', now())"
SIGNATURE = """
INSERT INTO ports_declarationsignature (id, owner_id, audience_id, declaration_id, side, text_version, person, capacity, signed_at,
                                        is_on_paper, recorded_at, text, sha256)
SELECT gen_random_uuid(), %(owner)s, audience_id, id, %(side)s, %(version)s, 'Mallory', 'Master', now(), %(paper)s, now(), '', ''
FROM ports_declarationofsecurity WHERE id = %(pk)s
"""


def acts(cast: Cast, name: str) -> Any:
    return claiming(cast.user(name).pk, cast.organisations[name].pk)


def refused(sql: str, parameters: Any = ()) -> bool:
    """By a policy or a missing grant."""
    try:
        with taken_back():
            return changed(sql, parameters) == 0
    except ProgrammingError:
        return True


@pytest.fixture
def declaration(cast: Cast, declare: Declare, facility: AddFacility) -> DeclarationOfSecurity:
    """Gdańsk asks Gdynia."""
    return declare(cast.as_("gdansk"), facility(cast.as_("gdynia"), "PLGDY-0001"))


@pytest.fixture
def signed(cast: Cast, declaration: DeclarationOfSecurity, sign: Sign) -> DeclarationOfSecurity:
    do(cast.as_("gdynia"), actions.agree_declaration, declaration)
    sign(cast.as_("gdynia"), declaration)
    return declaration


@pytest.mark.parametrize("table", TABLES)
def test_the_two_sides_read_it_and_nobody_else(cast: Cast, signed: DeclarationOfSecurity, table: str) -> None:
    seen = {}
    for name in ("gdansk", "gdynia", *OUTSIDERS):
        with acts(cast, name):
            seen[name] = one(f"SELECT count(*) FROM {table}")  # noqa: S608 (two names above)
    assert seen == {"gdansk": 1, "gdynia": 1, **dict.fromkeys(OUTSIDERS, 0)}
    with claiming(cast.user("trieste").pk, cast.gdansk.pk):
        assert one(f"SELECT count(*) FROM {table}") == 0, "a forged organisation"  # noqa: S608


@pytest.mark.parametrize("answer", ["agreed", "declined", "signed", "ended", "cancelled"])
def test_an_outsider_answers_nothing(cast: Cast, declaration: DeclarationOfSecurity, answer: str) -> None:
    for state in ("requested", "agreed"):
        if state == "agreed":
            do(cast.as_("gdynia"), actions.agree_declaration, declaration)
        for name in OUTSIDERS:
            with acts(cast, name):
                assert one(ANSWER, [declaration.pk, answer]) is False, name
    with claiming(cast.user("trieste").pk, cast.gdynia.pk):
        assert not one(ANSWER, [declaration.pk, answer]), "a forged organisation"


def test_each_side_gives_its_own_answer_only(cast: Cast, declaration: DeclarationOfSecurity) -> None:
    given = {}
    for name in ("gdansk", "gdynia"):
        for answer in ("agreed", "declined", "signed", "ended", "cancelled", "draft", "expired"):
            with acts(cast, name):
                given[name, answer] = one(ANSWER, [declaration.pk, answer])
    assert [key for key, done in given.items() if done] == [
        ("gdansk", "ended"), ("gdansk", "cancelled"), ("gdynia", "agreed"), ("gdynia", "declined"),
    ]  # fmt: skip


@pytest.mark.parametrize("column_name", ["state = 'agreed'", "state = 'ended'", "retain_until = now()", "answered_at = now()",
                                         "closed_at = now()", "keep_days = 0", "owner_id = other_port_id"])  # fmt: skip
def test_the_owner_cannot_agree_close_or_shorten_what_is_kept(cast: Cast, declaration: DeclarationOfSecurity, column_name: str) -> None:
    with acts(cast, "gdansk"):
        assert refused(f"UPDATE ports_declarationofsecurity SET {column_name}")  # noqa: S608 (the list above)


def test_a_signed_text_stays_as_it_is_and_the_next_has_a_number_of_its_own(cast: Cast, signed: DeclarationOfSecurity) -> None:
    with acts(cast, "gdansk"):
        assert refused("UPDATE ports_declarationofsecurity SET state = 'requested', activities = 'Nothing'")
        assert changed("UPDATE ports_declarationofsecurity SET state = 'requested', activities = 'Else', text_version = 2") == 1


def test_the_other_port_writes_no_word_of_the_text(cast: Cast, declaration: DeclarationOfSecurity) -> None:
    for name in ("gdynia", *OUTSIDERS):
        with acts(cast, name):
            assert refused("UPDATE ports_declarationofsecurity SET activities = 'Nothing', measures = '{}'"), name


def test_nothing_is_deleted_but_through_the_function_that_asks_how_long_it_is_kept(cast: Cast, signed: DeclarationOfSecurity) -> None:
    do(cast.as_("gdansk"), actions.end_declaration, signed)
    for name in ("gdansk", "gdynia", "trieste"):
        with acts(cast, name):
            assert [refused(f"DELETE FROM {table}") for table in TABLES] == [True, True], name  # noqa: S608
            assert one("SELECT app_delete_declaration(%s)", [signed.pk]) is False, name


def test_a_draft_is_deleted_by_its_own_port_alone(cast: Cast, declare: Declare) -> None:
    draft = declare(cast.as_("gdansk"), draft=True)
    done = {}
    for name in ("gdynia", "trieste", "gdansk"):
        with acts(cast, name):
            done[name] = one("SELECT app_delete_declaration(%s)", [draft.pk])
    assert done == {"gdynia": False, "trieste": False, "gdansk": True}


def test_a_closed_declaration_is_not_opened_again(cast: Cast, declaration: DeclarationOfSecurity) -> None:
    do(cast.as_("gdansk"), actions.end_declaration, declaration)
    with acts(cast, "gdansk"):
        assert refused("UPDATE ports_declarationofsecurity SET state = 'draft'")


@pytest.mark.parametrize(("name", "side", "paper", "version"), [
    ("gdansk", "other", False, 1), ("gdansk", "other", True, 1), ("gdansk", "facility", True, 1), ("gdansk", "facility", False, 2),
    ("gdynia", "facility", False, 1), ("gdynia", "other", True, 1), ("riga", "other", False, 1), ("trieste", "facility", False, 1),
])  # fmt: skip
def test_nobody_writes_a_signature_of_another_side_or_text(
    cast: Cast, declaration: DeclarationOfSecurity, name: str, side: str, paper: bool, version: int
) -> None:
    do(cast.as_("gdynia"), actions.agree_declaration, declaration)
    said = {"pk": declaration.pk, "side": side, "paper": paper, "version": version, "owner": cast.organisations[name].pk}
    with acts(cast, name):
        assert refused(SIGNATURE, said)


def test_ones_own_side_is_signed_once_and_never_changed(cast: Cast, signed: DeclarationOfSecurity) -> None:
    """The control of the test above: this insertion passes the policy, and the second is stopped by its key."""
    said = {"pk": signed.pk, "side": "facility", "paper": False, "version": 1, "owner": cast.gdansk.pk}
    with acts(cast, "gdansk"):
        assert changed(SIGNATURE, said) == 1
        with pytest.raises(IntegrityError), taken_back():
            changed(SIGNATURE, said)
        assert refused("UPDATE ports_declarationsignature SET person = 'Another'")


def test_before_the_other_side_agrees_nobody_signs(cast: Cast, declaration: DeclarationOfSecurity) -> None:
    with acts(cast, "gdansk"):
        said = {"pk": declaration.pk, "side": "facility", "paper": False, "version": 1, "owner": cast.gdansk.pk}
        assert refused(SIGNATURE, said)


def test_a_draft_is_not_inserted_as_agreed(cast: Cast, declare: Declare) -> None:
    draft = declare(cast.as_("gdansk"), draft=True)
    names = column("SELECT column_name::text FROM information_schema.columns WHERE table_name = %s", [TABLES[0]])
    kept = ", ".join(name for name in names if name not in ("id", "state"))
    copied = f"INSERT INTO {TABLES[0]} (id, state, {kept}) SELECT gen_random_uuid(), %s, {kept} FROM {TABLES[0]} WHERE id = %s"  # noqa: S608
    with acts(cast, "gdansk"):
        assert refused(copied, ["agreed", draft.pk])
        assert changed(copied, ["draft", draft.pk]) == 1, "the control"


def test_a_person_who_is_no_member_any_more_does_nothing(cast: Cast, declaration: DeclarationOfSecurity) -> None:
    with claiming(cast.user("gdansk", Role.DEPUTY).pk, cast.gdynia.pk):
        assert not one(ANSWER, [declaration.pk, "agreed"])
