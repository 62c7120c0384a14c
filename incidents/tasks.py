from celery import shared_task
from django.utils import timezone

from incidents import actions


@shared_task
def expire_alerts() -> None:
    actions.expire_alerts(timezone.now())
