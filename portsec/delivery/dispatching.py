"""The worker's round: lease what is due, send it outside of any transaction, write what came of it."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.delivery.boards import tell_boards
from portsec.delivery.disabling import switch_off
from portsec.delivery.flood import Flood, flood_of
from portsec.delivery.ladders import after_failure
from portsec.delivery.leases import LEASE, Settled, lease, settle
from portsec.delivery.models import Endpoint, Outcome, Purpose, State
from portsec.delivery.parcel import Item, Parcel, TransportError
from portsec.delivery.sorting import sort_out
from portsec.delivery.transports import TRANSPORTS

logger = logging.getLogger(__name__)
LINES = 16  # messages on their way at once
LINES_TO_ONE = 4  # … of them to one endpoint: what hangs holds these, not all
FLUSH = 0.25  # seconds between two writings of outcomes
MARGIN = 12.0  # seconds before the end of the lease in which no further message is begun


@dataclass
class Tally:
    """What a round has done so far, not yet written."""

    settled: list[Settled] = field(default_factory=list)
    fares: list[tuple[UUID, bool, str]] = field(default_factory=list)
    gone: list[tuple[Endpoint, str]] = field(default_factory=list)
    sent: int = 0
    tried: int = 0


def send_due(now: datetime, *, slow: bool = False, until: float = 0.0) -> int:
    """Sends what is due in one lane, batch by batch, until nothing is left or `until` (time.monotonic()) has come.

    Returns how many messages were taken.
    """
    sent = 0
    while leased := lease(now, slow=slow):
        sent += _send(leased)
        if time.monotonic() >= until:
            break
        now = timezone.now()
    return sent


def _send(leased: Sequence[UUID]) -> int:
    until = time.monotonic() + LEASE.total_seconds() - MARGIN
    found = sort_out(leased)
    tally = Tally(settled=list(found.stopped))
    lines = list(_lines(list(_parcels(found.items, tally))))
    with ThreadPoolExecutor(max_workers=max(1, min(LINES, len(lines)))) as pool:
        waiting: set[Future[Tally]] = {pool.submit(_send_line, line, until) for line in lines}
        while waiting:
            done, waiting = wait(waiting, timeout=FLUSH)
            for future in done:
                _merge(tally, future.result())
            _write(tally)
    _write(tally)
    return tally.sent


def _parcels(items: Iterable[Item], tally: Tally) -> Iterator[Parcel]:
    """One for each item; or, for an endpoint that is flooded, one for all of its items, or none yet."""
    by_endpoint: dict[UUID, list[Item]] = defaultdict(list)
    for item in items:
        by_endpoint[item.dispatch.endpoint_id].append(item)
    bundling = {pk for pk, ones in by_endpoint.items() if TRANSPORTS[ones[0].dispatch.channel].bundles}
    floods = flood_of(bundling, timezone.now())
    for pk, ones in by_endpoint.items():
        flood = floods.get(pk, Flood())
        if pk not in bundling or not flood.is_rising(ones):
            yield from (Parcel(one.dispatch.endpoint, [one]) for one in ones)
        elif (again := flood.hold_until(ones)) is not None:
            reason = _("Held, to be sent together with others")
            tally.settled += [Settled(one.dispatch.pk, one.dispatch.attempts, State.QUEUED, None, reason, again) for one in ones]
        else:
            yield Parcel(ones[0].dispatch.endpoint, ones)


def _lines(parcels: Sequence[Parcel]) -> Iterator[list[Parcel]]:
    """Each line is sent one after the other. An endpoint has a few lines: it is not overrun, and cannot hold up the rest."""
    by_endpoint: dict[UUID, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        by_endpoint[parcel.endpoint.pk].append(parcel)
    for ones in by_endpoint.values():
        yield from (ones[start::LINES_TO_ONE] for start in range(min(LINES_TO_ONE, len(ones))))


def _send_line(parcels: Sequence[Parcel], until: float) -> Tally:
    """After a failure that may pass, or near the end of the lease, the rest of the line goes back to the queue untried."""
    tally = Tally()
    for parcel in parcels:
        if time.monotonic() >= until or not _send_one(parcel, tally):
            for left in parcels[tally.tried :]:
                tally.settled += [_put_off(item, timezone.now(), _("The one before it failed")) for item in left.items]
            break
    return tally


def _send_one(parcel: Parcel, tally: Tally) -> bool:
    """Whether the next of its line may go."""
    tally.tried += 1
    transport = TRANSPORTS[parcel.endpoint.channel]
    try:
        said = transport.send(parcel)
    except TransportError as error:
        _note_failure(parcel, error, tally)
        return error.permanent and not error.gone
    except Exception as error:  # a mistake of ours must not take the lane with it, nor be taken for the recipient's
        logger.exception("dispatch %s could not be sent", parcel.id)
        _note_failure(parcel, TransportError(_("It could not be written (%s)") % type(error).__name__), tally)
        return True
    first = parcel.first.dispatch.pk
    for item in parcel.items:
        bundle = first if item.dispatch.pk != first else None
        tally.settled.append(Settled(item.dispatch.pk, item.dispatch.attempts, transport.taken, Outcome.ACCEPTED, said, None, bundle))
    tally.fares.append((parcel.endpoint.pk, True, ""))
    tally.sent += 1
    return True


def _note_failure(parcel: Parcel, error: TransportError, tally: Tally) -> None:
    detail, now = str(error), timezone.now()
    for item in parcel.items:
        row = item.dispatch
        once = error.permanent or row.purpose == Purpose.TEST  # who asked for a test looks at what comes of it now
        pause = None if once else after_failure(TRANSPORTS[row.channel].ladder, row.attempts)
        if pause is None:
            tally.settled.append(
                Settled(row.pk, row.attempts, State.FAILED, Outcome.REFUSED if error.permanent else Outcome.FAILED, detail)
            )
        else:
            tally.settled.append(Settled(row.pk, row.attempts, State.QUEUED, Outcome.FAILED, detail, now + pause))
    tally.fares.append((parcel.endpoint.pk, False, detail))
    if error.gone:
        tally.gone.append((parcel.endpoint, detail))


def _put_off(item: Item, now: datetime, why: str) -> Settled:
    """Its turn comes again soon; it has not been tried, and loses no rung of the ladder."""
    return Settled(item.dispatch.pk, item.dispatch.attempts, State.QUEUED, None, why, now + timedelta(seconds=5))


def _merge(tally: Tally, other: Tally) -> None:
    tally.settled += other.settled
    tally.fares += other.fares
    tally.gone += other.gone
    tally.sent += other.sent


def _write(tally: Tally) -> None:
    if not tally.settled:
        return
    moved = settle(tally.settled, tally.fares, timezone.now())
    for endpoint, detail in {endpoint.pk: (endpoint, detail) for endpoint, detail in tally.gone}.values():
        switch_off(endpoint, detail)
    tally.settled, tally.fares, tally.gone = [], [], []
    tell_boards(moved)
