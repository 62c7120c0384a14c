"""Who sees a communications check: who started it, and the organisations that were asked, each its own contacts."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import portsec.access.ids
import re
from django.conf import settings
from django.db import migrations, models

from portsec.access.row_security import definer_function, forced, policy, revoke


ME = "(SELECT app_org())"
COORDINATES = (
    f"EXISTS (SELECT 1 FROM access_regionmembership m JOIN access_organisation o ON o.id = m.organisation_id "
    f"WHERE m.region_id = delivery_communicationscheck.region_id AND o.id = {ME} AND o.kind = 'coordination_body')"
)

# To every contact of the chosen organisations: one's own, or members of the region of a check that only its coordination body
# may write. Once: a check that has been sent is not sent again. The flood rule holds for it like for anything else.
SEND = """
    WITH told AS (
      SELECT c.* FROM delivery_communicationscheck c
      WHERE c.id = of_check AND c.organisation_id = app_org()
        AND NOT EXISTS (SELECT 1 FROM delivery_checkedcontact k WHERE k.communications_check_id = c.id)
    ), asked AS (
      SELECT uuidv7() AS dispatch_id, e.id AS endpoint_id, e.organisation_id, e.channel, e.place, told.id AS check_id, told.started_at
      FROM told JOIN delivery_endpoint e ON e.organisation_id = ANY (organisations) AND e.is_active AND e.contact_point IS NOT NULL
      JOIN access_organisation o ON o.id = e.organisation_id AND o.is_active
      WHERE CASE WHEN told.region_id IS NULL THEN e.organisation_id = app_org()
                 ELSE EXISTS (SELECT 1 FROM access_regionmembership m
                              WHERE m.region_id = told.region_id AND m.organisation_id = e.organisation_id) END
    ), sent AS (
      INSERT INTO delivery_dispatch (id, delivery_id, recipient_id, endpoint_id, channel, purpose, step, severity, state, reason,
                                     created_at, next_attempt_at, attempts)
      SELECT dispatch_id, NULL, organisation_id, endpoint_id, channel, 'check', 0, '', 'queued', '', started_at, started_at, 0 FROM asked
    ), noted AS (
      INSERT INTO delivery_checkedcontact (id, communications_check_id, checker_id, organisation_id, dispatch_id, place)
      SELECT uuidv7(), check_id, app_org(), organisation_id, dispatch_id, place FROM asked RETURNING 1
    ) SELECT count(*) FROM noted
"""


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0003_invitations_and_tokens'),
        ('delivery', '0006_ledger'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CommunicationsCheck',
            fields=[
                ('id', models.UUIDField(default=portsec.access.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('is_drill', models.BooleanField(default=False)),
                ('remark', models.CharField(blank=True, max_length=300, validators=[django.core.validators.RegexValidator(re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]'), 'This text holds a control character. Type it again, or paste it as plain text.', code='control_character', inverse_match=True), django.core.validators.RegexValidator('[\\r\\n\\t\\u2028\\u2029]', 'This is one line: remove the line break or tab.', code='line_break', inverse_match=True)])),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_at', models.DateTimeField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.region')),
                ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='CheckedContact',
            fields=[
                ('id', models.UUIDField(default=portsec.access.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('place', models.PositiveSmallIntegerField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('checker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('dispatch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='checked', to='delivery.dispatch')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
                ('communications_check', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='delivery.communicationscheck')),
            ],
        ),
        migrations.AddIndex(
            model_name='communicationscheck',
            index=models.Index(fields=['organisation', '-started_at'], name='check_started'),
        ),
        migrations.AddIndex(
            model_name='checkedcontact',
            index=models.Index(fields=['organisation', 'communications_check'], name='checked_of_organisation'),
        ),
        *forced("delivery_communicationscheck"),
        *policy(
            "delivery_communicationscheck",
            "parties",
            "SELECT",
            using=f"organisation_id = {ME} OR EXISTS (SELECT 1 FROM delivery_checkedcontact k "
            "WHERE k.communications_check_id = delivery_communicationscheck.id)",
        ),
        *policy(
            "delivery_communicationscheck",
            "checker_inserts",
            "INSERT",
            check=f"organisation_id = {ME} AND (region_id IS NULL OR {COORDINATES})",
        ),
        *revoke("delivery_communicationscheck", "UPDATE, DELETE", "portsec_app"),
        *forced("delivery_checkedcontact"),
        *policy("delivery_checkedcontact", "parties", "SELECT", using=f"{ME} IN (checker_id, organisation_id)"),
        *revoke("delivery_checkedcontact", "INSERT, UPDATE, DELETE", "portsec_app"),
        *policy(
            "delivery_dispatch",
            "checker",
            "SELECT",
            using="delivery_id IS NULL AND EXISTS (SELECT 1 FROM delivery_checkedcontact k WHERE k.dispatch_id = delivery_dispatch.id)",
        ),
        definer_function(
            "app_send_check(of_check uuid, organisations uuid[])", "bigint", SEND, volatility="VOLATILE", callers="portsec_app"
        ),
    ]
