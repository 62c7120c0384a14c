"""Who may see where an organisation is told, and the statements that write what is to be sent: one for all recipients.

An endpoint is its organisation's alone. A dispatch is seen by whoever sees its delivery, without the address. The
application may not insert one for others: the functions here do, from rows that it may not read.
"""

from django.db import migrations
from django.db.migrations import RunSQL

from portsec.access.row_security import definer_function, forced, grant, policy, revoke

ME = "(SELECT app_org())"
USER = "(SELECT app_user())"
APP = "portsec_app, portsec_system, portsec_definer"
OWN_ENDPOINT = f"organisation_id = {ME} AND (person_id IS NULL OR person_id = {USER})"
OF_MY_DELIVERY = "EXISTS (SELECT 1 FROM delivery_delivery d WHERE d.id = delivery_id)"
COORDINATES = (
    f"EXISTS (SELECT 1 FROM access_regionmembership m JOIN access_organisation o ON o.id = m.organisation_id "
    f"WHERE m.region_id = delivery_escalationpolicy.region_id AND o.id = {ME} AND o.kind = 'coordination_body')"
)

# As ports.hours.Window.is_open: a window that ends before it begins lasts past midnight, its days are those on which it begins.
# A plain function, which the planner puts in place: it is asked for each endpoint.
IS_ON_DUTY = RunSQL(
    """
    CREATE FUNCTION app_is_on_duty(on_days smallint[], opens time, closes time, zone text, at timestamptz) RETURNS boolean LANGUAGE sql STABLE
    AS $function$
    SELECT opens IS NULL OR closes IS NULL OR CASE
      WHEN opens < closes THEN
        extract(isodow FROM at AT TIME ZONE zone)::int = ANY (on_days) AND (at AT TIME ZONE zone)::time >= opens
        AND (at AT TIME ZONE zone)::time < closes
      ELSE (extract(isodow FROM at AT TIME ZONE zone)::int = ANY (on_days) AND (at AT TIME ZONE zone)::time >= opens)
        OR (extract(isodow FROM (at AT TIME ZONE zone) - interval '1 day')::int = ANY (on_days) AND (at AT TIME ZONE zone)::time < closes)
    END
    $function$;
    REVOKE ALL ON FUNCTION app_is_on_duty(smallint[], time, time, text, timestamptz) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_is_on_duty(smallint[], time, time, text, timestamptz) TO portsec_system, portsec_definer;
    """,
    "DROP FUNCTION app_is_on_duty(smallint[], time, time, text, timestamptz);",
)

# First the organisations, each with the escalation that is in force for it: its own policy before its region's, one for this
# severity before one for all. TLP:RED goes to named persons, whatever they have set: each has at least the address with which
# they sign in. Then whom each is sent to at once: every webhook, every person who wants it, and of the contacts the first who is on duty.
# Where nobody is on duty, the first of all: a message that comes at the wrong hour is better than none.
FAN_OUT = """
    WITH told AS (
      SELECT e.*, app_delivery_coordinator(e.audience_id) AS coordinator, a.region_id
      FROM journal_entry e JOIN access_audience a ON a.id = e.audience_id WHERE e.id = of_entry AND e.owner_id = app_org()
    ), members AS MATERIALIZED (  -- asked once: for each recipient it would be read as often as there are recipients
      SELECT m.id FROM told CROSS JOIN LATERAL app_audience_members(told.audience_id) AS m(id)
    ), recipients AS (
      SELECT o.id
      FROM told
      JOIN access_audiencegrant g ON g.content_object_id = told.audience_id AND g.permission_id = app_view_permission()
      JOIN access_organisation o ON o.group_id = g.group_id AND o.is_active AND o.id <> told.owner_id
      WHERE (o.id IN (SELECT members.id FROM members) OR EXISTS (  -- who left tells those whom it told before
          SELECT 1 FROM delivery_delivery d
          WHERE d.object_id = told.object_id AND d.sender_id = told.owner_id AND d.recipient_id = o.id))
        AND (told.persons IS NULL OR EXISTS (
          SELECT 1 FROM access_membership p WHERE p.organisation_id = o.id AND p.is_active AND p.user_id = ANY (told.persons)))
    ), answered AS (
      SELECT DISTINCT ON (d.recipient_id) d.*
      FROM delivery_delivery d, told
      WHERE answers_stand AND d.object_id = told.object_id AND d.sender_id = told.owner_id
        AND d.version = of_version - 1 AND d.state = 'acknowledged'
    )
    INSERT INTO delivery_delivery (id, entry_id, kind, object_id, version, sender_id, recipient_id, coordinator_id, persons, channel, state,
                                   reason, created_at, delivered_at, seen_at, seen_by_id, acknowledge_by, acknowledged_at,
                                   acknowledged_by_id, answered_through, answered_for, carried_over, remark,
                                   escalation_steps, escalation_step, escalate_at)
    SELECT uuidv7(), told.id, told.kind, told.object_id, of_version, told.owner_id, r.id, told.coordinator, told.persons, 'dashboard',
           coalesce(a.state, 'queued'), '', told.at, a.delivered_at, a.seen_at, a.seen_by_id,
           CASE WHEN a.id IS NULL THEN answer_due ELSE a.acknowledge_by END, a.acknowledged_at, a.acknowledged_by_id,
           coalesce(a.answered_through, ''), coalesce(a.answered_for, ''), a.id IS NOT NULL, coalesce(a.remark, ''),
           coalesce(p.steps, '[]'), 0, answer_due + make_interval(secs => (p.steps -> 0 ->> 'after')::int)
    FROM told CROSS JOIN recipients r LEFT JOIN answered a ON a.recipient_id = r.id
    LEFT JOIN LATERAL (
      SELECT coalesce((
        SELECT y.steps FROM delivery_escalationpolicy y
        WHERE y.severity IN ('', of_severity) AND (y.organisation_id = r.id OR y.region_id IN (
          SELECT m.region_id FROM access_regionmembership m WHERE m.organisation_id = r.id))
        ORDER BY y.organisation_id IS NULL, y.severity = '', y.region_id IS DISTINCT FROM told.region_id, y.id LIMIT 1
      ), otherwise) AS steps
      WHERE answer_due IS NOT NULL AND a.id IS NULL
    ) AS p ON true
    ON CONFLICT (entry_id, recipient_id, channel) DO NOTHING;

    INSERT INTO delivery_endpoint (id, organisation_id, channel, address, label, person_id, place, kinds, severities, days, sealed_secret,
                                   sealed_previous, is_active, disabled_because, failures, last_error, created_at, version)
    SELECT uuidv7(), d.recipient_id, 'email', u.email, left(u.name, 120), u.id, 1, '{}', '{}', '{}', '', '', true, '', 0, '', d.created_at, 1
    FROM delivery_delivery d
    JOIN access_user u ON u.id = ANY (d.persons) AND u.is_active AND NOT u.is_service
    JOIN access_membership m ON m.user_id = u.id AND m.organisation_id = d.recipient_id AND m.is_active
    WHERE d.entry_id = of_entry AND d.sender_id = app_org()
    ON CONFLICT DO NOTHING;

    INSERT INTO delivery_dispatch (id, delivery_id, recipient_id, endpoint_id, channel, purpose, step, severity, state, reason,
                                   created_at, next_attempt_at, attempts)
    WITH matching AS (
      SELECT d.id AS delivery_id, d.recipient_id, d.created_at, e.id AS endpoint_id, e.channel,
             e.person_id IS NULL AND e.channel <> 'webhook' AS is_contact,
             e.place + CASE WHEN app_is_on_duty(e.days, e.opens_at, e.closes_at, o.time_zone, d.created_at) THEN 0 ELSE 100000 END AS turn
      FROM delivery_delivery d
      JOIN access_organisation o ON o.id = d.recipient_id
      JOIN delivery_endpoint e ON e.organisation_id = d.recipient_id AND e.is_active
      WHERE d.entry_id = of_entry AND d.sender_id = app_org()
        AND CASE WHEN d.persons IS NULL THEN d.kind = ANY (e.kinds) AND of_severity = ANY (e.severities)
                 ELSE e.person_id = ANY (d.persons) AND (e.channel = 'email' OR d.kind = ANY (e.kinds) AND of_severity = ANY (e.severities)) END
        AND (e.person_id IS NULL OR (
          EXISTS (SELECT 1 FROM access_membership m WHERE m.user_id = e.person_id AND m.organisation_id = e.organisation_id AND m.is_active)
          AND (of_severity IN ('Extreme', 'Severe') OR e.quiet_from IS NULL
            OR NOT app_is_on_duty('{1,2,3,4,5,6,7}', e.quiet_from, e.quiet_until, o.time_zone, d.created_at))))
    ), ordered AS (
      SELECT *, min(turn) FILTER (WHERE is_contact) OVER (PARTITION BY delivery_id) AS first FROM matching
    )
    SELECT uuidv7(), delivery_id, recipient_id, endpoint_id, channel, 'tell', 0, of_severity, 'queued', '', created_at, created_at, 0
    FROM ordered WHERE NOT is_contact OR turn = first
    ON CONFLICT (delivery_id, endpoint_id, purpose, step) DO NOTHING;

    SELECT d.recipient_id FROM delivery_delivery d JOIN journal_entry e ON e.id = d.entry_id WHERE e.id = of_entry AND e.owner_id = app_org();
"""
FAN_OUT_SIGNATURE = (
    "app_fan_out(of_entry uuid, of_version integer, of_severity text, answer_due timestamptz, answers_stand boolean, otherwise jsonb)"
)

STOP = definer_function(
    "app_stop_dispatches(of_object uuid, before_version integer, why text, at timestamptz)",
    "void",
    """
    UPDATE delivery_dispatch s SET state = 'suppressed', reason = why, ended_at = at
    FROM delivery_delivery d
    WHERE d.id = s.delivery_id AND d.object_id = of_object AND d.version < before_version AND d.sender_id = app_org() AND s.state = 'queued'
    """,
    volatility="VOLATILE",
    callers="portsec_app",
)

# To whoever got it, or may be getting it at this moment, on the same channel.
CANCEL = definer_function(
    "app_dispatch_cancellation(of_object uuid, at timestamptz)",
    "bigint",
    """
    WITH sent AS (
      INSERT INTO delivery_dispatch (id, delivery_id, recipient_id, endpoint_id, channel, purpose, step, severity, state, reason,
                                     created_at, next_attempt_at, attempts)
      SELECT DISTINCT ON (s.endpoint_id) uuidv7(), s.delivery_id, s.recipient_id, s.endpoint_id, s.channel, 'cancel', 0, s.severity, 'queued',
             '', at, at, 0
      FROM delivery_dispatch s JOIN delivery_delivery d ON d.id = s.delivery_id
      WHERE d.object_id = of_object AND d.sender_id = app_org() AND s.purpose IN ('tell', 'escalate')
        AND s.state IN ('sending', 'accepted', 'delivered')
      ORDER BY s.endpoint_id, d.version DESC
      ON CONFLICT (delivery_id, endpoint_id, purpose, step) DO NOTHING
      RETURNING 1
    ) SELECT count(*) FROM sent
    """,
    volatility="VOLATILE",
    callers="portsec_app",
)

# Paused, it keeps its place; resumed, what was left to wait is still to be waited; restarted, it begins anew.
STEER = definer_function(
    "app_steer_escalation(of_delivery uuid, how text, at timestamptz)",
    "bigint",
    """
    WITH steered AS (
      UPDATE delivery_delivery SET
        escalation_paused_at = CASE how WHEN 'pause' THEN at END,
        escalation_step = CASE how WHEN 'restart' THEN 0 ELSE escalation_step END,
        escalate_at = CASE how
          WHEN 'pause' THEN escalate_at
          WHEN 'resume' THEN escalate_at + (at - escalation_paused_at)
          ELSE greatest(acknowledge_by, at) + make_interval(secs => (escalation_steps -> 0 ->> 'after')::int) END
      WHERE id = of_delivery AND app_org() IN (sender_id, coordinator_id) AND (persons IS NULL OR app_user() = ANY (persons))
        AND state IN ('queued', 'sending', 'accepted', 'delivered', 'seen') AND acknowledge_by IS NOT NULL
        AND CASE how WHEN 'pause' THEN escalation_paused_at IS NULL AND escalate_at IS NOT NULL
                     WHEN 'resume' THEN escalation_paused_at IS NOT NULL WHEN 'restart' THEN true ELSE false END
      RETURNING 1
    ) SELECT count(*) FROM steered
    """,
    volatility="VOLATILE",
    callers="portsec_app",
)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0003_endpoints")]

    operations = [
        *forced("delivery_endpoint"),
        *policy("delivery_endpoint", "own", "SELECT", using=OWN_ENDPOINT),
        *policy("delivery_endpoint", "own_inserts", "INSERT", check=OWN_ENDPOINT),
        *policy("delivery_endpoint", "own_updates", "UPDATE", using=OWN_ENDPOINT, check=OWN_ENDPOINT),
        *revoke("delivery_endpoint", "DELETE"),
        *forced("delivery_dispatch"),
        *policy(
            "delivery_dispatch",
            "parties",
            "SELECT",
            using=f"(delivery_id IS NULL AND recipient_id = {ME}) OR (delivery_id IS NOT NULL AND {OF_MY_DELIVERY})",
        ),
        *policy(
            "delivery_dispatch",
            "own_tests",
            "INSERT",
            check=f"recipient_id = {ME} AND delivery_id IS NULL AND purpose = 'test' AND state = 'queued' "
            "AND EXISTS (SELECT 1 FROM delivery_endpoint e WHERE e.id = endpoint_id)",
        ),
        *revoke("delivery_dispatch", "UPDATE, DELETE", "portsec_app"),
        *forced("delivery_attempt"),
        *policy("delivery_attempt", "parties", "SELECT", using="EXISTS (SELECT 1 FROM delivery_dispatch s WHERE s.id = dispatch_id)"),
        *revoke("delivery_attempt", "INSERT, UPDATE, DELETE", "portsec_app"),
        *forced("delivery_escalation"),
        *policy("delivery_escalation", "parties", "SELECT", using=OF_MY_DELIVERY),
        *revoke("delivery_escalation", "INSERT, UPDATE, DELETE", "portsec_app"),
        *forced("delivery_escalationpolicy"),
        *policy(
            "delivery_escalationpolicy",
            "own_and_regions",
            "SELECT",
            using=f"organisation_id = {ME} OR EXISTS (SELECT 1 FROM access_regionmembership m "
            f"WHERE m.region_id = delivery_escalationpolicy.region_id AND m.organisation_id = {ME})",
        ),
        *policy("delivery_escalationpolicy", "own_inserts", "INSERT", check=f"organisation_id = {ME} OR {COORDINATES}"),
        *policy("delivery_escalationpolicy", "own_updates", "UPDATE", using=f"organisation_id = {ME} OR {COORDINATES}",
                check=f"organisation_id = {ME} OR {COORDINATES}"),
        *policy("delivery_escalationpolicy", "own_deletes", "DELETE", using=f"organisation_id = {ME} OR {COORDINATES}"),
        *grant("delivery_delivery", "UPDATE (answered_through, answered_for)", "portsec_app"),
        IS_ON_DUTY,
        RunSQL(
            "SET LOCAL ROLE portsec_definer; DROP FUNCTION app_fan_out(uuid, integer, text, timestamptz, boolean); RESET ROLE;",
            RunSQL.noop,
        ),
        definer_function(FAN_OUT_SIGNATURE, "SETOF uuid", FAN_OUT, volatility="VOLATILE", callers="portsec_app"),
        STOP,
        CANCEL,
        STEER,
    ]
