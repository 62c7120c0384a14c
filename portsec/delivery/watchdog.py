"""Watches over the worker, from another process: what should have been sent or escalated and was not, it does itself, and says so.

It runs in every web process. When the worker, the beat or the broker is dead, deliveries are late, and somebody knows.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import urllib3
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, connections, transaction
from django.db.models import Count, Min
from django.utils.translation import gettext as _

from portsec.access.acting import as_system
from portsec.access.models import Organisation
from portsec.delivery.dispatching import send_due
from portsec.delivery.escalation import escalate_due, overdue
from portsec.delivery.models import Alarm, Dispatch, State
from portsec.journal.actions import Word, record_for

logger = logging.getLogger(__name__)
GRACE = timedelta(seconds=15)  # the worker sweeps each second
LONGEST = 10.0  # seconds that it helps out at a time
HEARTBEAT = timedelta(minutes=1)
_LOCK = 7_305_114  # of PostgreSQL's advisory locks: one watchdog at a time


@dataclass(frozen=True)
class Watched:
    """How things stood: steps not taken, messages not sent, and since when the oldest of these has been due."""

    at: datetime
    overdue: int
    waiting: int
    oldest: datetime | None

    @property
    def is_well(self) -> bool:
        return self.overdue == 0 and self.waiting == 0


def watch(now: datetime) -> Watched:
    """Looks, helps out where something is late, and raises or ends the alarm. Returns what it found."""
    found = look(now)
    if not found.is_well:
        _help_out(now)
    _keep_alarm(found)
    return found


def look(now: datetime) -> Watched:
    """2 queries. What waits for an endpoint that fails is not late: it is tried one at a time, and its owner sees why."""
    with as_system("watchdog: what should have been sent or escalated and was not"):
        due = Dispatch.objects.filter(state__in=(State.QUEUED, State.SENDING), next_attempt_at__lt=now - GRACE, endpoint__failures=0)
        late = due.aggregate(n=Count("pk"), oldest=Min("next_attempt_at"))
        return Watched(now, overdue(now - GRACE), late["n"], late["oldest"])


def _help_out(now: datetime) -> None:
    """One of the web processes does; the others leave it to that one."""
    with connections["system"].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return
        try:
            until = time.monotonic() + LONGEST
            escalate_due(now, by_watchdog=True)
            send_due(now, until=until)
            send_due(now, slow=True, until=until)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _keep_alarm(found: Watched) -> None:
    if found.is_well:
        if _end_alarm(found.at):
            _tell(_("Deliveries are on time again."))
    elif _raise_alarm(found):
        told = {"overdue": found.overdue, "waiting": found.waiting}
        _tell(
            _("Deliveries are late: %(waiting)d messages not sent, %(overdue)d escalations not taken. The watchdog has taken over.") % told
        )


def _raise_alarm(found: Watched) -> bool:
    """Whether it was not raised yet."""
    try:
        with as_system("watchdog: an alarm is raised, or ended"), transaction.atomic(using="system"):
            Alarm.objects.create(began_at=found.at, overdue=found.overdue, waiting=found.waiting)
    except IntegrityError:
        return False
    return True


def _end_alarm(now: datetime) -> bool:
    with as_system("watchdog: an alarm is raised, or ended"):
        return bool(Alarm.objects.filter(ended_at=None).update(ended_at=now))


def _tell(words: str) -> None:
    """The coordinators on their dashboards, the operator by mail; neither waits for the other."""
    with as_system("watchdog: coordinators are told that deliveries are late"):
        bodies = Organisation.objects.filter(kind=Organisation.Kind.COORDINATION_BODY, is_active=True)
        record_for([Word(body, "system.deliveries", "system", body.pk, words) for body in bodies])
    if settings.OPERATOR_EMAIL:
        try:
            send_mail("PortSec: " + words, f"{words}\n\n{settings.BASE_URL}/readyz\n", None, [settings.OPERATOR_EMAIL])
        except Exception:  # the mail server may be what is down
            logger.exception("the operator could not be told by mail: %s", words)


def beat_outside() -> None:
    """Tells a service elsewhere that all is well: when it hears nothing, it tells the operator."""
    if not settings.HEARTBEAT_URL:
        return
    try:
        urllib3.request("GET", settings.HEARTBEAT_URL, timeout=urllib3.Timeout(total=5), redirect=False, retries=False)
    except urllib3.exceptions.HTTPError as error:
        logger.warning("the heartbeat address does not answer: %s", error)
