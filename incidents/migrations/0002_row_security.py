from django.db import migrations

from portsec.access.row_security import revoke, shareable_policies


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial"), ("access", "0002_row_security")]

    operations = [
        *shareable_policies("incidents_alert", deletable="state = 'draft'"),
        *shareable_policies("incidents_alertmessage"),
        *revoke("incidents_alertmessage", "UPDATE, DELETE", "portsec_app"),
    ]
