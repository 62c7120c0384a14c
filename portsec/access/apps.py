from django.apps import AppConfig

from portsec.celery import app as celery_app


class AccessConfig(AppConfig):
    name = "portsec.access"
    label = "access"
    celery_app = celery_app  # loaded with Django, so that a task sent from any process finds its broker

    def ready(self) -> None:
        from portsec.access import checks  # noqa: F401, PLC0415 (registers itself; the models are loaded only now)
        from portsec.access.registration import register  # noqa: PLC0415

        register()
