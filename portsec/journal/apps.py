from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "portsec.journal"
    label = "journal"
