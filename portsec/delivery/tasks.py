"""Celery only wakes workers; what is due stands in rows. A sweep that finds another at the same work leaves it to it."""

import time
from threading import BoundedSemaphore

from celery import shared_task
from django.utils import timezone

from portsec.delivery.dispatching import send_due
from portsec.delivery.escalation import escalate_due

LONGEST = 20.0  # seconds that one sweep goes on while there is more
_quick, _slow, _late = BoundedSemaphore(2), BoundedSemaphore(1), BoundedSemaphore(1)


def sweep_quick() -> int:
    return send_due(timezone.now(), until=time.monotonic() + LONGEST)


def sweep_slow() -> int:
    return send_due(timezone.now(), slow=True, until=time.monotonic() + LONGEST)


@shared_task
def send_messages() -> None:
    """The lane of what works. One that hangs is in the other, and holds nobody up."""
    if _quick.acquire(blocking=False):
        try:
            sweep_quick()
        finally:
            _quick.release()


@shared_task
def send_to_failing() -> None:
    if _slow.acquire(blocking=False):
        try:
            sweep_slow()
        finally:
            _slow.release()


@shared_task
def escalate() -> None:
    if _late.acquire(blocking=False):
        try:
            escalate_due(timezone.now())
        finally:
            _late.release()
