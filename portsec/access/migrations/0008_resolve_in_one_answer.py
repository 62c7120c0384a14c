"""Who resolves an audience is given its row, and is asked for who told it something only where it names no neighbour.

To fetch the row by itself asks its policy for everything that the organisation was ever told or has ever addressed. Whom one
has been told something by is read from all deliveries that one ever had: more each day, and for most sets to no purpose.
"""

from importlib import import_module

from django.db import migrations

from portsec.access.row_security import definer_function

APP = "portsec_app, portsec_system, portsec_definer"

RESOLVE_AUDIENCE = definer_function(
    "app_resolve_audience(rule text, of_region uuid, organisations uuid[])",
    "access_audience",
    """
    DECLARE
      me uuid := app_org();
      members uuid[];
      audience_key text;
      audience_owner uuid;
      audience access_audience;
    BEGIN
      IF me IS NULL THEN RAISE EXCEPTION 'no acting organisation' USING ERRCODE = 'insufficient_privilege'; END IF;
      IF rule = 'own' THEN
        members := ARRAY[me]; audience_key := 'own:' || me; audience_owner := me;
      ELSIF rule = 'named' THEN
        SELECT array_agg(DISTINCT o ORDER BY o) INTO members FROM unnest(organisations || me) AS o;
        IF EXISTS (SELECT unnest(members) EXCEPT SELECT app_visible_organisations())
           AND EXISTS (SELECT unnest(members) EXCEPT SELECT app_visible_organisations() EXCEPT SELECT app_correspondents()) THEN
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

      SELECT * INTO audience FROM access_audience WHERE key = audience_key;
      IF audience.id IS NOT NULL THEN
        INSERT INTO access_audience_addressed (organisation_id, audience_id) VALUES (me, audience.id) ON CONFLICT DO NOTHING;
        RETURN audience;
      END IF;
      -- Whoever joins or leaves a region meanwhile holds this lock alone: no member is left out of an audience that is
      -- being made, and the members are counted after the lock is held.
      PERFORM pg_advisory_xact_lock_shared(7702002);
      IF rule NOT IN ('own', 'named') THEN
        SELECT array_agg(m) INTO members FROM (SELECT app_rule_members(rule, of_region) UNION SELECT me) AS counted(m);
      END IF;
      INSERT INTO access_audience (id, key, kind, region_id, owner_id)
      VALUES (uuidv7(), audience_key, rule, CASE WHEN rule IN ('own', 'named') THEN NULL ELSE of_region END, audience_owner)
      ON CONFLICT (key) DO NOTHING RETURNING * INTO audience;
      IF audience.id IS NULL THEN  -- another session was first; its grants are committed with it
        SELECT * INTO audience FROM access_audience WHERE key = audience_key;
        INSERT INTO access_audience_addressed (organisation_id, audience_id) VALUES (me, audience.id) ON CONFLICT DO NOTHING;
        RETURN audience;
      END IF;
      INSERT INTO access_audience_addressed (organisation_id, audience_id) VALUES (me, audience.id);
      INSERT INTO access_audiencegrant (group_id, permission_id, content_object_id)
      SELECT o.group_id, (SELECT app_view_permission()), audience.id FROM access_organisation o WHERE o.id = ANY (members);
      RETURN audience;
    END
    """,
    language="plpgsql",
    volatility="VOLATILE",
    callers=APP,
)

# What a function answers with cannot be changed in its place.
BEFORE = import_module("portsec.access.migrations.0007_many_grants").RESOLVE_AUDIENCE.sql
FORGET = "SET LOCAL ROLE portsec_definer; DROP FUNCTION app_resolve_audience(text, uuid, uuid[]); RESET ROLE;"


class Migration(migrations.Migration):
    dependencies = [("access", "0007_many_grants")]

    operations = [migrations.RunSQL(FORGET, BEFORE), RESOLVE_AUDIENCE]
