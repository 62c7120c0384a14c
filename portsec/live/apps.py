from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "portsec.live"
    label = "live"
