"""What happens to the stack in the middle of things. Each returns when the part runs again, not yet when all is well."""

import signal
from collections.abc import Callable

import redis

from tests.chaos.running import BACK_WITHIN, POSTGRES, VALKEY, WEB, WORKER, Running
from tests.waiting import wait_until

MARK = "chaos:was-here"
PUBLISHED = "SELECT count(*) FROM incidents_alert WHERE state = 'active'"
Fault = Callable[[Running], None]


def valkey_killed_keeping_its_data(stack: Running) -> None:
    """It is told to write its data down first; a Valkey with persistence would have."""
    stack.valkey.set(MARK, "1")
    stack.valkey.save()
    stack.strike(VALKEY)
    wait_until(lambda: _marked(stack) == "1", BACK_WITHIN, "Valkey has its data again")


def valkey_killed_losing_its_data(stack: Running) -> None:
    (stack.home / "valkey" / "dump.rdb").unlink(missing_ok=True)
    stack.valkey.set(MARK, "1")
    stack.strike(VALKEY)
    wait_until(lambda: _marked(stack) == "", BACK_WITHIN, "Valkey answers, and has forgotten")


def _marked(stack: Running) -> str | None:
    """The mark, "" where there is none, None while it does not answer."""
    try:
        return stack.valkey.get(MARK) or ""
    except redis.RedisError:
        return None


def valkey_hangs(stack: Running) -> None:
    """Worse than dead: it takes connections and says nothing, while alerts go on being sent."""
    valkey = stack.child(VALKEY)
    valkey.suspend()
    try:
        wait_until(lambda: not stack.is_ready(), BACK_WITHIN, "/readyz notices")
        count = stack.rows(PUBLISHED)[0][0]
        wait_until(lambda: stack.rows(PUBLISHED)[0][0] >= count + 8, BACK_WITHIN, "alerts are written without Valkey")
    finally:
        valkey.resume()


def web_killed(stack: Running) -> None:
    stack.strike(WEB)


def worker_killed(stack: Running) -> None:
    stack.strike(WORKER)


def postgres_restarted(stack: Running) -> None:
    """As `pg_ctl restart -m fast`: open transactions are taken back, the data is written out."""
    stack.strike(POSTGRES, signal.SIGINT)


def postgres_killed(stack: Running) -> None:
    """It recovers from its log."""
    stack.strike(POSTGRES)


FAULTS: list[Fault] = [
    valkey_killed_keeping_its_data,
    valkey_killed_losing_its_data,
    valkey_hangs,
    web_killed,
    worker_killed,
    postgres_restarted,
    postgres_killed,
]
