import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import portsec.access.ids
import portsec.access.text
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

TEXT = [portsec.access.text.no_control_characters, portsec.access.text.one_line]
LEVELS = [(1, "normal"), (2, "heightened"), (3, "exceptional")]
CARGO = [
    ("container", "Containers"),
    ("dry_bulk", "Dry bulk"),
    ("liquid_bulk", "Liquid bulk, gas"),
    ("general", "General cargo"),
    ("ro_ro", "Ro-ro, vehicles"),
    ("passenger", "Passengers"),
    ("cruise", "Cruise ships"),
    ("other", "Other"),
]
SCOPES = [("region", "Whole region"), ("port", "Whole port"), ("facility", "One facility"), ("operation", "A kind of operation")]
PROTECT = django.db.models.deletion.PROTECT


def to(model: str, **options):
    return models.ForeignKey(on_delete=PROTECT, related_name="+", to=model, **options)


def person():
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
    )


SHAREABLE = [
    ("id", models.UUIDField(default=portsec.access.ids.new_id, editable=False, primary_key=True, serialize=False)),
    (
        "persons",
        django.contrib.postgres.fields.ArrayField(
            base_field=models.UUIDField(), blank=True, editable=False, help_text="Of TLP:RED: the users who may read it.", null=True, size=None
        ),
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0002_row_security"),
        ("ports", "0002_row_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PortFacility",
            fields=[
                *SHAREABLE,
                ("name", models.CharField(max_length=120, validators=TEXT)),
                (
                    "imo_number",
                    models.CharField(
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{2}[A-Z2-9]{3}-\\d{4}$", "Write the UN/LOCODE, a hyphen and four figures: PLGDN-0001."
                            )
                        ],
                        verbose_name="IMO facility number",
                    ),
                ),
                (
                    "cargo_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(choices=CARGO, max_length=12), blank=True, default=list, size=8
                    ),
                ),
                (
                    "plan_approved_on",
                    models.DateField(blank=True, help_text="When the authority approved the facility's security plan.", null=True),
                ),
                (
                    "attain_hours",
                    models.PositiveSmallIntegerField(
                        default=12,
                        help_text="Hours until a raised level's measures are in place. 12 where 33 CFR 105.230 holds; your plan may say less.",
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(72)],
                    ),
                ),
                ("is_active", models.BooleanField(default=True, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("audience", to("access.audience")),
                ("owner", to("access.organisation")),
            ],
            options={
                "indexes": [models.Index(fields=["audience", "imo_number"], name="facility_of_audience")],
                "constraints": [models.UniqueConstraint(fields=("owner", "imo_number"), name="facility_number_once")],
            },
        ),
        migrations.AddField("securitylevelchange", "scope", models.CharField(choices=SCOPES, default="port", max_length=10)),
        migrations.AddField("securitylevelchange", "region", to("access.region", blank=True, null=True)),
        migrations.AddField("securitylevelchange", "facility", to("ports.portfacility", blank=True, null=True)),
        migrations.AddField(
            "securitylevelchange",
            "operation",
            models.CharField(blank=True, default="", help_text="For example: Ferry check-in.", max_length=80, validators=TEXT),
            preserve_default=False,
        ),
        migrations.AddField(
            "securitylevelchange", "previous_level", models.PositiveSmallIntegerField(choices=LEVELS, editable=False, null=True)
        ),
        migrations.AddField(
            "securitylevelchange",
            "authority",
            models.CharField(blank=True, default="", help_text="Who ordered it, where it was not you.", max_length=120, validators=TEXT),
            preserve_default=False,
        ),
        migrations.AddField(
            "securitylevelchange",
            "replaces",
            models.OneToOneField(
                editable=False, null=True, on_delete=PROTECT, related_name="replaced_by", to="ports.securitylevelchange"
            ),
        ),
        migrations.AddField("securitylevelchange", "rise", to("ports.securitylevelchange", editable=False, null=True)),
        migrations.AddIndex(
            "securitylevelchange",
            models.Index(condition=Q(("scope", "region")), fields=["region", "-effective_at"], name="level_of_region"),
        ),
        migrations.AddConstraint(
            "securitylevelchange",
            models.CheckConstraint(
                condition=Q(scope="region", region__isnull=False) | (~Q(scope="region") & Q(region__isnull=True)),
                name="level_region_of_scope",
            ),
        ),
        migrations.AddConstraint(
            "securitylevelchange",
            models.CheckConstraint(condition=~Q(scope="facility") | Q(facility__isnull=False), name="level_facility_of_scope"),
        ),
        migrations.AddConstraint(
            "securitylevelchange",
            models.CheckConstraint(
                condition=Q(scope="operation") & ~Q(operation="") | ~Q(scope="operation") & Q(operation=""),
                name="level_operation_of_scope",
            ),
        ),
        migrations.CreateModel(
            name="LevelAttainment",
            fields=[
                *SHAREABLE,
                ("due_at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("attained_at", models.DateTimeField(null=True)),
                ("remark", models.CharField(blank=True, max_length=500, validators=TEXT)),
                ("acknowledged_by", person()),
                ("attained_by", person()),
                ("audience", to("access.audience")),
                (
                    "change",
                    models.ForeignKey(on_delete=PROTECT, related_name="attainments", to="ports.securitylevelchange"),
                ),
                ("facility", models.ForeignKey(on_delete=PROTECT, related_name="attainments", to="ports.portfacility")),
                ("owner", to("access.organisation")),
                ("port", to("access.organisation")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["audience", "due_at"], name="attainment_of_audience"),
                    models.Index(condition=Q(("attained_at__isnull", True)), fields=["port"], name="attainment_open"),
                ],
                "constraints": [models.UniqueConstraint(fields=("change", "facility"), name="attained_once")],
            },
        ),
    ]
