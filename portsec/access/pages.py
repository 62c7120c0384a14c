"""Keyset pages of shareable records: the newest of each audience, merged (access.md has the measurements).

A plain `audience_id IN (…)` makes the planner walk the newest records of everybody, which is the whole table for an
organisation that sees few. The LATERAL form asks each audience for its newest, through one index.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from django.db import connections
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql import Query
from django.db.models.sql.where import WhereNode

from portsec.access.acting import Acting, current_alias
from portsec.access.models import Shareable, ShareableQuerySet
from portsec.access.models.audience import GRANTED
from portsec.access.models.shareable import InSight

Record = TypeVar("Record", bound=Shareable)
Followed = TypeVar("Followed", bound=ShareableQuerySet)
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

    One query. `by` names the instant that orders them.
    """
    found = _first(queryset, acting, _order(by, after), limit + 1, _from(queryset, by, before, after))
    return _page_of(found, limit, by, before, after)


def plain_page(queryset: "QuerySet[Any]", *, limit: int, by: str, before: Key | None = None, after: Key | None = None) -> Page[Any]:
    """As `newest_page`, of records that stand in no audience. 1 query."""
    found = queryset.filter(beyond(by, before, after)).order_by(*_order(by, after))[: limit + 1]
    return _page_of(found, limit, by, before, after)


def _order(by: str, after: Key | None) -> tuple[str, str]:
    return (f"-{by}", "-pk") if after is None else (by, "pk")


def _page_of(found: Iterable[Any], limit: int, by: str, before: Key | None, after: Key | None) -> Page[Any]:
    """`found` holds one more than the page, where there are more."""
    backwards = after is not None
    records = sorted(found, key=lambda record: (getattr(record, by), record.pk), reverse=True)
    more = len(records) > limit
    records = records[-limit:] if backwards else records[:limit]
    if not records:
        return Page(records, None, None)
    first, last = (Key(getattr(record, by), record.pk) for record in (records[0], records[-1]))
    has_newer, has_older = (more, True) if backwards else (before is not None, more)
    return Page(records, first if has_newer else None, last if has_older else None)


def first_after(queryset: Followed, acting: Acting, *, by: str, limit: int) -> Followed:
    """The first of `queryset` in the order of `by`, which no two records share: the way of a feed. 1 query, when it is read.

    What is shown of them is chosen of the answer: what is joined before would be joined in the search as well.
    """
    return _first(queryset, acting, (by,), limit).order_by(by)


def _first(whole: Followed, acting: Acting, order: Sequence[str], limit: int, place: Sequence[RawSQL] = ()) -> Followed:
    """Those of `whole` that come first where `place` holds, in any order."""
    by, direction = order[0].lstrip("-"), "DESC" if order[0].startswith("-") else "ASC"
    table, key = whole.model._meta.db_table, whole.model._meta.get_field(by).column
    end = f"ORDER BY 2 {direction}, 1 {direction} LIMIT {int(limit)}"
    branch = _Branch.of(whole, acting, f"{table}.id, {table}.{key}", end, place=place)
    merged = (
        f"SELECT id FROM (SELECT found.* FROM ({GRANTED}) AS a(id) CROSS JOIN LATERAL ({branch.shared}) AS found(id, at) "  # noqa: S608
        f"UNION ({branch.own})) AS merged ORDER BY at {direction}, id {direction} LIMIT {int(limit)}"
    )
    found = whole.all()
    # The branches have asked the first wall and all else, in the same statement; to ask it again costs as much as all the rest.
    # The array makes the planner ask the question first, and once.
    one_of_these = f"{table}.id = ANY (ARRAY({merged}))"
    found.query.where = _all_of(_condition(one_of_these, [acting.organisation.group_id, *branch.values * 2]))
    return found


def _all_of(*conditions: Any) -> WhereNode:
    return WhereNode([*conditions])


def _condition(sql: str, values: Sequence[Any] = ()) -> RawSQL:
    """It names its columns in full: for the object mapper to resolve them takes as long as to write the statement."""
    return RawSQL(sql, values, output_field=BooleanField())  # noqa: S611 (written here)


@dataclass(frozen=True)
class _Branch:
    """One question twice: among what an audience `a.id` was told, and among one's own, which may stand in one that was left.

    The object mapper writes it once, with a gap: writing takes longer than finding.
    """

    shared: str
    own: str
    values: list[Any]

    GAP: ClassVar[str] = "(of this branch)"

    @classmethod
    def of(
        cls, queryset: ShareableQuerySet, acting: Acting, columns: str, end: str, *, own: str = "", place: Sequence[RawSQL] = ()
    ) -> "_Branch":
        query = queryset.query
        _check(query)
        table = query.get_initial_alias()
        # It goes through the first wall's own list already, so that no record need be looked up in it.
        known: list[Any] = [one.where_audience_is_known() if isinstance(one, InSight) else one for one in query.where.children]
        asked = _all_of(WhereNode(known, query.where.connector), *place, _condition(cls.GAP.strip("()")))
        compiler = query.get_compiler(queryset.db)
        tables, values = compiler.get_from_clause()
        where, more = compiler.compile(asked)
        sql = f"SELECT {columns} FROM {' '.join(tables)} WHERE {where}"  # noqa: S608 (the mapper wrote it)
        shared = sql.replace(cls.GAP, f"{table}.audience_id = a.id")
        mine = sql.replace(cls.GAP, f"{table}.owner_id = '{acting.organisation.pk}'::uuid {own}")
        return cls(f"{shared} {end}", f"{mine} {end}", [*values, *more])


def _check(query: Query) -> None:
    """Raises TypeError where a query says more than tables and conditions, which alone come into a branch, or repeats a record."""
    joins = [join for name, join in query.alias_map.items() if query.alias_refcount[name]]
    is_of_many = any(getattr(getattr(join, "join_field", None), "one_to_many", False) for join in joins)
    if query.distinct or query.is_sliced or query.combinator or query.group_by is not None or is_of_many:
        raise TypeError("A page is of records by themselves: no distinct(), slice, union, sum, or condition on the many of one record.")


def _from(queryset: ShareableQuerySet, by: str, before: Key | None, after: Key | None) -> Sequence[RawSQL]:
    """What lies beyond a key, as `beyond` says it, in one comparison of rows: an index leads to the place."""
    if (key := before or after) is None:
        return ()
    table, sign, column = queryset.model._meta.db_table, "<" if before else ">", queryset.model._meta.get_field(by).column
    return (_condition(f"({table}.{column}, {table}.id) {sign} (%s, %s)", [key.at, key.pk]),)


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
    elsewhere = f"AND {queryset.model._meta.db_table}.audience_id NOT IN ({GRANTED})"
    branch = _Branch.of(queryset, acting, "1", f"LIMIT {COUNT_CAP}", own=elsewhere)
    counted = (
        f"SELECT count(*) FROM (SELECT 1 FROM ({GRANTED}) AS a(id) CROSS JOIN LATERAL ({branch.shared}) AS found "  # noqa: S608
        f"UNION ALL SELECT 1 FROM ({branch.own}) AS found LIMIT {COUNT_CAP}) AS counted"
    )
    with connections[current_alias()].cursor() as cursor:
        cursor.execute(counted, [acting.organisation.group_id, *branch.values * 2, acting.organisation.group_id])
        return int(cursor.fetchone()[0])
