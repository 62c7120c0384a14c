"""What every page knows: who looks and for whom, what waits, and the way to the live line. Nothing is asked until it is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

from django.db import DatabaseError, connections
from django.http import HttpRequest
from django.utils import timezone

from portsec.access.acting import Acting, NoActingError, acting_for, current_context
from portsec.access.models import Membership
from portsec.access.roles import VERBS
from portsec.journal.cursors import seal
from portsec.live.tickets import fingerprint, make_ticket

VERB_BY_NAME = {verb.replace(".", "_"): verb for verb in VERBS}
ADDRESS = "/ws/live/"


class WaitingCounts(Protocol):
    """What a counter answers; `ids` are the alerts behind the numbers."""

    @property
    def alerts(self) -> int: ...
    @property
    def exercises(self) -> int: ...
    @property
    def ids(self) -> list[UUID]: ...


@dataclass(frozen=True)
class NothingWaits:
    alerts: int = 0
    exercises: int = 0
    ids: list[UUID] = field(default_factory=list)


Counter = Callable[[Acting], WaitingCounts]
_counters: list[Counter] = []


def register_waiting(counter: Counter) -> None:
    """The app that knows what waits for an organisation says so in its `AppConfig.ready()`."""
    _counters[:] = [counter]


def mark_position(request: HttpRequest) -> None:
    """Notes where the journal stands, before the page asks anything. ActingMiddleware calls it.

    A page shows at least what was committed before it; whatever is numbered later comes over the line. Taken after the
    page's queries, the position could be past an entry that the page has not seen. The hub of this process knows a
    position without a query (it has read so far); without a hub, as under a test client, the journal is asked.
    """
    if not request.path.startswith("/api/"):
        request.live_position = _position_now(request)  # type: ignore[attr-defined]


def lacks_second_factor(request: HttpRequest) -> bool:
    """Then the page has no way onto the line, which shows everything."""
    return bool(getattr(request, "lacks_second_factor", False))


def session_key_of(request: HttpRequest) -> str | None:
    return getattr(getattr(request, "session", None), "session_key", None)


def position_of(request: HttpRequest) -> int:
    noted: int | None = getattr(request, "live_position", None)
    return _position_now(request) if noted is None else noted


def seal_for(acting: Acting, position: int) -> str:
    return seal(position, acting.organisation.pk)


def _position_now(request: HttpRequest) -> int:
    hub = request.META.get("asgi.scope", {}).get("state", {}).get("hub")
    if hub is not None and hub.is_ready.is_set():
        position: int = hub.position
        return position
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT newest FROM journal_ends()")
        return int(cursor.fetchone()[0])


class LiveLine:
    """The way to the live line, for the page's script."""

    url = ADDRESS

    def __init__(self, acting: Acting, session_key: str | None, position: Callable[[], int]) -> None:
        self._acting, self._session_key, self._position = acting, session_key, position

    @cached_property
    def ticket(self) -> str:
        return make_ticket(self._acting, session=fingerprint(self._session_key))

    @cached_property
    def cursor(self) -> str:
        return seal_for(self._acting, self._position())


class Waiting:
    """Counted when a template first shows a number. An error page has no context any more, and opens one of its own."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting

    @cached_property
    def _counts(self) -> WaitingCounts:
        if not _counters:
            return NothingWaits()
        try:
            current_context()
        except NoActingError:
            return self._counts_in_own_context()
        return _counters[0](self._acting)

    def _counts_in_own_context(self) -> WaitingCounts:
        try:
            with acting_for(self._acting):
                return _counters[0](self._acting)
        except DatabaseError:
            return NothingWaits()

    @property
    def alerts(self) -> int:
        return self._counts.alerts

    @property
    def exercises(self) -> int:
        return self._counts.exercises

    @property
    def ids(self) -> list[UUID]:
        return self._counts.ids


class Can(Mapping[str, bool]):
    """`can.alert_publish` in a template asks `acting.may("alert.publish")`; a verb that does not exist raises there too."""

    def __init__(self, acting: Acting | None) -> None:
        self._acting = acting

    def __getitem__(self, name: str) -> bool:
        return self._acting is not None and self._acting.may(VERB_BY_NAME[name])

    def __iter__(self) -> Any:
        return iter(VERB_BY_NAME)

    def __len__(self) -> int:
        return len(VERB_BY_NAME)


def page(request: HttpRequest) -> dict[str, Any]:
    """The context processor; `acting` is None on a page of somebody who is not signed in."""
    acting: Acting | None = getattr(request, "acting", None)
    return {
        "acting": acting,
        "memberships": _memberships(request, acting),
        "waiting": Waiting(acting) if acting else NothingWaits(),
        "live": _live(request, acting),
        "can": Can(acting),
        "server_now": timezone.now(),
    }


def _live(request: HttpRequest, acting: Acting | None) -> LiveLine | None:
    if acting is None or lacks_second_factor(request):
        return None
    return LiveLine(acting, session_key_of(request), lambda: position_of(request))


def _memberships(request: HttpRequest, acting: Acting | None) -> list[Membership]:
    memberships: list[Membership] = getattr(request, "memberships", [])
    for membership in memberships:
        membership.is_acting = acting is not None and membership.organisation_id == acting.organisation.pk  # type: ignore[attr-defined]
    return memberships
