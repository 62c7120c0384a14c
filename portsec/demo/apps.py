from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "portsec.demo"
    label = "demo"
