"""Grants by the hundred: logged once a statement, under fewer indexes. Row by row the log took longer than the grants."""

import django.db.models.deletion
from django.db import migrations, models

from portsec.access.row_security import definer_function

# Each of the three triggers calls what changed `changed`. The function that they take the place of stays, for who goes back.
LOG_GRANTS = definer_function(
    "app_log_grants()",
    "trigger",
    """
    BEGIN
      INSERT INTO access_audiencegrant_log (action, acting_org, group_id, audience_id)
      SELECT TG_OP, current_setting('app.org_id', true), group_id, content_object_id FROM changed;
      RETURN NULL;
    END
    """,
    language="plpgsql",
    volatility="VOLATILE",
    callers="portsec_owner",  # who makes the triggers
)

BY_ROW = "CREATE TRIGGER grant_log AFTER INSERT OR UPDATE OR DELETE ON access_audiencegrant FOR EACH ROW EXECUTE FUNCTION app_log_grant();"
BY_STATEMENT = "".join(
    f"CREATE TRIGGER grant_log_{event.lower()} AFTER {event} ON access_audiencegrant REFERENCING {side} TABLE AS changed "
    "FOR EACH STATEMENT EXECUTE FUNCTION app_log_grants();"
    for event, side in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
)
NO_STATEMENT = "".join(f"DROP TRIGGER grant_log_{event} ON access_audiencegrant;" for event in ("insert", "update", "delete"))

APP = "portsec_app, portsec_system, portsec_definer"

# As before, but for one word: the permission is looked up once, and no longer for each of its hundreds of grants.
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
      SELECT o.group_id, (SELECT app_view_permission()), found FROM access_organisation o WHERE o.id = ANY (members);
      RETURN found;
    END
    """,
    language="plpgsql",
    volatility="VOLATILE",
    callers=APP,
)
RESOLVE_AUDIENCE.reverse_sql = migrations.RunSQL.noop  # the new one serves who goes back as well


class Migration(migrations.Migration):
    dependencies = [("access", "0006_sign_in")]

    operations = [
        LOG_GRANTS,
        migrations.RunSQL(f"DROP TRIGGER grant_log ON access_audiencegrant;{BY_STATEMENT}", f"{NO_STATEMENT}{BY_ROW}"),
        RESOLVE_AUDIENCE,
        # What the unique index of group, permission and audience answers as well.
        migrations.RemoveIndex(model_name="audiencegrant", name="grant_by_group"),
        migrations.AlterField(
            model_name="audiencegrant",
            name="group",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="auth.group"),
        ),
        migrations.AlterField(
            model_name="audiencegrant",
            name="permission",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="auth.permission"),
        ),
    ]
