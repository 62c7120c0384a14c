"""Append-only, and numbered by a function that can touch unnumbered rows alone."""

from django.db import migrations

from portsec.access.row_security import definer_function, forced, grant, policy, revoke, SEEN, WRITTEN

APP = "portsec_app, portsec_system, portsec_definer"

# The last number given, which stays when the journal is cut: a client's cursor must mean the same for ever.
POSITION = migrations.RunSQL(
    """
    CREATE TABLE journal_position (last bigint NOT NULL);
    INSERT INTO journal_position VALUES (0);
    CREATE UNIQUE INDEX journal_position_single ON journal_position ((true));
    REVOKE ALL ON journal_position FROM portsec_app, portsec_system;
    REVOKE INSERT, DELETE ON journal_position FROM portsec_definer;
    """,
    "DROP TABLE journal_position;",
)

# READ COMMITTED: the second statement's snapshot is taken after the lock is held, so it sees all that was committed
# before, and whoever waits for the lock sees these numbers.
NUMBER = definer_function(
    "journal_number_entries()",
    "TABLE (numbered bigint, newest bigint)",
    """
    DECLARE given bigint;
    BEGIN
      PERFORM pg_advisory_xact_lock(7702001);
      SELECT p.last INTO given FROM journal_position p;
      WITH waiting AS (
        SELECT e.id, row_number() OVER (ORDER BY e.id) AS place FROM journal_entry e WHERE e.seq IS NULL
      ), done AS (
        UPDATE journal_entry e SET seq = given + waiting.place FROM waiting WHERE e.id = waiting.id AND e.seq IS NULL RETURNING 1
      )
      SELECT count(*) INTO numbered FROM done;
      newest := given + numbered;
      IF numbered > 0 THEN UPDATE journal_position p SET last = newest; END IF;
      RETURN NEXT;
    END
    """,
    language="plpgsql",
    volatility="VOLATILE",
    callers="portsec_system",
)

ENDS = definer_function(
    "journal_ends()",
    "TABLE (oldest bigint, newest bigint)",
    "SELECT coalesce((SELECT min(e.seq) FROM journal_entry e), p.last + 1), p.last FROM journal_position p",
    callers=APP,
)


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial"), ("access", "0002_row_security")]

    operations = [
        *forced("journal_entry"),
        *policy("journal_entry", "readers", "SELECT", using=SEEN),
        *policy("journal_entry", "writers", "INSERT", check=WRITTEN),
        *revoke("journal_entry", "UPDATE, DELETE", "portsec_app, portsec_system, portsec_definer"),
        *grant("journal_entry", "UPDATE (seq)", "portsec_definer"),
        POSITION,
        NUMBER,
        ENDS,
        *forced("journal_refcounter"),
        *policy("journal_refcounter", "own", "ALL", using="organisation_id = (SELECT app_org())", check="organisation_id = (SELECT app_org())"),
        *forced("journal_idempotencykey"),
        *policy(
            "journal_idempotencykey",
            "own",
            "ALL",
            using="organisation_id = (SELECT app_org()) AND user_id = (SELECT app_user())",
            check="organisation_id = (SELECT app_org()) AND user_id = (SELECT app_user())",
        ),
    ]
