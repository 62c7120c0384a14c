"""Celery wakes workers; what there is to do stands in rows (ARCHITECTURE.md, "delivery")."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portsec.settings")
app = Celery("portsec")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
