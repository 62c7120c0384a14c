"""Contact points that were there before: from now on they are told by mail, as those that are added."""

from django.db import migrations

# As ports.told.followed and portsec.delivery.endpoints.follow_contact; under the role that may look past row security.
FOLLOW = """
SET LOCAL ROLE portsec_definer;
INSERT INTO delivery_endpoint (id, organisation_id, channel, address, label, contact_point, place, kinds, severities, days, opens_at,
                               closes_at, sealed_secret, sealed_previous, is_active, disabled_because, failures, last_error, created_at,
                               version)
SELECT uuidv7(), c.owner_id, way.channel, way.address, left(c.role || CASE c.person WHEN '' THEN '' ELSE ', ' || c.person END, 120), c.id,
       c.call_order,
       array_remove(ARRAY[CASE WHEN c.situations && '{alert,emergency}'::varchar[] THEN 'alert' END,
                          CASE WHEN 'level_change' = ANY (c.situations) THEN 'security_level_change' END], NULL),
       '{Extreme,Severe,Moderate,Minor,Unknown}', c.days, c.opens_at, c.closes_at, '', '', way.is_on, '', 0, '', now(), 1
FROM ports_contactpoint c
CROSS JOIN LATERAL (VALUES ('email', c.email, true), ('sms', c.phone, false)) AS way(channel, address, is_on)
WHERE c.is_active AND way.address <> ''
ON CONFLICT DO NOTHING;
RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("ports", "0012_profile_row_security"), ("delivery", "0004_dispatching")]

    operations = [migrations.RunSQL(FOLLOW, migrations.RunSQL.noop)]
