from django.db import migrations

from portsec.access.row_security import revoke, shareable_policies


class Migration(migrations.Migration):
    dependencies = [("ports", "0001_initial"), ("access", "0002_row_security")]

    operations = [
        *shareable_policies("ports_securitylevelchange"),
        *revoke("ports_securitylevelchange", "DELETE", "portsec_app"),
    ]
