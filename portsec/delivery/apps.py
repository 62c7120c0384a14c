from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "portsec.delivery"
    label = "delivery"
