from django.db import connections

from portsec.access.acting import current_alias


def one_at_a_time(what: str) -> None:
    """Whoever does the same waits here until this transaction has ended, and then finds what it has done."""
    with connections[current_alias()].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])
