from django.db import migrations

from portsec.access.row_security import expect_large_audiences, revoke, shareable_policies


class Migration(migrations.Migration):
    dependencies = [("ports", "0005_contact_points"), ("access", "0002_row_security")]

    operations = [
        *shareable_policies("ports_contactpoint"),
        *revoke("ports_contactpoint", "DELETE", "portsec_app"),  # it is retired instead
        *expect_large_audiences("ports_contactpoint"),
    ]
