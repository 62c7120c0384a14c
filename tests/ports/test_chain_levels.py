"""The migration that puts changes of before into a chain: run again over rows that have lost theirs."""

from collections.abc import Callable
from importlib import import_module

from django.db import connections, transaction

from ports.models import SecurityLevelChange
from portsec.access.acting import acting_for
from tests.access.sql import changed
from tests.cast import Cast

SetLevel = Callable[..., SecurityLevelChange]
CHAIN = import_module("ports.migrations.0004_levels_row_security").CHAIN


def chain(cast: Cast, name: str) -> list[tuple[int, int | None, bool]]:
    """(level, the one before it, in force?) of each change of a port, oldest first."""
    with acting_for(cast.as_(name)) as acting:
        found = SecurityLevelChange.objects.visible_to(acting).filter(owner=acting.organisation).order_by("effective_at")
        return [(one.level, one.previous_level if one.replaces_id else None, not hasattr(one, "replaced_by")) for one in found]


def test_each_port_gets_its_own_chain(committed: Cast, set_level: SetLevel) -> None:
    for name, levels in (("gdansk", (2, 1, 2)), ("gdynia", (2,))):
        for level in levels:
            set_level(committed.as_(name), level)
    before = {name: chain(committed, name) for name in ("gdansk", "gdynia")}
    with transaction.atomic(using="owner"):
        changed("SET LOCAL ROLE portsec_definer", alias="owner")
        assert changed("UPDATE ports_securitylevelchange SET replaces_id = NULL, previous_level = NULL", alias="owner") == 4
    assert chain(committed, "gdansk") == [(2, None, True), (1, None, True), (2, None, True)]
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(CHAIN.sql)
    assert {name: chain(committed, name) for name in ("gdansk", "gdynia")} == before
    assert before["gdansk"] == [(2, None, False), (1, 2, False), (2, 1, True)]
