from celery import shared_task
from django.utils import timezone

from portsec.live import heartbeats


@shared_task
def heartbeat() -> None:
    heartbeats.beat(timezone.now())
