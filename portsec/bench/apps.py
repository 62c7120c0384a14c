from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "portsec.bench"
    label = "bench"
