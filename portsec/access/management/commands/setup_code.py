from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from portsec.access.first_run import is_new_installation, setup_code


class Command(BaseCommand):
    help = "Shows the code with which the first coordination body, its administrator and its region are set up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="say nothing where the installation is set up already")

    def handle(self, *args: Any, **options: Any) -> None:
        if is_new_installation():
            self.stdout.write(f"Nobody has an account here yet. Open {settings.BASE_URL}{reverse('setup')}")
            self.stdout.write(f"and set up your region with this code: {setup_code()}")
        elif not options["if_empty"]:
            raise CommandError("This installation is set up already: people have accounts. Ask its administrator to invite you.")
