"""An index for expiry that a page of active alerts cannot be led astray by.

It holds all that is active and is small, so the planner read the whole of it for each audience in turn: 12 ms for a page
that takes 2 from the index which begins with the audience. It only serves what has a time to expire at, and says so now.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_pages")]

    operations = [
        migrations.RemoveIndex(model_name="alert", name="alert_to_expire"),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["expires_at"], condition=Q(state="active", expires_at__isnull=False), name="alert_to_expire"),
        ),
    ]
