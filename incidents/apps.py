from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self) -> None:
        from incidents.registration import register  # noqa: PLC0415 (the models that it asks are loaded only now)

        register()
