from django.db import migrations

from portsec.access.row_security import expect_large_audiences


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_row_security")]

    operations = expect_large_audiences("journal_entry")
