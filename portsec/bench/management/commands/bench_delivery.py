import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portsec.bench import machine
from portsec.bench.management.commands.bench_lists import a_home, run, servers
from portsec.up.program import StartFailed
from portsec.up.services import MANAGE

HEAD = ("query", "rows", "ms", "baseline_ms", "ratio")


class Command(BaseCommand):
    help = "Measures telling many organisations outside their dashboards against bare statements and a bare client (bench/README.md)."
    requires_system_checks = ()  # they ask the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisations", type=int, default=1000)
        parser.add_argument("--webhooks", type=int, default=2000)
        parser.add_argument("--repeats", type=int, default=7)
        parser.add_argument("--json", type=Path, help="write the figures to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        if min(options["organisations"], options["webhooks"], options["repeats"]) < 1:
            raise CommandError("Give at least one organisation, one webhook and one repeat.")
        about = machine.describe()
        self.stdout.write(machine.in_words(about))
        self.stdout.flush()
        try:
            report = {"machine": about, **self._measured(options)}
        except StartFailed as failure:
            raise CommandError(str(failure)) from failure
        self._show(report)
        if options["json"]:
            options["json"].write_text(json.dumps(report, indent=1, ensure_ascii=False))

    def _measured(self, options: dict[str, Any]) -> dict[str, Any]:
        sizes = [str(options[name]) for name in ("organisations", "webhooks", "repeats")]
        with a_home(None) as home, servers(home) as environment, receiver(environment) as address:
            figures = home / "figures.json"
            allowed = {**environment, "PORTSEC_WEBHOOK_ALLOW_PRIVATE": "1", "EMAIL_URL": "dummymail://"}
            run([*MANAGE, "migrate", "--database", "owner", "--verbosity", "0"], allowed)
            run([sys.executable, "-m", "portsec.bench.telling", *sizes, address, str(figures)], allowed)
            report: dict[str, Any] = json.loads(figures.read_text())
        return report

    def _show(self, report: dict[str, Any]) -> None:
        for cells in (HEAD, *([result[name] for name in HEAD] for result in report["results"])):
            self.stdout.write("".join(f"{cell!s:>32}" if place == 0 else f"{cell!s:>13}" for place, cell in enumerate(cells)))
        [rate] = [result["per_second"] for result in report["results"] if "per_second" in result]
        self.stdout.write(f"{rate} webhooks a second. To reach: publishing ratio ≤ 3; 200 webhooks a second; a step within 2,000 ms.")


@contextmanager
def receiver(environment: Mapping[str, str]) -> Iterator[str]:
    """A process of its own: the worker's processor time is not shared with what it calls."""
    command = [sys.executable, "-m", "portsec.bench.receiver"]
    with subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline() if process.stdout else ""
            yield f"http://127.0.0.1:{int(port)}"
        finally:
            process.terminate()
