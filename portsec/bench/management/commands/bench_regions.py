import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portsec.bench import machine
from portsec.bench.management.commands.bench_lists import a_home, run, servers
from portsec.up.program import StartFailed
from portsec.up.services import MANAGE

SIZES = {"regions": 60, "ports": 3768, "agencies": 300, "people": 20_000, "repeats": 9}
HEAD = ("page", "status", "queries", "ms", "own_ms", "ratio", "kb")


class Command(BaseCommand):
    help = "Measures the pages of regions, ports and people in a world of 60 regions (bench/README.md)."
    requires_system_checks = ()  # they ask the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, size in SIZES.items():
            parser.add_argument(f"--{name}", type=int, default=size)
        parser.add_argument("--json", type=Path, help="write the figures to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["ports"] < 300 or min(options[name] for name in SIZES) < 1 or options["people"] < options["ports"] + options["agencies"]:
            raise CommandError("Give at least 300 ports, and a person for each port and agency.")
        about = machine.describe()
        self.stdout.write(machine.in_words(about))
        self.stdout.flush()
        try:
            report = {"machine": about, **self._measured(options)}
        except StartFailed as failure:
            raise CommandError(str(failure)) from failure
        self.stdout.write(f"Filled in {report['filled_in_seconds']} s.")
        for cells in (HEAD, *([result[name] for name in HEAD] for result in report["results"])):
            self.stdout.write("".join(f"{cell!s:>28}" if place == 0 else f"{cell!s:>10}" for place, cell in enumerate(cells)))
        self.stdout.write(f"Map of 200 ports: {report['map_kb']} KB compressed. To reach: 12 queries, ratio ≤ 2, map ≤ 60 KB.")
        if options["json"]:
            options["json"].write_text(json.dumps(report, indent=1, ensure_ascii=False))

    def _measured(self, options: dict[str, Any]) -> dict[str, Any]:
        sizes = [str(options[name]) for name in SIZES]
        with a_home(None) as home, servers(home) as environment:
            figures = home / "figures.json"
            run([*MANAGE, "migrate", "--database", "owner", "--verbosity", "0"], environment)
            run([sys.executable, "-m", "portsec.bench.world", *sizes, str(figures)], environment)
            report: dict[str, Any] = json.loads(figures.read_text())
        return report
