"""A port's own people keep its profile; neighbours read what is shared with them; a file's version is added and never changed."""

from django.db import migrations

from portsec.access.row_security import SEEN, WRITTEN, definer_function, expect_large_audiences, forced, policy, revoke, shareable_policies

VERSION = "ports_documentversion"
# A version stands under a document of one's own, and is for exactly those who may read the document.
OF_MY_DOCUMENT = f"""
document_id IN (SELECT d.id FROM ports_portdocument d
                WHERE d.owner_id = (SELECT app_org()) AND d.audience_id = {VERSION}.audience_id
                  AND d.persons IS NOT DISTINCT FROM {VERSION}.persons)
"""

# Name, place and clock stand in tables that the policies themselves read: the application may write its own port's row in this
# one way, and no other row in any.
KEEP_PORT = definer_function(
    "app_keep_port(code text, north double precision, east double precision, zone text)",
    "integer",
    """
    WITH placed AS (UPDATE ports_portprofile SET unlocode = code, latitude = north, longitude = east
                    WHERE organisation_id = app_org() RETURNING organisation_id),
         timed AS (UPDATE access_organisation SET time_zone = zone
                   WHERE id IN (SELECT organisation_id FROM placed) AND time_zone <> zone)
    SELECT count(*)::integer FROM placed
    """,
    volatility="VOLATILE",
    callers="portsec_app, portsec_definer",
)


class Migration(migrations.Migration):
    dependencies = [("ports", "0011_profile"), ("access", "0002_row_security")]

    operations = [
        KEEP_PORT,
        *revoke("ports_portprofile", "INSERT, UPDATE, DELETE", "portsec_app"),
        *(
            operation
            for table in ("ports_portdescription", "ports_portactivity", "ports_portdocument", "ports_plannedlevel")
            for operation in (
                *shareable_policies(table),
                *revoke(table, "DELETE", "portsec_app"),
                *expect_large_audiences(table),
            )
        ),
        *forced(VERSION),
        *policy(VERSION, "readers", "SELECT", using=SEEN),
        *policy(VERSION, "owner_inserts", "INSERT", check=f"{WRITTEN} AND {OF_MY_DOCUMENT}"),
        *revoke(VERSION, "UPDATE, DELETE"),
    ]
