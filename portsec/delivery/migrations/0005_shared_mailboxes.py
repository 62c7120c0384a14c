"""Since when an endpoint fails; and a shared mailbox is told at once, as a webhook is.

In 0004 whatever was no person's and no webhook stood in the order of the contacts, of whom the first on duty is told at once. A
mailbox is on duty day and night: in that order it would have taken the place of whoever answers.
"""

from importlib import import_module

from django.db import migrations, models
from django.db.migrations import RunSQL

from portsec.access.row_security import definer_function

dispatching = import_module("portsec.delivery.migrations.0004_dispatching")
BEFORE, AFTER = "e.person_id IS NULL AND e.channel <> 'webhook' AS is_contact", "e.contact_point IS NOT NULL AS is_contact"
if BEFORE not in dispatching.FAN_OUT:
    raise RuntimeError("0004_dispatching does not hold the line that this migration changes")
FAN_OUT = dispatching.FAN_OUT.replace(BEFORE, AFTER)


def fan_out(body: str) -> str:
    made = definer_function(dispatching.FAN_OUT_SIGNATURE, "SETOF uuid", body, volatility="VOLATILE", callers="portsec_app")
    return str(made.sql)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0004_dispatching")]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="failing_since",
            field=models.DateTimeField(editable=False, help_text="Since the first of these failures.", null=True),
        ),
        RunSQL(fan_out(FAN_OUT), fan_out(dispatching.FAN_OUT)),
    ]
