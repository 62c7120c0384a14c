"""A facility is its port's; a clock is written by who set the level and answered by the port alone."""

from django.db import migrations

from portsec.access.row_security import FOR_ME, SEEN, WRITTEN, expect_large_audiences, forced, grant, policy, revoke, shareable_policies

CLOCK = "ports_levelattainment"
OF_MY_FACILITY = "port_id = (SELECT app_org())"
UNANSWERED = "acknowledged_at IS NULL AND attained_at IS NULL"

# Changes from before the chain: each takes the place of the one before it. As the definer, since the owner of the tables sees no rows.
CHAIN = migrations.RunSQL(
    """
    SET LOCAL ROLE portsec_definer;
    UPDATE ports_securitylevelchange c SET replaces_id = earlier.id, previous_level = earlier.level
    FROM (SELECT id, lag(id) OVER (PARTITION BY owner_id ORDER BY effective_at, id) AS before FROM ports_securitylevelchange) AS placed
    JOIN ports_securitylevelchange earlier ON earlier.id = placed.before
    WHERE c.id = placed.id;
    RESET ROLE;
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [("ports", "0003_levels")]

    operations = [
        *shareable_policies("ports_portfacility"),
        *revoke("ports_portfacility", "DELETE", "portsec_app"),
        *expect_large_audiences("ports_portfacility"),
        *forced(CLOCK),
        *policy(CLOCK, "readers", "SELECT", using=SEEN),
        *policy(CLOCK, "owner_inserts", "INSERT", check=f"{WRITTEN} AND {UNANSWERED}"),
        # The one who set the level cannot answer in the facility's place, nor move the hour at which it was due.
        *policy(CLOCK, "port_attains", "UPDATE", using=f"{OF_MY_FACILITY} AND {FOR_ME}", check=OF_MY_FACILITY),
        *revoke(CLOCK, "UPDATE, DELETE", "portsec_app"),
        *grant(CLOCK, "UPDATE (acknowledged_at, acknowledged_by_id, attained_at, attained_by_id, remark)", "portsec_app"),
        CHAIN,
    ]
