from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "portsec.delivery"
    label = "delivery"

    def ready(self) -> None:
        from portsec.delivery.registration import register  # noqa: PLC0415 (the models are loaded only now)

        register()
