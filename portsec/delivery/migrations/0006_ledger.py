"""An escalation that is begun anew numbers its steps on: else what is sent again would count as sent already."""

from django.db import migrations, models

from portsec.access.row_security import definer_function

STEERED = """
    WITH steered AS (
      UPDATE delivery_delivery SET
        escalation_paused_at = CASE how WHEN 'pause' THEN at END,
        escalation_before = CASE how WHEN 'restart' THEN escalation_before + escalation_step ELSE escalation_before END,
        escalation_step = CASE how WHEN 'restart' THEN 0 ELSE escalation_step END,
        escalate_at = CASE how
          WHEN 'pause' THEN escalate_at
          WHEN 'resume' THEN escalate_at + (at - escalation_paused_at)
          ELSE greatest(acknowledge_by, at) + make_interval(secs => (escalation_steps -> 0 ->> 'after')::int) END
      WHERE id = of_delivery AND app_org() IN (sender_id, coordinator_id) AND app_org() <> recipient_id
        AND (persons IS NULL OR app_user() = ANY (persons))
        AND state IN ('queued', 'sending', 'accepted', 'delivered', 'seen') AND acknowledge_by IS NOT NULL
        AND CASE how WHEN 'pause' THEN escalation_paused_at IS NULL AND escalate_at IS NOT NULL
                     WHEN 'resume' THEN escalation_paused_at IS NOT NULL
                     WHEN 'restart' THEN escalation_step > 0 OR escalation_paused_at IS NOT NULL ELSE false END
      RETURNING 1
    ) SELECT count(*) FROM steered
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0005_shared_mailboxes")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="escalation_before",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="How many were taken before it was begun anew: the numbering goes on."
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("coordinator__isnull", False)), fields=["coordinator", "-created_at"], name="delivery_coordinated"
            ),
        ),
        definer_function(
            "app_steer_escalation(of_delivery uuid, how text, at timestamptz)",
            "bigint",
            STEERED,
            volatility="VOLATILE",
            callers="portsec_app",
        ),
    ]
