from celery import shared_task
from django.utils import timezone

from ports import actions


@shared_task
def expire_declarations() -> None:
    actions.expire_declarations(timezone.now())


@shared_task
def set_planned_levels() -> None:
    actions.take_effect(timezone.now())
