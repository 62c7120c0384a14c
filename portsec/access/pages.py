"""Keyset pages of shareable records: the newest of each audience, merged (access.md has the measurements).

A plain `audience_id IN (…)` makes the planner walk the newest records of everybody, which is the whole table for an
organisation that sees few. The LATERAL form asks each audience for its newest, through one index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connections
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from portsec.access.acting import Acting, current_alias
from portsec.access.models import Shareable, ShareableQuerySet

Record = TypeVar("Record", bound=Shareable)
COUNT_CAP = 10_000


@dataclass(frozen=True)
class Key:
    """The place of a record in a list: its instant, then its id."""

    at: datetime
    pk: UUID

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}_{self.pk}"

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Raises ValueError for anything that `str` did not make."""
        at, _underscore, pk = text.partition("_")
        return cls(datetime.strptime(at, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC), UUID(pk))


@dataclass(frozen=True)
class Page(Generic[Record]):
    records: Sequence[Record]
    newer: Key | None
    older: Key | None


def newest_page(
    queryset: ShareableQuerySet,
    acting: Acting,
    *,
    limit: int,
    by: str = "published_at",
    before: Key | None = None,
    after: Key | None = None,
) -> Page[Any]:
    """A page of `queryset` (already narrowed by `visible_to` and filters), newest first, beside the keys of its neighbours.

    Two queries: which ids, then the records. `by` names the instant that orders them.
    """
    backwards = after is not None
    ids = _merged_ids(queryset, acting, limit + 1, by, before, after)
    more, ids = len(ids) > limit, ids[:limit]
    records = sorted(queryset.filter(pk__in=ids), key=lambda record: (getattr(record, by), record.pk), reverse=True)
    if not records:
        return Page(records, None, None)
    first, last = (Key(getattr(record, by), record.pk) for record in (records[0], records[-1]))
    has_newer, has_older = (more, True) if backwards else (before is not None, more)
    return Page(records, first if has_newer else None, last if has_older else None)


def first_after(queryset: ShareableQuerySet, acting: Acting, *, by: str, limit: int) -> list[Any]:
    """The first of `queryset` in the order of `by`, which no two records share: the way of a feed. 2 queries."""
    shared, own = _branches(queryset.order_by(by).values("pk", by), acting, limit)
    ids = [row[0] for row in _ask(f"SELECT id FROM ({shared.sql} UNION {own.sql}) AS merged ORDER BY at LIMIT {int(limit)}", shared, own)]  # noqa: S608
    return list(queryset.filter(pk__in=ids).order_by(by))


def _merged_ids(queryset: ShareableQuerySet, acting: Acting, limit: int, by: str, before: Key | None, after: Key | None) -> list[UUID]:
    order = (by, "pk") if after else (f"-{by}", "-pk")
    shared, own = _branches(queryset.filter(beyond(by, before, after)).order_by(*order).values("pk", by), acting, limit)
    direction = "ASC" if after else "DESC"
    merged = f"SELECT id FROM ({shared.sql} UNION {own.sql}) AS merged ORDER BY at {direction}, id {direction} LIMIT {int(limit)}"  # noqa: S608
    return [row[0] for row in _ask(merged, shared, own)]


@dataclass(frozen=True)
class _Branch:
    sql: str
    values: Sequence[Any]


def _branches(bare: "QuerySet[Any, Any]", acting: Acting, limit: int) -> tuple[_Branch, _Branch]:
    """The first of each audience, and the first of one's own, which may stand in an audience that one has left."""
    shared, shared_values = bare.filter(audience_id=RawSQL("a.id", ()))[:limit].query.sql_with_params()
    own, own_values = bare.filter(owner=acting.organisation)[:limit].query.sql_with_params()
    found = f"SELECT found.* FROM app_audiences() AS a(id) CROSS JOIN LATERAL ({shared}) AS found(id, at)"  # noqa: S608
    return _Branch(found, shared_values), _Branch(f"({own})", own_values)


def _ask(question: str, *branches: _Branch) -> list[tuple[Any, ...]]:
    with connections[current_alias()].cursor() as cursor:
        cursor.execute(question, [value for branch in branches for value in branch.values])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def beyond(by: str, before: Key | None, after: Key | None) -> Q:
    """The instant alone stands in front, so that an index leads to the place; the rest decides between its equals."""
    if before is not None:
        return Q(**{f"{by}__lte": before.at}) & (Q(**{f"{by}__lt": before.at}) | Q(pk__lt=before.pk))
    if after is not None:
        return Q(**{f"{by}__gte": after.at}) & (Q(**{f"{by}__gt": after.at}) | Q(pk__gt=after.pk))
    return Q()


def capped_count(queryset: ShareableQuerySet, acting: Acting) -> int:
    """The exact number up to COUNT_CAP; that number where there are more. 1 query.

    Audience after audience, and it stops at the cap: nothing is sorted, and who sees little reads little. The limit of each
    audience keeps the planner from joining with the whole table instead.
    """
    bare = queryset.order_by().values("pk")
    shared, shared_values = bare.filter(audience_id=RawSQL("a.id", ()))[:COUNT_CAP].query.sql_with_params()
    elsewhere = RawSQL("SELECT app_audiences()", ())
    own, own_values = bare.filter(owner=acting.organisation).exclude(audience_id__in=elsewhere).query.sql_with_params()
    counted = (
        f"SELECT count(*) FROM (SELECT 1 FROM app_audiences() AS a(id) CROSS JOIN LATERAL ({shared}) AS found "  # noqa: S608
        f"UNION ALL SELECT 1 FROM ({own}) AS found LIMIT {COUNT_CAP}) AS counted"
    )
    return int(_ask(counted, _Branch(shared, shared_values), _Branch(own, own_values))[0][0])
