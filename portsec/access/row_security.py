"""Row security as migration operations: the second wall. `access.md` holds the measurements behind each form.

A policy compares with a sub-select over a set-returning function, which PostgreSQL evaluates once per statement.
"""

from collections.abc import Sequence

from django.db.migrations import RunSQL

IN_MY_AUDIENCES = "audience_id IN (SELECT app_audiences())"
FOR_ME = "(persons IS NULL OR (SELECT app_user()) = ANY (persons))"
MINE = "owner_id = (SELECT app_org())"
SEEN = f"({IN_MY_AUDIENCES} OR {MINE}) AND {FOR_ME}"  # an owner that left the region keeps its own records
# … and may still cancel or update what it told its former neighbours.
WRITTEN = f"{MINE} AND ({IN_MY_AUDIENCES} OR audience_id IN (SELECT app_addressed()))"


def forced(table: str) -> list[RunSQL]:
    """Row security on, for the table's owner too. The two roles that see all are named; nobody else gets past."""
    return [
        RunSQL(
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
        ),
        *policy(table, "system", "ALL", using="true", check="true", role="portsec_system, portsec_definer"),
    ]


def policy(table: str, name: str, command: str, *, using: str = "", check: str = "", role: str = "portsec_app") -> list[RunSQL]:
    """One policy: `using` says which rows are there, `check` what a row may become."""
    clauses = (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else "")
    return [RunSQL(f"CREATE POLICY {name} ON {table} FOR {command} TO {role}{clauses};", f"DROP POLICY {name} ON {table};")]


def shareable_policies(table: str, *, deletable: str = "") -> list[RunSQL]:
    """For a table with `owner`, `audience` and `persons`: readers read, the owner writes.

    `deletable` is the condition under which the owner may delete a row; without one nobody but the system may.
    Verbs that cross owners (acknowledge, approve …) need a policy of their own beside these.
    """
    operations = [
        *forced(table),
        *policy(table, "readers", "SELECT", using=SEEN),
        *policy(table, "owner_inserts", "INSERT", check=WRITTEN),
        *policy(table, "owner_updates", "UPDATE", using=f"{MINE} AND {FOR_ME}", check=MINE),
    ]
    if deletable:
        operations += policy(table, "owner_deletes", "DELETE", using=f"{MINE} AND {deletable}")
    return operations


def expect_large_audiences(table: str) -> list[RunSQL]:
    """Makes the planner count on many rows of an audience, whatever the average is.

    Most audiences hold a handful of records and a few hold most of them. Planned for the average, a page reads the whole
    of the large ones and sorts it; planned for the large ones, it reads the newest of each from the index.
    """
    return [
        RunSQL(
            f"ALTER TABLE {table} ALTER COLUMN audience_id SET (n_distinct = 20);",
            f"ALTER TABLE {table} ALTER COLUMN audience_id RESET (n_distinct);",
        )
    ]


def revoke(table: str, privileges: str, roles: str = "portsec_app, portsec_system") -> list[RunSQL]:
    return [RunSQL(f"REVOKE {privileges} ON {table} FROM {roles};", f"GRANT {privileges} ON {table} TO {roles};")]


def grant(table: str, privileges: str, roles: str) -> list[RunSQL]:
    return [RunSQL(f"GRANT {privileges} ON {table} TO {roles};", f"REVOKE {privileges} ON {table} FROM {roles};")]


def definer_function(
    signature: str, returns: str, body: str, *, language: str = "sql", volatility: str = "STABLE", options: str = "", callers: str
) -> RunSQL:
    """A function that runs as `portsec_definer` (a role nobody can log in as), for what a caller may ask but not read.

    It is made under that role: the owner of the tables may become it, but does not inherit what it may see.
    """
    name = _named(signature)
    return RunSQL(
        f"SET LOCAL ROLE portsec_definer; CREATE OR REPLACE FUNCTION {signature} RETURNS {returns} LANGUAGE {language} {volatility} "
        f"SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp {options} AS $function${body}$function$; "
        f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC; GRANT EXECUTE ON FUNCTION {name} TO {callers}; RESET ROLE;",
        f"SET LOCAL ROLE portsec_definer; DROP FUNCTION {name}; RESET ROLE;",
    )


def _named(signature: str) -> str:
    """`f(a uuid, b text)` → `f(uuid, text)`, as ALTER and DROP want it."""
    name, _bracket, arguments = signature.rstrip(")").partition("(")
    types: Sequence[str] = [argument.strip().split(" ", 1)[1] for argument in arguments.split(",") if argument.strip()]
    return f"{name}({', '.join(types)})"
