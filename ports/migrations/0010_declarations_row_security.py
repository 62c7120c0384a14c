"""A declaration's text is its owner's; each side answers and signs for itself alone, whatever a statement claims."""

from django.db import migrations

from portsec.access.row_security import FOR_ME, MINE, SEEN, WRITTEN, definer_function, expect_large_audiences, forced, grant, policy, revoke

TABLE, SIGNATURES = "ports_declarationofsecurity", "ports_declarationsignature"
TEXT = (
    "ref_id, state, version, text_version, audience_id, facility_id, own_level, counterpart, other_level, other_facility_id, other_port_id, "
    "ship_name, ship_imo, ship_flag, ship_person, ship_role, ship_contact, named, activities, reason, valid_from, valid_to, measures, "
    "additional, requested_at"
)

# The owner may leave a row as its draft or its request. That somebody agreed, declined or ended is written here, where the
# database knows who acts. `seen` is the text that was read: no answer is given to another one.
ANSWER = definer_function(
    "app_answer_declaration(of_declaration uuid, seen integer, answer text, note text, at timestamptz)",
    "boolean",
    f"""
    WITH answered AS (
      UPDATE {TABLE} d SET
        version = d.version + 1,
        state = CASE answer WHEN 'signed' THEN d.state ELSE answer END,
        answered_at = CASE WHEN answer IN ('agreed', 'declined') THEN at ELSE d.answered_at END,
        answered_by_id = CASE WHEN answer IN ('agreed', 'declined') THEN app_user() ELSE d.answered_by_id END,
        answer_note = CASE WHEN answer IN ('agreed', 'declined') THEN note ELSE d.answer_note END,
        closed_at = CASE WHEN answer IN ('declined', 'ended', 'cancelled') THEN at END,
        closed_by_id = CASE WHEN answer IN ('declined', 'ended', 'cancelled') THEN app_user() END,
        close_note = CASE WHEN answer IN ('declined', 'ended', 'cancelled') THEN note ELSE '' END,
        retain_until = CASE WHEN answer IN ('declined', 'ended', 'cancelled')
                            THEN greatest(d.valid_to, at) + make_interval(days => d.keep_days) END
      WHERE d.id = of_declaration AND (
        answer IN ('agreed', 'declined') AND d.state = 'requested' AND d.text_version = seen
          AND app_org() = coalesce(d.other_port_id, d.owner_id) AND (answer = 'declined' OR d.valid_to > at)
        OR answer = 'signed' AND d.state = 'agreed' AND d.text_version = seen AND d.valid_to > at
          AND app_org() IN (d.owner_id, d.other_port_id)
        OR answer IN ('ended', 'cancelled') AND (d.state = 'agreed' AND app_org() IN (d.owner_id, d.other_port_id)
                                                 OR d.state = 'requested' AND app_org() = d.owner_id))
      RETURNING d.id
    )
    SELECT count(*) = 1 FROM answered
    """,
    volatility="VOLATILE",
    callers="portsec_app",
)

# A draft, or what has been kept for its time by the clock of the database; its signatures go with it.
DELETE = definer_function(
    "app_delete_declaration(of_declaration uuid)",
    "boolean",
    f"""
    DECLARE is_gone boolean;
    BEGIN
      PERFORM 1 FROM {TABLE} d WHERE d.id = of_declaration AND d.owner_id = app_org()
        AND (d.state = 'draft' OR d.state NOT IN ('requested', 'agreed') AND d.retain_until < now()) FOR UPDATE;
      is_gone := FOUND;
      IF is_gone THEN
        DELETE FROM {SIGNATURES} WHERE declaration_id = of_declaration;
        DELETE FROM {TABLE} WHERE id = of_declaration;
      END IF;
      RETURN is_gone;
    END
    """,
    language="plpgsql",
    volatility="VOLATILE",
    callers="portsec_app",
)

# One signs the text as it is, for one's own side; what a ship or a second facility signed on paper its port records.
FOR_ITS_SIDE = f"""EXISTS (
  SELECT 1 FROM {TABLE} d
  WHERE d.id = declaration_id AND d.audience_id = {SIGNATURES}.audience_id AND d.state = 'agreed'
    AND d.text_version = {SIGNATURES}.text_version
    AND (side = 'facility' AND d.owner_id = (SELECT app_org()) AND NOT is_on_paper
         OR side = 'other' AND coalesce(d.other_port_id, d.owner_id) = (SELECT app_org()) AND is_on_paper = (d.other_port_id IS NULL)))"""

# What the owner leaves behind has no signature: a text that is signed stays as it is, and the next one has a number of its own.
NOT_SIGNED = f"""NOT EXISTS (
  SELECT 1 FROM {SIGNATURES} s WHERE s.declaration_id = {TABLE}.id AND s.text_version = {TABLE}.text_version)"""


class Migration(migrations.Migration):
    dependencies = [("ports", "0009_declarations"), ("access", "0002_row_security")]

    operations = [
        *forced(TABLE),
        *policy(TABLE, "readers", "SELECT", using=SEEN),
        *policy(TABLE, "owner_inserts", "INSERT", check=f"{WRITTEN} AND state = 'draft' AND retain_until IS NULL"),
        *policy(
            TABLE, "owner_updates", "UPDATE",
            using=f"{MINE} AND {FOR_ME} AND state IN ('draft', 'requested', 'agreed')",
            check=f"{MINE} AND state IN ('draft', 'requested') AND {NOT_SIGNED}",
        ),
        *revoke(TABLE, "UPDATE, DELETE", "portsec_app"),
        *grant(TABLE, f"UPDATE ({TEXT})", "portsec_app"),
        *expect_large_audiences(TABLE),
        *forced(SIGNATURES),
        *policy(SIGNATURES, "readers", "SELECT", using=SEEN),
        *policy(SIGNATURES, "signers_insert", "INSERT", check=f"{WRITTEN} AND {FOR_ITS_SIDE}"),
        *revoke(SIGNATURES, "UPDATE, DELETE", "portsec_app"),
        ANSWER,
        DELETE,
    ]
