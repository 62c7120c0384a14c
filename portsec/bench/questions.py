"""What bench_lists asks: the functions that the views call, the same over HTTP, and the SQL that they are compared with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from incidents import queries
from incidents.models import Alert
from portsec.access.acting import Acting, acting_for
from portsec.access.pages import COUNT_CAP, Key, capped_count, first_after, newest_page
from portsec.bench import baselines
from portsec.bench.baselines import Baseline
from portsec.journal.cursors import seal
from portsec.journal.models import Entry

LIMIT, CHANGES, CHANGES_A_PAGE = 50, 1000, 200
API = "/api/v1"


@dataclass(frozen=True)
class Question:
    """`ask` returns the ids of the rows (or the number) as the baseline's first column has them."""

    name: str
    organisation: str
    acting: Acting
    ask: Callable[[], list[str]]
    baseline: Baseline
    fetch: Callable[[Client], None]


@dataclass(frozen=True)
class Place:
    """Where in its own records an organisation is looked at: half-way down."""

    alert: Alert
    since: int

    @property
    def key(self) -> Key:
        assert self.alert.published_at is not None  # noqa: S101 (for mypy: none is a draft)
        return Key(self.alert.published_at, self.alert.pk)


def find_place(acting: Acting) -> Place:
    """Slowly, before anything is measured."""
    with acting_for(acting):
        found = Alert.objects.visible_to(acting).filter(published_at__isnull=False)
        middle = found.order_by("-published_at", "-pk")[found.count() // 2]
        entries = Entry.objects.visible_to(acting).order_by("seq").values_list("seq", flat=True)
        return Place(middle, entries[max(0, (entries.count() - CHANGES) // 2)] - 1)


def questions(name: str, acting: Acting) -> Iterator[Question]:
    place = find_place(acting)
    me = {"me": str(acting.organisation.pk)}
    page = {**me, "limit": LIMIT + 1}
    at = {"at": place.key.at, "pk": str(place.key.pk)}

    def asked(title: str, ask: Callable[[], list[str]], baseline: Baseline, fetch: Callable[[Client], None]) -> Question:
        return Question(title, name, acting, ask, baseline, fetch)

    yield asked("first page", lambda: _page(acting), _sql("", page), _get("/alerts/", limit=LIMIT))
    yield asked(
        "filtered page",
        lambda: _page(acting, severity="Extreme"),
        _sql(baselines.FILTERED, page),
        _get("/alerts/", limit=LIMIT, severity="Extreme"),
    )
    yield asked(
        "active page",
        lambda: _page(acting, show="active"),
        _sql(baselines.ACTIVE, page),
        _get("/alerts/", limit=LIMIT, show="active"),
    )
    yield asked(
        "deep page", lambda: _page(acting, before=place.key), _sql(baselines.BEFORE, {**page, **at}), _get("/alerts/", before=place.key)
    )
    yield asked(
        "capped count",
        lambda: [str(capped_count(queries.filtered(acting, show="all"), acting))],
        Baseline([baselines.COUNT], {**me, "limit": COUNT_CAP}),
        _get("/alerts/", limit=1, count="true"),
    )
    yield asked(
        "detail",
        lambda: _detail(acting, place),
        Baseline([baselines.DETAIL, baselines.MESSAGES], {"alert": str(place.alert.pk)}),
        _get(f"/alerts/{place.alert.pk}/"),
    )
    yield asked(
        "1,000 changes",
        lambda: _changes(acting, place.since),
        Baseline([baselines.CHANGES], {**me, "since": place.since, "limit": CHANGES}),
        lambda client: _fetch_changes(client, seal(place.since, acting.organisation.pk)),
    )


def _sql(where: str, values: dict[str, Any]) -> Baseline:
    return Baseline([baselines.PAGE.format(where=where)], values)


def _page(acting: Acting, *, show: str = "all", severity: str = "", before: Key | None = None) -> list[str]:
    """As the list view asks. The baseline also looks for one row more, which tells that there is another page."""
    page = newest_page(queries.filtered(acting, show=show, severity=severity), acting, limit=LIMIT, before=before)
    return [str(record.pk) for record in page.records]


def _detail(acting: Acting, place: Place) -> list[str]:
    alert = queries.with_messages(acting).get(pk=place.alert.pk)
    return [str(alert.pk)]


def _changes(acting: Acting, since: int) -> list[str]:
    entries = Entry.objects.visible_to(acting).filter(seq__gt=since)
    return [str(entry.id) for entry in first_after(entries, acting, by="seq", limit=CHANGES).as_told()]


def _get(path: str, **query: Any) -> Callable[[Client], Any]:
    address = f"{API}{path}?{urlencode(query)}" if query else f"{API}{path}"
    return lambda client: _fetched(client, address)


def _fetched(client: Client, address: str) -> dict[str, Any]:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}: {response.content[:300]!r}")
    body: dict[str, Any] = response.json()
    return body


def _fetch_changes(client: Client, cursor: str) -> None:
    """In pages, as a program follows the feed."""
    for _page_number in range(CHANGES // CHANGES_A_PAGE):
        body = _fetched(client, f"{API}/changes/?{urlencode({'cursor': cursor, 'limit': CHANGES_A_PAGE})}")
        cursor = body["cursor"]
