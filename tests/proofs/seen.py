"""Every way in which the product shows what there is, each as a set of (table, id)."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Value
from rest_framework.test import APIRequestFactory

from incidents.models import Alert, AlertMessage
from ports.models import SecurityLevelChange
from portsec.access.acting import Acting
from portsec.access.models import Audience
from portsec.access.pages import Key, capped_count, newest_page
from portsec.delivery.models import Delivery
from portsec.journal.api import ChangeViewSet
from portsec.journal.models import Entry
from portsec.live import news
from portsec.live.frames import Frame
from portsec.live.line import Visitor
from portsec.live.marks import Marks
from portsec.live.rooms import ControlRoom, Turn
from tests.proofs.oracle import Thing

MODELS: dict[str, Any] = {
    "alert": Alert,
    "message": AlertMessage,
    "level": SecurityLevelChange,
    "entry": Entry,
    "delivery": Delivery,
    "audience": Audience,
}
EVERYTHING = " UNION ALL ".join(f"SELECT '{name}', id FROM {model._meta.db_table}" for name, model in MODELS.items())  # noqa: S608
FEED = ChangeViewSet.as_view({"get": "list"})


def by_query(acting: Acting) -> set[Thing]:
    """The first wall: `visible_to` of each model."""
    first, *others = [
        model.objects.visible_to(acting).order_by().annotate(called=Value(name)).values_list("called", "pk")
        for name, model in MODELS.items()
    ]
    return set(first.union(*others, all=True))


def by_raw_sql(alias: str = "default") -> set[Thing]:
    """The second wall: no filter at all."""
    with connections[alias].cursor() as cursor:
        cursor.execute(EVERYTHING)
        return set(cursor.fetchall())


def alerts_by_pages(acting: Acting, limit: int = 100) -> set[Thing]:
    """The list of published alerts, page after page."""
    published = Alert.objects.visible_to(acting).filter(published_at__isnull=False)
    return {("alert", pk) for pk in _pages(published, acting, limit, "published_at")}


def entries_by_pages(acting: Acting, limit: int = 100) -> set[Thing]:
    return {("entry", pk) for pk in _pages(Entry.objects.visible_to(acting), acting, limit, "at")}


def _pages(queryset: Any, acting: Acting, limit: int, by: str) -> list[UUID]:
    found: list[UUID] = []
    before: Key | None = None
    while True:
        page = newest_page(queryset, acting, limit=limit, by=by, before=before)
        found += [record.pk for record in page.records]
        if page.older is None:
            assert len(set(found)) == len(found), "a page repeats a record"
            return found
        before = page.older


def count_alerts(acting: Acting) -> int:
    return capped_count(Alert.objects.visible_to(acting), acting)


def feed(acting: Acting, **parameters: Any) -> Any:
    """One answer of `GET /api/v1/changes/`, inside the open context, as the middleware calls it."""
    request: Any = APIRequestFactory().get("/api/v1/changes/", parameters)
    request.acting, request.acting_error = acting, None
    return FEED(request)


@dataclass
class Follower:
    """A program that keeps up with the delta feed: adds what is new, and reads afresh when its rights changed."""

    cursor: str = ""
    entries: set[UUID] = field(default_factory=set)

    def follow(self, acting: Acting) -> set[UUID]:
        fresh = self._read(acting)
        if any(change["verb"].startswith("access.") for change in fresh):
            self.cursor, self.entries = "", set()
            fresh = self._read(acting)
        new = [UUID(change["entry"]) for change in fresh]
        assert len(set(new)) == len(new), "the feed repeats itself"
        assert not self.entries & set(new), "the feed gives again what lies before the cursor"
        self.entries |= set(new)
        return self.entries

    def _read(self, acting: Acting) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        more = True
        while more:
            answer = feed(acting, limit=100, **({"cursor": self.cursor} if self.cursor else {}))
            assert answer.status_code == 200, answer.data
            found += answer.data["results"]
            self.cursor, more = answer.data["cursor"], answer.data["more"]
        return found


@dataclass(eq=False)
class Screen:
    """An open dashboard without its socket: the hub pushes into it."""

    visitor: Visitor
    entries: list[UUID] = field(default_factory=list)

    def push(self, frame: Frame) -> bool:
        said = json.loads(frame.event["text"])
        self.entries += [UUID(entry["entry"]) for entry in said["entries"]]
        return True


@dataclass
class Switchboard:
    """What the hub knows and does with new entries, one turn at a time (portsec/live/hub.py, `_take`)."""

    end: int = 0
    members: dict[str, frozenset[str]] = field(default_factory=dict)

    def turn(self, people: dict[str, list[str]]) -> dict[tuple[UUID, UUID], list[UUID]]:
        """The new entries that each person of `people` (organisation → users) gets on the screen."""
        found = news.read_news(self.end, self.members)
        self.end = found.entries[-1].seq if found.entries else self.end
        self.members.update(found.members)
        turn = Turn(found.entries, self.members, Marks())
        shown: dict[tuple[UUID, UUID], list[UUID]] = {}
        for organisation, users in people.items():
            room = ControlRoom(organisation, organisation, frozenset(users))
            screens = [Screen(Visitor(user, organisation)) for user in users]
            turn.give(room, screens)  # type: ignore[arg-type]
            for screen in screens:
                assert len(turn.visible_to(room, screen.visitor)) == len(screen.entries)
                shown[UUID(screen.visitor.user), UUID(organisation)] = screen.entries
        return shown


def by_resuming(user: UUID, organisation: UUID, until: int) -> set[UUID]:
    """What a dashboard would be sent that comes back from far behind the ring."""
    stretch = news.Stretch(str(organisation), str(user), 0, until)
    texts = [json.loads(entry.text) for entry in news.read_missed(stretch)]
    assert news.count_missed(stretch)[1] == len(texts)
    return {UUID(text["entry"]) for text in texts}


def people_of(organisations: list[UUID]) -> dict[UUID, set[UUID]]:
    """Whom the hub lets open a dashboard of these organisations."""
    found = news.read_organisations([str(one) for one in organisations])
    return {UUID(organisation): {UUID(user) for user in people} for organisation, (_name, people) in found.items()}
