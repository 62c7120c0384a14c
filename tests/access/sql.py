"""Raw SQL as one of the three roles: what a forgotten filter, or an injected statement, could read and change."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connections, transaction

Rows = list[tuple[Any, ...]]


def rows(sql: str, parameters: Sequence[Any] = (), *, alias: str = "default") -> Rows:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def column(sql: str, parameters: Sequence[Any] = (), *, alias: str = "default") -> list[Any]:
    return [row[0] for row in rows(sql, parameters, alias=alias)]


def one(sql: str, parameters: Sequence[Any] = (), *, alias: str = "default") -> Any:
    return rows(sql, parameters, alias=alias)[0][0]


def changed(sql: str, parameters: Sequence[Any] = (), *, alias: str = "default") -> int:
    """How many rows the statement wrote."""
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


@contextmanager
def claiming(user: UUID | str, organisation: UUID | str, *, kept: bool = False) -> Iterator[None]:
    """The two variables set by hand, as an injected statement could; what is written inside is taken back, unless `kept`."""
    with transaction.atomic():
        rows("SELECT set_config('app.user_id', %s, true), set_config('app.org_id', %s, true)", [str(user), str(organisation)])
        yield
        rows("SELECT set_config('app.user_id', '', true), set_config('app.org_id', '', true)")
        transaction.set_rollback(not kept)


@contextmanager
def taken_back(alias: str = "default") -> Iterator[None]:
    """A savepoint that never stays: for a statement that fails, or a request that writes."""
    with transaction.atomic(using=alias):
        yield
        transaction.set_rollback(True, using=alias)


NOBODY = ("", "")


def told() -> tuple[str, str]:
    """The user and the organisation that the connection knows of at this moment."""
    return rows("SELECT coalesce(current_setting('app.user_id', true), ''), coalesce(current_setting('app.org_id', true), '')")[0]
