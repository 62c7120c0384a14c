"""What setting up a region needs: an invitation sent for another organisation, and proposals that somebody elsewhere answers."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import portsec.access.ids
import portsec.access.models.proposal
import portsec.access.text
from portsec.access.row_security import forced, policy, revoke

MINE = "body_id = (SELECT app_org())"
# A link may be answered by whoever coordinates the other region; that it is a body, and its role, the verb asks.
TO_ME = "organisation_id = (SELECT app_org()) OR other_id IN (SELECT app_regions())"


class Migration(migrations.Migration):
    dependencies = [("access", "0003_invitations_and_tokens")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="sent_for",
            field=models.ForeignKey(
                blank=True,
                help_text="The coordination body that asks the first administrator; empty where the organisation invites its own people.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.organisation",
            ),
        ),
        *policy("access_invitation", "sent_for", "SELECT", using="sent_for_id = (SELECT app_org())"),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.UUIDField(default=portsec.access.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("membership", "Membership"), ("link", "Link")], max_length=12)),
                (
                    "wanted",
                    models.CharField(
                        max_length=120, validators=[portsec.access.text.no_control_characters, portsec.access.text.one_line]
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(default=portsec.access.models.proposal.a_month_ahead)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("accepted", "Accepted"), ("declined", "Declined"), ("withdrawn", "Withdrawn")],
                        default="",
                        max_length=10,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "body",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.organisation"),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.organisation"
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.region"
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="proposals", to="access.region"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                models.F("kind"),
                models.F("region"),
                models.F("wanted"),
                condition=models.Q(("answer", "")),
                name="one_waiting_proposal_of_a_name",
            ),
        ),
        *forced("access_proposal"),
        *policy("access_proposal", "sent", "SELECT", using=MINE),
        *policy("access_proposal", "received", "SELECT", using=TO_ME),
        # Whom a name means is looked up past the walls, and an answer changes who sees what: system work, checked by the verbs.
        *revoke("access_proposal", "INSERT, UPDATE, DELETE", "portsec_app"),
    ]
