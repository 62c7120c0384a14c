import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portsec.access.acting import as_system
from portsec.access.models import Region
from portsec.demo import history, papers, setting, weeks
from portsec.demo.region_data import BALTIC
from portsec.journal.models import Entry
from portsec.journal.sequencer import number_entries


class Command(BaseCommand):
    help = "Fills the demo region (idempotent). Refuses to run unless PORTSEC_DEMO is on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tokens-file", type=Path, help="write every demo account, with a service token, as JSON")
        parser.add_argument("--without-history", action="store_true", help="only organisations and people")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("PORTSEC_DEMO is off: the demo's accounts have a known password, so it is filled only where you ask for it.")
        is_new = not Region.objects.filter(name=BALTIC).exists()
        setting.build()
        if not options["without_history"] and not self.has_history():
            papers.tell()
            weeks.tell()
            history.tell()
        number_entries()
        if options["tokens_file"]:
            self.write_tokens(options["tokens_file"])
        self.stdout.write("The demo region is filled." if is_new else "The demo region was there already.")

    def has_history(self) -> bool:
        with as_system("has the demo been filled?"):
            return bool(Entry.objects.filter(verb="alert.published").exists())

    def write_tokens(self, path: Path) -> None:
        path.touch(mode=0o600)
        path.write_text(json.dumps([asdict(account) for account in setting.accounts()], indent=1, ensure_ascii=False))
