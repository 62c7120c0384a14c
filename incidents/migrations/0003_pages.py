"""Indexes for pages that few records belong on, and a planner that does not go by the average audience."""

from django.db import migrations, models
from django.db.models import Q

from portsec.access.row_security import expect_large_audiences


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_row_security")]

    operations = [
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["audience", "severity", "-published_at", "-id"], name="alert_page_by_severity"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["owner", "severity", "-published_at", "-id"], name="alert_own_by_severity"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["audience", "-published_at", "-id"], condition=Q(state="active"), name="alert_active_page"),
        ),
        *expect_large_audiences("incidents_alert"),
    ]
