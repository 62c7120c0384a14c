"""How the people of an organisation sign in: a second factor required from a day on, an OpenID provider of its own."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import portsec.access.ids
import portsec.access.text
from portsec.access.row_security import forced, policy, revoke

OWN = "organisation_id = (SELECT app_org())"
PLAIN_LINE = [portsec.access.text.no_control_characters, portsec.access.text.one_line]


class Migration(migrations.Migration):
    dependencies = [("access", "0004_setting_up")]

    operations = [
        migrations.AddField("organisation", "password_allowed", models.BooleanField(default=True)),
        migrations.AddField("organisation", "second_factor_from", models.DateTimeField(blank=True, null=True)),
        migrations.CreateModel(
            name="OpenIdConnection",
            fields=[
                ("id", models.UUIDField(default=portsec.access.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("issuer", models.CharField(max_length=300, validators=PLAIN_LINE)),
                ("client_id", models.CharField(max_length=300, validators=PLAIN_LINE)),
                ("sealed_secret", models.TextField(blank=True)),
                ("domains", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253), size=None)),
                ("trusts_factor", models.BooleanField(default=False)),
                ("tested_at", models.DateTimeField(blank=True, null=True)),
                ("works", models.BooleanField(default=False)),
                ("fault", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "organisation",
                    models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="openid", to="access.organisation"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OpenIdLink",
            fields=[
                ("id", models.UUIDField(default=portsec.access.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("issuer", models.CharField(max_length=300)),
                ("subject", models.CharField(max_length=255)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "connection",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="links", to="access.openidconnection"),
                ),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "issuer", "subject"), name="subject_once_at_an_issuer"),
                    models.UniqueConstraint(fields=("connection", "issuer", "user"), name="person_once_at_an_issuer"),
                ],
            },
        ),
        *forced("access_openidconnection"),
        *policy("access_openidconnection", "own", "ALL", using=OWN, check=OWN),
        # Whom a provider means by a subject is written and read while nobody acts yet: by the system alone.
        *forced("access_openidlink"),
        *revoke("access_openidlink", "INSERT, UPDATE, DELETE", "portsec_app"),
    ]
