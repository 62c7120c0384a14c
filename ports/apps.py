from django.apps import AppConfig


class PortsConfig(AppConfig):
    name = "ports"

    def ready(self) -> None:
        from ports.registration import register  # noqa: PLC0415 (the models that it asks are loaded only now)

        register()
