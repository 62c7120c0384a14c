"""Readings are the reader's organisation's own: written for oneself only, and never changed."""

from django.db import migrations

from portsec.access.row_security import FOR_ME, forced, policy, revoke

OWN = f"organisation_id = (SELECT app_org()) AND {FOR_ME}"


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_reading"), ("access", "0002_row_security")]

    operations = [
        *forced("journal_reading"),
        *policy("journal_reading", "readers", "SELECT", using=OWN),
        *policy("journal_reading", "writers", "INSERT", check=f"{OWN} AND user_id = (SELECT app_user())"),
        *revoke("journal_reading", "UPDATE, DELETE", "portsec_app, portsec_system, portsec_definer"),
    ]
