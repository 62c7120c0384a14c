from typing import Any

from django.core.management.base import BaseCommand

from portsec.delivery.vapid import new_private_key


class Command(BaseCommand):
    help = "Prints a new private key for push messages, as PORTSEC_VAPID_PRIVATE_KEY takes it. A new key ends every subscription."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(new_private_key())
