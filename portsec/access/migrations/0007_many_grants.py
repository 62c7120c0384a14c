"""Grants by the hundred: logged once a statement, under fewer indexes. Row by row the log took longer than the grants."""

from importlib import import_module

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
BEFORE, AFTER = "SELECT o.group_id, app_view_permission(), found", "SELECT o.group_id, (SELECT app_view_permission()), found"
resolved_before = str(import_module("portsec.access.migrations.0002_row_security").RESOLVE_AUDIENCE.sql)
if BEFORE not in resolved_before:
    raise RuntimeError("0002_row_security does not hold the line that this migration changes")
RESOLVE_AUDIENCE = migrations.RunSQL(resolved_before.replace(BEFORE, AFTER), migrations.RunSQL.noop)  # serves who goes back as well


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
