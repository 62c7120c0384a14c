"""Proof 4: what raw SQL as the application's role can read and change. No view, no filter, no manager stands before it."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import ProgrammingError, transaction
from psycopg2.errors import InsufficientPrivilege

from incidents.actions import acknowledge_alert, draft_alert
from incidents.models import Alert
from portsec.access.acting import acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from tests.access.sql import NOBODY, changed, claiming, column, one, rows, taken_back, told
from tests.access.test_role_guard import FORCED
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Publish = Callable[..., Alert]


def as_main(cast: Cast, name: str) -> claiming:
    """By the two variables alone, as the person in the organisation's main role."""
    return claiming(cast.user(name).pk, cast.organisations[name].pk)


@pytest.fixture
def shared(cast: Cast, publish: Publish) -> Alert:
    """To the ports of the Baltic; gdynia and riga are told, the coast guard and trieste are not."""
    return publish(cast.as_("gdansk"))


@pytest.fixture
def named(cast: Cast, publish: Publish) -> Alert:
    return publish(cast.as_("gdansk"), "named", named=[cast.gdynia, cast.coastguard])


def is_refused(sql: str, parameters: tuple = ()) -> bool:
    """Whether row security or a missing grant refuses the statement, in words; other failures raise."""
    try:
        with taken_back():
            changed(sql, parameters)
    except ProgrammingError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            return True
        raise
    return False


# Reading


@pytest.mark.parametrize("table", FORCED)
def test_without_an_acting_organisation_there_is_no_row(shared: Alert, table: str) -> None:
    assert one(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 (names of our own tables)


@pytest.mark.parametrize("table", FORCED)
def test_a_forged_organisation_yields_nothing(cast: Cast, shared: Alert, table: str) -> None:
    """A person of Trieste claims to act for Gdańsk: the membership is looked up."""
    with claiming(cast.user("trieste").pk, cast.gdansk.pk):
        assert one("SELECT app_org()") is None
        assert one(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 (names of our own tables)


def test_a_member_sees_what_its_organisation_is_shown_and_others_do_not(cast: Cast, shared: Alert) -> None:
    seen = {}
    for name in ("gdansk", "gdynia", "riga", "coastguard", "council", "aarhus", "trieste"):
        with as_main(cast, name):
            seen[name] = column("SELECT id FROM incidents_alert")
    told, others = [shared.pk], []
    assert seen == {
        "gdansk": told, "gdynia": told, "riga": told, "coastguard": others, "council": others, "aarhus": others, "trieste": others,
    }  # fmt: skip


@pytest.mark.parametrize("table", ["incidents_alert", "incidents_alertmessage", "journal_entry"])
def test_rows_of_an_unshared_audience_are_invisible_whatever_the_table(cast: Cast, shared: Alert, table: str) -> None:
    of_it = f"SELECT count(*) FROM {table} WHERE audience_id = %s"  # noqa: S608 (three names above)
    with as_main(cast, "gdynia"):
        assert one(of_it, [shared.audience_id]) == 1
    with as_main(cast, "trieste"):
        assert one(of_it, [shared.audience_id]) == 0


def test_one_sees_the_grants_of_ones_own_group_only(cast: Cast, shared: Alert) -> None:
    with as_main(cast, "gdynia"):
        assert set(column("SELECT group_id FROM access_audiencegrant")) == {cast.gdynia.group_id}
        assert shared.audience_id in column("SELECT content_object_id FROM access_audiencegrant")
    with as_main(cast, "trieste"):
        assert shared.audience_id not in column("SELECT content_object_id FROM access_audiencegrant")


def test_one_sees_the_audiences_that_one_is_in_and_no_others(cast: Cast, named: Alert) -> None:
    asked = "SELECT count(*) FROM access_audience WHERE id = %s"
    seen = {}
    for name in ("gdansk", "gdynia", "coastguard", "riga", "trieste"):
        with as_main(cast, name):
            seen[name] = one(asked, [named.audience_id])
    assert seen == {"gdansk": 1, "gdynia": 1, "coastguard": 1, "riga": 0, "trieste": 0}


def test_only_who_named_an_audience_may_list_its_members(cast: Cast, named: Alert) -> None:
    listed = {}
    for name in ("gdansk", "gdynia", "riga"):
        with as_main(cast, name):
            listed[name] = set(column("SELECT app_audience_members(%s)", [named.audience_id]))
    assert listed == {"gdansk": {cast.gdansk.pk, cast.gdynia.pk, cast.coastguard.pk}, "gdynia": set(), "riga": set()}


def test_a_regions_audience_is_listed_to_its_members_alone(cast: Cast, shared: Alert) -> None:
    ports = {cast.gdansk.pk, cast.gdynia.pk, cast.riga.pk}
    listed = {}
    for name in ("gdynia", "coastguard", "aarhus", "trieste"):
        with as_main(cast, name):
            listed[name] = set(column("SELECT app_audience_members(%s)", [shared.audience_id]))
    assert listed == {"gdynia": ports, "coastguard": ports, "aarhus": set(), "trieste": set()}


def test_a_foreign_region_is_not_previewed_and_its_rule_not_asked(cast: Cast) -> None:
    baltic = str(cast.regions["baltic"].pk)
    with as_main(cast, "gdynia"):
        assert len(column("SELECT app_preview_members('region', %s)", [baltic])) == 5
    with as_main(cast, "trieste"):
        assert column("SELECT app_preview_members('region', %s)", [baltic]) == []
        assert is_refused("SELECT app_rule_members('region', %s)", (baltic,))


def test_the_log_of_grants_is_for_the_system_role(cast: Cast) -> None:
    with as_main(cast, "gdansk"):
        assert is_refused("SELECT count(*) FROM access_audiencegrant_log")


# Writing


def test_an_update_of_a_foreign_row_changes_nothing(cast: Cast, shared: Alert) -> None:
    silent = "UPDATE incidents_alert SET headline = 'all is well' WHERE id = %s"
    with as_main(cast, "gdynia"):
        assert column("SELECT id FROM incidents_alert") == [shared.pk]  # it sees the row that it cannot change
        assert changed(silent, [shared.pk]) == 0
    with as_main(cast, "gdansk"):
        assert changed(silent, [shared.pk]) == 1


def test_without_a_where_an_update_still_reaches_ones_own_rows_only(cast: Cast, shared: Alert, publish: Publish) -> None:
    own = publish(cast.as_("gdynia"))
    with as_main(cast, "gdynia"):
        assert changed("UPDATE incidents_alert SET headline = 'mine'") == 1
        assert dict(rows("SELECT id, headline FROM incidents_alert")) == {own.pk: "mine", shared.pk: shared.headline}


def test_a_delete_reaches_ones_own_drafts_only(cast: Cast, shared: Alert, alert_content: dict) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        draft = draft_alert(acting, wish=AudienceWish("region_ports"), **alert_content)
    with as_main(cast, "gdynia"):
        assert changed("DELETE FROM incidents_alert") == 0
    with as_main(cast, "gdansk"):
        assert column("DELETE FROM incidents_alert RETURNING id") == [draft.pk]


COPY_FOR_ANOTHER = """
INSERT INTO ports_securitylevelchange (id, owner_id, audience_id, scope, operation, level, reason, authority, effective_at)
VALUES (uuidv7(), %s, %s, 'port', '', 3, 'forged', '', now())
"""


def test_an_insert_for_another_owner_is_refused(cast: Cast, shared: Alert) -> None:
    """Even into an audience that one is in oneself."""
    with as_main(cast, "gdynia"):
        assert is_refused(COPY_FOR_ANOTHER, (str(cast.gdansk.pk), str(shared.audience_id)))
        assert not is_refused(COPY_FOR_ANOTHER, (str(cast.gdynia.pk), str(shared.audience_id)))


def test_an_insert_into_an_audience_that_one_is_not_in_is_refused(cast: Cast, named: Alert) -> None:
    with as_main(cast, "riga"):
        assert is_refused(COPY_FOR_ANOTHER, (str(cast.riga.pk), str(named.audience_id)))


def test_a_row_is_not_handed_over_to_another_owner(cast: Cast, shared: Alert) -> None:
    with as_main(cast, "gdansk"):
        assert is_refused("UPDATE incidents_alert SET owner_id = %s", (str(cast.gdynia.pk),))


@pytest.mark.parametrize("statement", ["UPDATE {} SET version = 9", "DELETE FROM {}"])
def test_what_was_sent_is_not_rewritten_by_its_sender(cast: Cast, shared: Alert, statement: str) -> None:
    with as_main(cast, "gdansk"):
        assert is_refused(statement.format("incidents_alertmessage"))


@pytest.mark.parametrize("statement", [
    "INSERT INTO access_audiencegrant (group_id, permission_id, content_object_id) SELECT %s, app_view_permission(), %s",
    "UPDATE access_audiencegrant SET group_id = %s WHERE content_object_id = %s",
    "DELETE FROM access_audiencegrant WHERE group_id = %s AND content_object_id = %s",
])  # fmt: skip
def test_nobody_grants_itself_an_audience(cast: Cast, named: Alert, statement: str) -> None:
    with as_main(cast, "riga"):
        assert is_refused(statement, (cast.riga.group_id, str(named.audience_id)))


def test_the_function_that_makes_audiences_checks_who_may_be_named(cast: Cast) -> None:
    ask = "SELECT app_resolve_audience(%s, %s, %s::uuid[])"
    baltic, adriatic = str(cast.regions["baltic"].pk), str(cast.regions["adriatic"].pk)
    with as_main(cast, "gdansk"):
        assert not is_refused(ask, ("named", None, [str(cast.gdynia.pk)]))
        assert not is_refused(ask, ("region", baltic, []))
        assert is_refused(ask, ("named", None, [str(cast.trieste.pk)]))
        assert is_refused(ask, ("region", adriatic, []))
    assert is_refused(ask, ("own", None, []))


# Deliveries: between the sender and one recipient


def test_a_recipient_sees_its_own_delivery_and_no_other(cast: Cast, shared: Alert) -> None:
    seen = {}
    for name in ("gdansk", "gdynia", "riga", "trieste"):
        with as_main(cast, name):
            seen[name] = set(column("SELECT recipient_id FROM delivery_delivery"))
    both = {cast.gdynia.pk, cast.riga.pk}
    assert seen == {"gdansk": both, "gdynia": {cast.gdynia.pk}, "riga": {cast.riga.pk}, "trieste": set()}


def test_a_recipient_answers_for_itself_alone(cast: Cast, shared: Alert) -> None:
    with as_main(cast, "gdynia"):
        answered = column("UPDATE delivery_delivery SET state = 'acknowledged', acknowledged_at = now() RETURNING recipient_id")
    assert answered == [cast.gdynia.pk]


@pytest.mark.parametrize("state", ["acknowledged", "seen", "delivered"])
def test_a_sender_cannot_answer_in_a_recipients_place(cast: Cast, shared: Alert, state: str) -> None:
    with as_main(cast, "gdansk"):
        assert is_refused("UPDATE delivery_delivery SET state = %s", (state,))
        assert not is_refused("UPDATE delivery_delivery SET state = 'suppressed'")


FORGED_ANSWER = """
INSERT INTO delivery_delivery (id, entry_id, kind, object_id, version, sender_id, recipient_id, channel, state, reason, created_at,
                               acknowledged_at, carried_over, remark)
SELECT uuidv7(), entry_id, kind, object_id, version + 1, sender_id, %s, channel, %s, '', now(), now(), %s, 'All quiet.'
FROM delivery_delivery LIMIT 1
"""


def test_a_sender_cannot_insert_an_answer_that_nobody_gave(cast: Cast, publish: Publish) -> None:
    """`carried_over` marks an answer to the version before: there must be one."""
    publish(cast.as_("gdansk"), "named", named=[cast.gdynia])
    with as_main(cast, "gdansk"):
        assert is_refused(FORGED_ANSWER, (str(cast.riga.pk), "acknowledged", False))
        assert is_refused(FORGED_ANSWER, (str(cast.riga.pk), "acknowledged", True))


def test_a_sender_cannot_tell_an_organisation_that_is_not_in_the_audience(cast: Cast, publish: Publish) -> None:
    """Whom one told something may be named ever after (app_correspondents), so a stranger must not become one."""
    publish(cast.as_("gdansk"), "named", named=[cast.gdynia])
    with as_main(cast, "gdansk"):
        assert is_refused(FORGED_ANSWER, (str(cast.trieste.pk), "queued", False))


def test_only_the_organisation_that_acted_tells_others_of_it(cast: Cast, shared: Alert) -> None:
    """The function that writes deliveries looks whose entry it is, and finds the recipients itself."""
    tell_again = (
        "SELECT app_fan_out(id, 2, 'Severe', NULL, false, '[]') FROM journal_entry WHERE object_id = %s AND verb = 'alert.published'"
    )
    with as_main(cast, "gdynia"):
        assert column(tell_again, [shared.pk]) == []
    with as_main(cast, "gdansk"):
        before = column("SELECT id FROM delivery_delivery ORDER BY id")
        assert len(column(tell_again, [shared.pk])) == len(before)
        assert column("SELECT id FROM delivery_delivery ORDER BY id") == before  # once an entry, whatever the version


def test_a_recipient_cannot_pretend_to_be_the_sender(cast: Cast, shared: Alert) -> None:
    with as_main(cast, "gdynia"):
        assert is_refused(FORGED_ANSWER, (str(cast.riga.pk), "queued", False))


GRANTED = {
    "state",
    "reason",
    "delivered_at",
    "seen_at",
    "seen_by_id",
    "acknowledged_at",
    "acknowledged_by_id",
    "answered_for",
    "answered_through",
    "remark",
}


def test_a_delivery_changes_in_the_granted_columns_only(cast: Cast, shared: Alert) -> None:
    may = "SELECT attname FROM pg_attribute WHERE attrelid = 'delivery_delivery'::regclass AND attnum > 0 "
    assert set(column(may + "AND has_column_privilege(attrelid, attnum, 'UPDATE')")) == GRANTED
    with as_main(cast, "gdynia"):
        assert is_refused("UPDATE delivery_delivery SET recipient_id = %s", (str(cast.riga.pk),))
        assert is_refused("UPDATE delivery_delivery SET acknowledge_by = now() + interval '1 day'")
        assert is_refused("DELETE FROM delivery_delivery")


def test_the_answer_is_told_to_the_sender_and_not_to_other_recipients(cast: Cast, shared: Alert) -> None:
    with acting_for(cast.as_("gdynia")) as acting:
        acknowledge_alert(acting, Alert.objects.get(), remark="On our way")
    told = {}
    for name in ("gdansk", "gdynia", "riga", "council"):
        with as_main(cast, name):
            told[name] = one("SELECT count(*) FROM journal_entry WHERE verb = 'alert.acknowledged'")
    assert told == {"gdansk": 1, "gdynia": 1, "riga": 0, "council": 0}


# TLP:RED names persons


@pytest.fixture
def red(cast: Cast, publish: Publish) -> Alert:
    """From Gdańsk's security officer to Gdynia's."""
    return publish(cast.as_("gdansk"), "named", named=[cast.gdynia], tlp="RED", persons=[cast.user("gdynia").pk])


NAMED = {("gdansk", "security_officer"), ("gdynia", "security_officer")}
NOT_NAMED = {("gdansk", "deputy"), ("gdynia", "deputy"), ("gdansk", "service"), ("gdynia", "service"), ("riga", "security_officer")}


@pytest.mark.parametrize("table", ["incidents_alert", "incidents_alertmessage", "journal_entry", "delivery_delivery"])
def test_a_red_row_is_there_for_the_named_persons_only(cast: Cast, red: Alert, table: str) -> None:
    seeing = set()
    for name, role in NAMED | NOT_NAMED:
        with claiming(cast.user(name, Role(role)).pk, cast.organisations[name].pk):
            if one(f"SELECT count(*) FROM {table} WHERE persons IS NOT NULL"):  # noqa: S608 (names above)
                seeing.add((name, role))
    assert seeing == NAMED


@pytest.mark.parametrize(
    "statement",
    ["UPDATE incidents_alert SET headline = 'x'", "UPDATE delivery_delivery SET state = 'suppressed'", "DELETE FROM incidents_alert"],
)
def test_a_colleague_who_is_not_named_changes_no_red_row_even_blindly(cast: Cast, red: Alert, statement: str) -> None:
    """Without a WHERE, PostgreSQL does not ask the SELECT policy."""
    with claiming(cast.user("gdansk", Role.DEPUTY).pk, cast.gdansk.pk):
        assert changed(statement) == 0


# Keys and counters of one's own


def test_counters_and_keys_are_ones_own(cast: Cast, shared: Alert) -> None:
    note = "INSERT INTO journal_idempotencykey (id, organisation_id, user_id, key, fingerprint, headers, created_at) "
    note += "VALUES (uuidv7(), %s, %s, 'k', 'f', '{}', now())"
    officer, deputy = cast.user("gdansk"), cast.user("gdansk", Role.DEPUTY)
    with claiming(officer.pk, cast.gdansk.pk, kept=True):
        assert column("SELECT last FROM journal_refcounter WHERE prefix = 'ALR'") == [1]
        assert changed(note, [cast.gdansk.pk, officer.pk]) == 1
        assert is_refused(note, (str(cast.gdynia.pk), str(officer.pk)))
        assert is_refused(note, (str(cast.gdansk.pk), str(deputy.pk)))
    for user, organisation in ((deputy, cast.gdansk), (cast.user("gdynia"), cast.gdynia)):
        with claiming(user.pk, organisation.pk):
            assert column("SELECT key FROM journal_idempotencykey") == []
    with as_main(cast, "gdynia"):
        assert column("SELECT last FROM journal_refcounter") == []


# The context ends with its transaction


def test_a_nested_context_of_the_same_organisation_leaves_the_outer_one(cast: Cast) -> None:
    acting = cast.as_("gdansk")
    mine = (str(acting.user.pk), str(acting.organisation.pk))
    with transaction.atomic():
        with acting_for(acting):
            with acting_for(acting):
                assert told() == mine
            assert told() == mine
            with pytest.raises(ZeroDivisionError), acting_for(acting):
                raise ZeroDivisionError
            assert told() == mine
        assert told() == NOBODY  # a released savepoint would keep the inner value


def test_a_context_in_a_callers_transaction_is_taken_back_when_it_fails(cast: Cast) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), acting_for(cast.as_("gdansk")):
            raise ZeroDivisionError
        assert told() == NOBODY


def test_a_context_that_was_marked_for_rollback_leaves_nothing(cast: Cast) -> None:
    """As ActingMiddleware does for an answer of 400 and above."""
    with transaction.atomic():
        with acting_for(cast.as_("gdansk")):
            transaction.set_rollback(True)
        assert told() == NOBODY


def test_a_claim_of_somebody_who_does_not_exist_is_nobody(cast: Cast, shared: Alert) -> None:
    for user, organisation in ((uuid4(), cast.gdansk.pk), (cast.user("gdansk").pk, uuid4())):
        with claiming(user, organisation):
            assert column("SELECT id FROM incidents_alert") == []
