"""Invitations, kept to their own organisation by row security; what a service token is limited to, and its last use."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import portsec.access.ids
import portsec.access.text
from portsec.access.row_security import forced, policy, revoke

OWN = "organisation_id = (SELECT app_org())"
ROLES = [
    ("administrator", "Administrator"),
    ("security_officer", "Security officer"),
    ("deputy", "Deputy"),
    ("staff", "Staff"),
    ("observer", "Observer"),
    ("coordinator", "Regional coordinator"),
    ("liaison", "Agency liaison"),
    ("service", "Service token"),
]
PLAIN_LINE = [portsec.access.text.no_control_characters, portsec.access.text.one_line]


class Migration(migrations.Migration):
    dependencies = [("access", "0002_row_security")]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.UUIDField(default=portsec.access.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254)),
                ("name", models.CharField(max_length=120, validators=PLAIN_LINE)),
                ("role", models.CharField(choices=ROLES, max_length=20)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="invitations", to="access.organisation"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                models.F("organisation"),
                condition=models.Q(("accepted_at", None), ("withdrawn_at", None)),
                name="one_waiting_invitation_an_address",
            ),
        ),
        *forced("access_invitation"),
        *policy("access_invitation", "own", "ALL", using=OWN, check=OWN),
        *revoke("access_invitation", "DELETE"),  # who was asked, and what became of it, stays
        migrations.AlterField(
            model_name="servicetoken", name="name", field=models.CharField(max_length=80, validators=PLAIN_LINE)
        ),
        migrations.AddField(
            model_name="servicetoken",
            name="networks",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=43), default=list, size=None),
        ),
        migrations.AddField(
            model_name="servicetoken",
            name="created_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="servicetoken", name="last_used_at", field=models.DateTimeField(blank=True, editable=False, null=True)
        ),
        migrations.AddField(
            model_name="servicetoken", name="replaced_at", field=models.DateTimeField(blank=True, editable=False, null=True)
        ),
    ]
