"""Files of ports that wait to be confirmed, kept to the body that chose them."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import portsec.access.ids
from portsec.access.row_security import forced, policy

OWN = "organisation_id = (SELECT app_org())"


class Migration(migrations.Migration):
    dependencies = [
        ("ports", "0006_contact_points_row_security"),
        ("access", "0003_invitations_and_tokens"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PortImport",
            fields=[
                ("id", models.UUIDField(default=portsec.access.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("file_name", models.CharField(max_length=120)),
                ("encoding", models.CharField(max_length=20)),
                ("delimiter", models.CharField(max_length=1)),
                ("time_zone", models.CharField(max_length=64)),
                ("lines", models.JSONField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.organisation"),
                ),
                ("region", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.region")),
            ],
        ),
        *forced("ports_portimport"),
        *policy("ports_portimport", "own", "ALL", using=OWN, check=OWN),
    ]
