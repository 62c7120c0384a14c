"""PostgreSQL goes and comes back: the hub reads on from where it was."""

from collections.abc import Callable

import pytest
from django.db import connections

from incidents.models import Alert
from portsec.live.tickets import make_ticket
from tests.cast import Cast
from tests.live.conftest import Web

Publish = Callable[..., Alert]


def end_connections() -> None:
    """As a restart would, for every connection but this one."""
    with connections["system"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()")


def test_it_reads_on_over_a_new_connection(web: Web, committed: Cast, publish: Publish) -> None:
    board = web.open(committed.as_("gdynia"))
    end_connections()
    publish(committed.as_("gdansk"), headline="After the break")
    assert board.until("After the break") == ["After the break"]
    end_connections()
    assert web.open(committed.as_("riga")).hello


def test_it_asks_a_client_to_come_later_while_it_can_ask_nobody(web: Web, committed: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = make_ticket(committed.as_("gdynia"))
    monkeypatch.setitem(connections["system"].settings_dict, "NAME", "no_such_database")
    end_connections()
    assert web.knock(f"ticket={ticket}").refusal() == 1013
