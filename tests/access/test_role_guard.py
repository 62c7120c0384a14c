"""Proof 1: the roles hold what row security rests on. Found from the models and the catalogue, so that nothing new is forgotten."""

import pytest
from django.apps import apps
from django.db import ProgrammingError
from psycopg2.errors import InsufficientPrivilege

from portsec.access.models import Shareable
from tests.access.sql import changed, column, one, rows, taken_back

pytestmark = pytest.mark.django_db(databases=["default", "system", "owner"])

SHAREABLE = sorted(
    model._meta.db_table for model in apps.get_models(include_auto_created=True) if issubclass(model, Shareable) and model._meta.managed
)
BESIDE = [
    "access_audience",
    "access_audiencegrant",
    "access_invitation",
    "delivery_alarm",
    "delivery_attempt",
    "access_proposal",
    "access_openidconnection",
    "access_openidlink",
    "delivery_checkedcontact",
    "delivery_communicationscheck",
    "delivery_delivery",
    "delivery_dispatch",
    "delivery_endpoint",
    "delivery_escalation",
    "delivery_escalationpolicy",
    "journal_idempotencykey",
    "journal_reading",
    "journal_refcounter",
    "ports_portimport",
]
FORCED = [*SHAREABLE, *BESIDE]
LOGINS = {"default": "portsec_app", "system": "portsec_system", "owner": "portsec_owner"}
ROLES = [*LOGINS.values(), "portsec_definer"]

# Tables without row security, and why none of their rows is a shared record. A new table fails until it is here or forced.
UNGUARDED = {
    "who belongs where is what the policies themselves read": {
        "access_membership",
        "access_organisation",
        "access_region",
        "access_region_linked",
        "access_regionmembership",
        "ports_portprofile",
    },
    "no role that signs in may even read them: only the definer's functions do": {
        "access_audience_addressed",
        "journal_position",
    },
    "read before anybody acts: the sign-in": {
        "access_servicetoken",
        "access_user",
        "account_emailaddress",
        "account_emailconfirmation",
        "django_session",
        "mfa_authenticator",
        "usersessions_usersession",
    },
    "guardian's and Django's own, which hold nothing of anybody": {
        "access_user_groups",
        "access_user_user_permissions",
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "django_content_type",
        "django_migrations",
        "guardian_groupobjectpermission",
        "guardian_userobjectpermission",
        "knox_authtoken",
    },
    "written by a trigger only, read by the system role only": {"access_audiencegrant_log"},
    "asked by functions of the definer only": {"access_audience_addressed", "journal_position"},
}

APP, SYSTEM, DEFINER, OWNER = "portsec_app", "portsec_system", "portsec_definer", "portsec_owner"
CALLERS = {
    "app_addressed": {APP, SYSTEM, DEFINER},
    "app_answer_declaration": {APP, DEFINER},
    "app_audience_members": {APP, SYSTEM, DEFINER},
    "app_audiences": {APP, SYSTEM, DEFINER},
    "app_correspondents": {APP, SYSTEM, DEFINER},
    "app_delete_declaration": {APP, DEFINER},
    "app_delivery_coordinator": {APP, SYSTEM, DEFINER},
    "app_dispatch_cancellation": {APP, DEFINER},
    "app_fan_out": {APP, DEFINER},
    "app_keep_port": {APP, DEFINER},
    "app_log_grant": {DEFINER, OWNER},
    "app_log_grants": {DEFINER, OWNER},
    "app_org": {APP, SYSTEM, DEFINER},
    "app_preview_members": {APP, SYSTEM, DEFINER},
    "app_regions": {APP, SYSTEM, DEFINER},
    "app_resolve_audience": {APP, SYSTEM, DEFINER},
    "app_rule_members": {SYSTEM, DEFINER},
    "app_send_check": {APP, DEFINER},
    "app_steer_escalation": {APP, DEFINER},
    "app_stop_dispatches": {APP, DEFINER},
    "app_view_permission": {APP, SYSTEM, DEFINER},
    "app_visible_organisations": {APP, SYSTEM, DEFINER},
    "journal_ends": {APP, SYSTEM, DEFINER},
    "journal_number_entries": {SYSTEM, DEFINER},
}


def refused(sql: str, alias: str) -> bool:
    """Whether the role lacks the right; any other failure is a mistake of the test, and raises."""
    try:
        with taken_back(alias):
            changed(sql, alias=alias)
    except ProgrammingError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            return True
        raise
    return False


@pytest.mark.parametrize("alias", LOGINS)
def test_each_alias_connects_as_its_own_role(alias: str) -> None:
    assert rows("SELECT current_user, session_user", alias=alias) == [(LOGINS[alias], LOGINS[alias])]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_is_a_superuser_or_past_row_security(role: str) -> None:
    found = rows("SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = %s", [role])
    assert found == [(False, False, False, False, False)]


@pytest.mark.parametrize("alias", ["default", "system"])
def test_neither_the_application_nor_the_system_owns_anything(alias: str) -> None:
    owned = "SELECT (SELECT count(*) FROM pg_class WHERE relowner = me), (SELECT count(*) FROM pg_proc WHERE proowner = me), "
    owned += "(SELECT count(*) FROM pg_namespace WHERE nspowner = me) FROM (SELECT current_user::regrole::oid AS me) AS asked"
    assert rows(owned, alias=alias) == [(0, 0, 0)]


@pytest.mark.parametrize("alias", ["default", "system"])
def test_neither_may_become_another_role_or_create_objects(alias: str) -> None:
    assert column("SELECT rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')", alias=alias) == [LOGINS[alias]]
    assert one("SELECT has_schema_privilege('public', 'CREATE')", alias=alias) is False
    assert one("SELECT has_database_privilege(current_database(), 'CREATE, TEMP')", alias=alias) is False


def test_the_definer_cannot_log_in_and_the_owner_does_not_inherit_what_it_sees() -> None:
    assert one("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'portsec_definer'") is False
    assert one("SELECT pg_has_role('portsec_owner', 'portsec_definer', 'SET')") is True  # migrations make its functions
    assert one("SELECT pg_has_role('portsec_owner', 'portsec_definer', 'USAGE')") is False


def test_it_finds_the_shareable_models_at_all() -> None:
    assert {"incidents_alert", "incidents_alertmessage", "journal_entry", "ports_securitylevelchange"} <= set(SHAREABLE)


@pytest.mark.parametrize("table", FORCED)
def test_row_security_is_on_and_forced(table: str) -> None:
    assert rows("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [table]) == [(True, True)]


def test_every_table_is_forced_or_listed_with_a_reason() -> None:
    present = set(column("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"))
    listed = set().union(*UNGUARDED.values())
    assert present - set(FORCED) == listed, "row security on, or a place in UNGUARDED with a reason; a table that is gone leaves the list"


@pytest.mark.parametrize("table", FORCED)
def test_only_the_system_and_the_definer_are_let_through_whole(table: str) -> None:
    policies = rows("SELECT roles::text[], qual, with_check FROM pg_policies WHERE tablename = %s", [table])
    whole = {role for roles, using, check in policies if "true" in (using, check) for role in roles}
    assert whole == {SYSTEM, DEFINER}
    assert {role for roles, _using, _check in policies for role in roles} <= {SYSTEM, DEFINER, APP}


@pytest.mark.parametrize("table", FORCED)
@pytest.mark.parametrize("alias", ["default", "system"])
def test_truncate_which_ignores_row_security_is_refused(table: str, alias: str) -> None:
    assert refused(f"TRUNCATE {table} CASCADE", alias)


@pytest.mark.parametrize("table", ["access_audience_addressed", "journal_position"])
@pytest.mark.parametrize("alias", ["default", "system"])
def test_what_is_asked_by_functions_only_is_asked_by_nobody_else(table: str, alias: str) -> None:
    assert one("SELECT has_table_privilege(%s, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')", [table], alias=alias) is False


def test_truncate_is_granted_on_no_table_at_all() -> None:
    may = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
    may += "AND (has_table_privilege('portsec_app', oid, 'TRUNCATE') OR has_table_privilege('portsec_system', oid, 'TRUNCATE'))"
    assert column(may) == []


@pytest.mark.parametrize("alias", ["default", "system"])
@pytest.mark.parametrize(
    "statement", ["UPDATE journal_entry SET summary = ''", "UPDATE journal_entry SET seq = seq + 1", "DELETE FROM journal_entry"]
)
def test_the_journal_is_neither_changed_nor_cut(statement: str, alias: str) -> None:
    assert refused(statement, alias)


def test_not_even_the_definer_may_change_more_of_the_journal_than_its_number() -> None:
    may = "SELECT attname FROM pg_attribute WHERE attrelid = 'journal_entry'::regclass AND attnum > 0 "
    assert column(may + "AND has_column_privilege('portsec_definer', attrelid, attnum, 'UPDATE')") == ["seq"]
    assert one("SELECT has_table_privilege('portsec_definer', 'journal_entry', 'DELETE, TRUNCATE')") is False


@pytest.mark.parametrize("alias", ["default", "system"])
def test_what_was_told_stays_told(alias: str) -> None:
    """The application deletes no delivery, no message, no change of level."""
    tables = ["incidents_alertmessage", "ports_securitylevelchange", "delivery_delivery", "delivery_dispatch", "delivery_attempt"]
    assert [one("SELECT has_table_privilege('portsec_app', %s, 'DELETE')", [table], alias=alias) for table in tables] == [False] * 5


def test_the_application_may_not_number_entries() -> None:
    assert refused("SELECT * FROM journal_number_entries()", "default")


DEFINERS = "SELECT p.oid, p.proname FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace ORDER BY p.proname"


MAY_CALL = """
SELECT coalesce(r.rolname, 'PUBLIC')
FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE p.oid = %s AND a.privilege_type = 'EXECUTE'
"""


def test_only_the_listed_roles_may_call_what_looks_past_row_security() -> None:
    found = {name: set(column(MAY_CALL, [function])) for function, name in rows(DEFINERS)}
    assert found == CALLERS


def test_what_looks_past_row_security_belongs_to_the_definer_and_has_a_fixed_search_path() -> None:
    asked = "SELECT proname, proowner::regrole::text, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    found = rows(asked)
    assert found
    assert {(owner, tuple(config or ())) for _name, owner, config in found} == {(DEFINER, ("search_path=pg_catalog, public, pg_temp",))}


def test_the_set_returning_functions_of_the_policies_are_stable() -> None:
    """VOLATILE, they would run once a row; the planner evaluates a STABLE one once a statement (access.md)."""
    asked = "SELECT proname FROM pg_proc WHERE proname IN ('app_org', 'app_user', 'app_audiences', 'app_regions') AND provolatile <> 's'"
    assert column(asked) == []


def test_no_view_reads_with_the_rights_of_its_owner() -> None:
    asked = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm') "
    assert column(asked + "AND NOT coalesce(reloptions::text LIKE '%%security_invoker=true%%', false)") == []
