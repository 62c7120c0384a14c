"""The questions that row security asks, and the policies on the tables of this room."""

from django.db import migrations

from portsec.access.row_security import definer_function, forced, policy, revoke

APP = "portsec_app, portsec_system, portsec_definer"

USER = migrations.RunSQL(
    "CREATE FUNCTION app_user() RETURNS uuid LANGUAGE sql STABLE AS "
    "$function$ SELECT nullif(current_setting('app.user_id', true), '')::uuid $function$;"
    f"REVOKE ALL ON FUNCTION app_user() FROM PUBLIC; GRANT EXECUTE ON FUNCTION app_user() TO {APP};",
    "DROP FUNCTION app_user();",
)

# A forged organisation yields nothing: the membership is looked up each time.
ORGANISATION = definer_function(
    "app_org()",
    "uuid",
    """
    SELECT m.organisation_id
    FROM access_membership m
    JOIN access_organisation o ON o.id = m.organisation_id AND o.is_active
    JOIN access_user u ON u.id = m.user_id AND u.is_active
    WHERE m.organisation_id = nullif(current_setting('app.org_id', true), '')::uuid
      AND m.user_id = app_user() AND m.is_active
    """,
    callers=APP,
)

AUDIENCES = definer_function(
    "app_audiences()",
    "SETOF uuid",
    """
    SELECT g.content_object_id
    FROM access_audiencegrant g
    JOIN access_organisation o ON o.group_id = g.group_id
    WHERE o.id = app_org() AND g.permission_id = app_view_permission()
    """,
    options="ROWS 150",
    callers=APP,
)

VIEW_PERMISSION = definer_function(
    "app_view_permission()",
    "integer",
    """
    SELECT p.id FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
    WHERE c.app_label = 'access' AND c.model = 'audience' AND p.codename = 'view_audience'
    """,
    callers=APP,
)

REGIONS = definer_function(
    "app_regions()",
    "SETOF uuid",
    "SELECT region_id FROM access_regionmembership WHERE organisation_id = app_org()",
    callers=APP,
)

# Whom the acting organisation may name: who shares a region with it, or is in a linked one.
VISIBLE_ORGANISATIONS = definer_function(
    "app_visible_organisations()",
    "SETOF uuid",
    """
    SELECT rm.organisation_id
    FROM access_regionmembership rm JOIN access_organisation o ON o.id = rm.organisation_id AND o.is_active
    WHERE rm.region_id IN (SELECT app_regions()
                           UNION SELECT l.to_region_id FROM access_region_linked l WHERE l.from_region_id IN (SELECT app_regions()))
    UNION SELECT app_org()
    """,
    callers=APP,
)

# The organisations that a region's rule means today (domain.md §7), the closed ones too: one that is opened again has lost nothing.
RULE_MEMBERS = definer_function(
    "app_rule_members(rule text, of_region uuid)",
    "SETOF uuid",
    """
    SELECT DISTINCT o.id
    FROM access_regionmembership rm JOIN access_organisation o ON o.id = rm.organisation_id
    WHERE (rm.region_id = of_region
           OR rule = 'linked_regions' AND rm.region_id IN (SELECT to_region_id FROM access_region_linked WHERE from_region_id = of_region))
      AND (rule <> 'region_ports' OR o.kind = 'port')
    """,
    callers="portsec_system, portsec_definer",
)

# Which audiences an organisation has addressed: it may read their names ever after, also when it has left their region.
ADDRESSED_TABLE = migrations.RunSQL(
    """
    CREATE TABLE access_audience_addressed (
      organisation_id uuid NOT NULL REFERENCES access_organisation, audience_id uuid NOT NULL REFERENCES access_audience,
      PRIMARY KEY (organisation_id, audience_id)
    );
    REVOKE ALL ON access_audience_addressed FROM portsec_app, portsec_system;
    """,
    "DROP TABLE access_audience_addressed;",
)

ADDRESSED = definer_function(
    "app_addressed()", "SETOF uuid", "SELECT audience_id FROM access_audience_addressed WHERE organisation_id = app_org()", callers=APP
)

# Makes or finds the audience and its grants. Everything that row security would hide from the sender happens in here.
RESOLVE_AUDIENCE = definer_function(
    "app_resolve_audience(rule text, of_region uuid, organisations uuid[])",
    "uuid",
    """
    DECLARE
      me uuid := app_org();
      members uuid[];
      audience_key text;
      audience_owner uuid;
      found uuid;
    BEGIN
      IF me IS NULL THEN RAISE EXCEPTION 'no acting organisation' USING ERRCODE = 'insufficient_privilege'; END IF;
      IF rule = 'own' THEN
        members := ARRAY[me]; audience_key := 'own:' || me; audience_owner := me;
      ELSIF rule = 'named' THEN
        SELECT array_agg(DISTINCT o ORDER BY o) INTO members FROM unnest(organisations || me) AS o;
        IF EXISTS (SELECT unnest(members) EXCEPT SELECT app_visible_organisations() EXCEPT SELECT app_correspondents()) THEN
          RAISE EXCEPTION 'an organisation is not visible' USING ERRCODE = 'insufficient_privilege';
        END IF;
        audience_key := 'named:' || me || ':' || encode(sha256(convert_to(array_to_string(members, ','), 'UTF8')), 'hex');
        audience_owner := me;
      ELSIF rule IN ('region_ports', 'region', 'linked_regions') THEN
        IF of_region IS NULL OR of_region NOT IN (SELECT app_regions()) THEN
          RAISE EXCEPTION 'not a member of the region' USING ERRCODE = 'insufficient_privilege';
        END IF;
        SELECT array_agg(m) INTO members FROM app_rule_members(rule, of_region) AS m;
        audience_key := CASE rule WHEN 'region_ports' THEN 'ports:' WHEN 'region' THEN 'region:' ELSE 'linked:' END || of_region;
        IF NOT me = ANY (coalesce(members, '{}')) THEN
          audience_key := audience_key || '+' || me; audience_owner := me; members := members || me;
        END IF;
      ELSE
        RAISE EXCEPTION 'unknown audience kind %', rule USING ERRCODE = 'invalid_parameter_value';
      END IF;

      SELECT id INTO found FROM access_audience WHERE key = audience_key;
      IF found IS NOT NULL THEN
        INSERT INTO access_audience_addressed (organisation_id, audience_id) VALUES (me, found) ON CONFLICT DO NOTHING;
        RETURN found;
      END IF;
      -- Whoever joins or leaves a region meanwhile holds this lock alone: no member is left out of an audience that is
      -- being made, and the members are counted after the lock is held.
      PERFORM pg_advisory_xact_lock_shared(7702002);
      IF rule NOT IN ('own', 'named') THEN
        SELECT array_agg(m) INTO members FROM (SELECT app_rule_members(rule, of_region) UNION SELECT me) AS counted(m);
      END IF;
      INSERT INTO access_audience (id, key, kind, region_id, owner_id)
      VALUES (uuidv7(), audience_key, rule, CASE WHEN rule IN ('own', 'named') THEN NULL ELSE of_region END, audience_owner)
      ON CONFLICT (key) DO NOTHING RETURNING id INTO found;
      IF found IS NULL THEN  -- another session was first; its grants are committed with it
        SELECT id INTO found FROM access_audience WHERE key = audience_key;
        INSERT INTO access_audience_addressed (organisation_id, audience_id) VALUES (me, found) ON CONFLICT DO NOTHING;
        RETURN found;
      END IF;
      INSERT INTO access_audience_addressed (organisation_id, audience_id) VALUES (me, found);
      INSERT INTO access_audiencegrant (group_id, permission_id, content_object_id)
      SELECT o.group_id, app_view_permission(), found FROM access_organisation o WHERE o.id = ANY (members);
      RETURN found;
    END
    """,
    language="plpgsql",
    volatility="VOLATILE",
    callers=APP,
)

# Who a region's rule would reach today, before anything is written.
PREVIEW_MEMBERS = definer_function(
    "app_preview_members(rule text, of_region uuid)",
    "SETOF uuid",
    """
    SELECT o.id FROM app_rule_members(rule, of_region) AS m JOIN access_organisation o ON o.id = m AND o.is_active
    WHERE of_region IN (SELECT app_regions())
    """,
    callers=APP,
)

# For whoever may address it: the owner of a named audience, a member of a region's. Others get nothing.
AUDIENCE_MEMBERS = definer_function(
    "app_audience_members(of_audience uuid)",
    "SETOF uuid",
    """
    SELECT o.id
    FROM access_audience a
    JOIN access_audiencegrant g ON g.content_object_id = a.id AND g.permission_id = app_view_permission()
    JOIN access_organisation o ON o.group_id = g.group_id AND o.is_active
    WHERE a.id = of_audience
      AND (a.owner_id = app_org() OR a.owner_id IS NULL AND a.region_id IN (SELECT app_regions()))
    """,
    callers=APP,
)

# Those who told me something: I may always answer them, even when we no longer share a region. Filled in by delivery.
CORRESPONDENTS = definer_function("app_correspondents()", "SETOF uuid", "SELECT NULL::uuid WHERE false", callers=APP)

GRANT_LOG = migrations.RunSQL(
    """
    CREATE TABLE access_audiencegrant_log (
      at timestamptz NOT NULL DEFAULT clock_timestamp(), action text NOT NULL, by_role text NOT NULL DEFAULT session_user,
      acting_org text, group_id integer NOT NULL, audience_id uuid NOT NULL
    );
    REVOKE ALL ON access_audiencegrant_log FROM portsec_app, portsec_system, portsec_definer;
    GRANT INSERT ON access_audiencegrant_log TO portsec_definer;
    GRANT SELECT ON access_audiencegrant_log TO portsec_system;
    """,
    "DROP TABLE access_audiencegrant_log;",
)

LOG_GRANT = definer_function(
    "app_log_grant()",
    "trigger",
    """
    BEGIN
      INSERT INTO access_audiencegrant_log (action, acting_org, group_id, audience_id)
      VALUES (TG_OP, current_setting('app.org_id', true), coalesce(NEW.group_id, OLD.group_id), coalesce(NEW.content_object_id, OLD.content_object_id));
      RETURN NULL;
    END
    """,
    language="plpgsql",
    volatility="VOLATILE",
    callers="portsec_owner",  # who makes the trigger
)

GRANT_TRIGGER = migrations.RunSQL(
    "CREATE TRIGGER grant_log AFTER INSERT OR UPDATE OR DELETE ON access_audiencegrant FOR EACH ROW EXECUTE FUNCTION app_log_grant();",
    "DROP TRIGGER grant_log ON access_audiencegrant;",
)


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial"), ("contenttypes", "0002_remove_content_type_name"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RunSQL("GRANT CREATE ON SCHEMA public TO portsec_definer;", migrations.RunSQL.noop),
        USER,
        ORGANISATION,
        VIEW_PERMISSION,
        AUDIENCES,
        REGIONS,
        VISIBLE_ORGANISATIONS,
        CORRESPONDENTS,
        RULE_MEMBERS,
        ADDRESSED_TABLE,
        ADDRESSED,
        RESOLVE_AUDIENCE,
        PREVIEW_MEMBERS,
        AUDIENCE_MEMBERS,
        GRANT_LOG,
        LOG_GRANT,
        GRANT_TRIGGER,
        # Who belongs where decides what everyone sees: written by system work alone.
        *(
            operation
            for table in ("region", "region_linked", "organisation", "regionmembership", "membership")
            for operation in revoke(f"access_{table}", "INSERT, UPDATE, DELETE", "portsec_app")
        ),
        # People are never put into groups, nor given permissions of their own: `membership` is the one truth.
        *revoke("access_user_groups", "INSERT, UPDATE"),
        *revoke("access_user_user_permissions", "INSERT, UPDATE"),
        *forced("access_audience"),
        *policy("access_audience", "readers", "SELECT", using="id IN (SELECT app_audiences()) OR id IN (SELECT app_addressed())"),
        *revoke("access_audience", "INSERT, UPDATE, DELETE", "portsec_app"),
        *forced("access_audiencegrant"),
        *policy(
            "access_audiencegrant",
            "own_group",
            "SELECT",
            using="group_id = (SELECT o.group_id FROM access_organisation o WHERE o.id = (SELECT app_org()))",
        ),
        *revoke("access_audiencegrant", "INSERT, UPDATE, DELETE", "portsec_app"),
    ]
