from celery import shared_task
from django.utils import timezone

from portsec.journal import idempotency, sequencer


@shared_task
def number_entries() -> None:
    """The sweep behind `number_soon`, for the process that died between its commit and its call."""
    sequencer.number_entries()


@shared_task
def forget_idempotency_keys() -> None:
    idempotency.forget_old_keys(timezone.now())
