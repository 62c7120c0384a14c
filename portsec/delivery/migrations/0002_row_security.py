"""A delivery is seen by its sender, its recipient and the coordinator: never by another recipient of the same thing."""

from django.db import migrations

from portsec.access.row_security import definer_function, forced, grant, policy, revoke, FOR_ME

ME = "(SELECT app_org())"
ANSWER = "state, reason, delivered_at, seen_at, seen_by_id, acknowledged_at, acknowledged_by_id, remark"
APP = "portsec_app, portsec_system, portsec_definer"

# Whoever acts tells the members of its own entry's audience, and nobody else; an answer is carried over from a row that a
# recipient has answered, and from nowhere else. The application itself may not insert: a sender could else invent both.
FAN_OUT = definer_function(
    "app_fan_out(of_entry uuid, of_version integer, on_channel text, answer_due timestamptz, answers_stand boolean)",
    "SETOF uuid",
    """
    WITH told AS (
      SELECT e.*, app_delivery_coordinator(e.audience_id) AS coordinator
      FROM journal_entry e WHERE e.id = of_entry AND e.owner_id = app_org()
    ), recipients AS (
      SELECT o.id
      FROM told
      JOIN access_audiencegrant g ON g.content_object_id = told.audience_id AND g.permission_id = app_view_permission()
      JOIN access_organisation o ON o.group_id = g.group_id AND o.is_active AND o.id <> told.owner_id
      WHERE (o.id IN (SELECT app_audience_members(told.audience_id)) OR EXISTS (  -- who left tells those whom it told before
          SELECT 1 FROM delivery_delivery d
          WHERE d.object_id = told.object_id AND d.sender_id = told.owner_id AND d.recipient_id = o.id))
        AND (told.persons IS NULL OR EXISTS (
          SELECT 1 FROM access_membership p WHERE p.organisation_id = o.id AND p.is_active AND p.user_id = ANY (told.persons)))
    ), answered AS (
      SELECT DISTINCT ON (d.recipient_id) d.*
      FROM delivery_delivery d, told
      WHERE answers_stand AND d.object_id = told.object_id AND d.sender_id = told.owner_id AND d.channel = on_channel
        AND d.version = of_version - 1 AND d.state = 'acknowledged'
    )
    INSERT INTO delivery_delivery (id, entry_id, kind, object_id, version, sender_id, recipient_id, coordinator_id, persons, channel, state,
                                   reason, created_at, delivered_at, seen_at, seen_by_id, acknowledge_by, acknowledged_at,
                                   acknowledged_by_id, carried_over, remark)
    SELECT uuidv7(), told.id, told.kind, told.object_id, of_version, told.owner_id, r.id, told.coordinator, told.persons, on_channel,
           coalesce(a.state, 'queued'), '', told.at, a.delivered_at, a.seen_at, a.seen_by_id,
           CASE WHEN a.id IS NULL THEN answer_due ELSE a.acknowledge_by END, a.acknowledged_at, a.acknowledged_by_id,
           a.id IS NOT NULL, coalesce(a.remark, '')
    FROM told CROSS JOIN recipients r LEFT JOIN answered a ON a.recipient_id = r.id
    ON CONFLICT (entry_id, recipient_id, channel) DO NOTHING
    RETURNING recipient_id
    """,
    volatility="VOLATILE",
    callers="portsec_app",
)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial"), ("journal", "0002_row_security")]

    operations = [
        *forced("delivery_delivery"),
        *policy("delivery_delivery", "parties", "SELECT", using=f"{ME} IN (sender_id, recipient_id, coordinator_id) AND {FOR_ME}"),
        *policy("delivery_delivery", "recipient_answers", "UPDATE", using=f"recipient_id = {ME} AND {FOR_ME}", check=f"recipient_id = {ME}"),
        # A sender may withdraw what it sent; it cannot answer in a recipient's place.
        *policy("delivery_delivery", "sender_withdraws", "UPDATE", using=f"sender_id = {ME} AND {FOR_ME}", check=f"sender_id = {ME} AND state = 'suppressed'"),
        *revoke("delivery_delivery", "INSERT, UPDATE, DELETE", "portsec_app"),
        *grant("delivery_delivery", f"UPDATE ({ANSWER})", "portsec_app"),
        definer_function(
            "app_correspondents()",
            "SETOF uuid",
            """
            SELECT sender_id FROM delivery_delivery WHERE recipient_id = app_org()
            UNION SELECT coordinator_id FROM delivery_delivery WHERE recipient_id = app_org() AND coordinator_id IS NOT NULL
            """,
            callers=APP,
        ),
        # Who coordinates an audience's region, where the region lets it see deliveries and it is itself addressed.
        definer_function(
            "app_delivery_coordinator(of_audience uuid)",
            "uuid",
            """
            SELECT o.id
            FROM access_audience a
            JOIN access_region r ON r.id = a.region_id AND r.coordinator_sees_deliveries
            JOIN access_regionmembership rm ON rm.region_id = r.id
            JOIN access_organisation o ON o.id = rm.organisation_id AND o.kind = 'coordination_body' AND o.is_active
            JOIN access_audiencegrant g ON g.content_object_id = a.id AND g.group_id = o.group_id
            WHERE a.id = of_audience ORDER BY rm.joined_at, o.id LIMIT 1
            """,
            callers=APP,
        ),
        FAN_OUT,
    ]
