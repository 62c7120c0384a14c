import json
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portsec.bench import machine
from portsec.bench.served import without_ours
from portsec.up.environment import DATABASES, defaults
from portsec.up.home import CHECKOUT, occupy
from portsec.up.postgres import Postgres
from portsec.up.program import StartFailed
from portsec.up.services import MANAGE
from portsec.up.valkey import Valkey

DATABASE = "portsec_bench"
HEAD = ("query", "organisation", "through", "ms", "baseline_ms", "ratio", "cpu_ratio", "queries")


class Command(BaseCommand):
    help = "Measures lists of a million records against the best SQL by hand (bench/README.md)."
    requires_system_checks = ()  # they ask the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--records", type=int, default=1_000_000)
        parser.add_argument("--organisations", type=int, default=300)
        parser.add_argument("--users", type=int, default=5_000)
        parser.add_argument("--repeats", type=int, default=15)
        parser.add_argument("--home", type=Path, help="keep the servers' data here, and use it again the next time")
        parser.add_argument("--json", type=Path, help="write the figures to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["records"] < 1000 or options["organisations"] < 30 or options["repeats"] < 1:
            raise CommandError("Below 1,000 records and 30 organisations there is nothing to measure; repeat at least once.")
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
        with a_home(options["home"]) as home, servers(home) as environment:
            figures = home / "figures.json"
            sizes = [str(options[name]) for name in ("records", "organisations", "users", "repeats")]
            run([*MANAGE, "migrate", "--database", "owner", "--verbosity", "0"], environment)
            run([sys.executable, "-m", "portsec.bench.lists", *sizes, str(figures)], environment)
            report: dict[str, Any] = json.loads(figures.read_text())
        return {name: options[name] for name in ("records", "organisations", "users")} | report

    def _show(self, report: dict[str, Any]) -> None:
        self.stdout.write(f"\nFilled in {report['filled_in_seconds']} s. Records seen: {report['sees']}")
        for cells in (HEAD, *([result[name] for name in HEAD] for result in report["results"])):
            self.stdout.write("".join(f"{cell!s:>28}" if place == 0 else f"{cell!s:>13}" for place, cell in enumerate(cells)))
        for result in report["results"]:
            if not result["same_rows"]:
                self.stdout.write(f"NOT COMPARABLE: {result['query']} ({result['organisation']}) and its baseline answer different rows.")
        self.stdout.write("To reach: through the queries ratio ≤ 2; sharing with 200 ≤ 3 ms; a port joins a region ≤ 20 ms.")


@contextmanager
def a_home(chosen: Path | None) -> Iterator[Path]:
    """The chosen folder, which stays, or one that goes again."""
    if chosen is not None:
        with occupy(chosen.expanduser().resolve(), "bench_lists"):
            yield chosen.expanduser().resolve()
        return
    home = Path(tempfile.mkdtemp(prefix="portsec-bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def servers(home: Path) -> Iterator[Mapping[str, str]]:
    """PostgreSQL as `make run` starts it, with a database of the benchmark's own, and Valkey; the environment to use them."""
    postgres, valkey = Postgres(home), Valkey(home)
    with ExitStack() as stack:
        for server in (postgres, valkey):
            stack.callback(server.stop)
            server.start()
        postgres.create_database(DATABASE)
        addresses = {name: postgres.url(role, DATABASE) for name, role in DATABASES.items()}
        yield {
            **without_ours(),
            **defaults(home, 8000),
            **addresses,
            "REDIS_URL": valkey.url(),
            "DJANGO_SETTINGS_MODULE": "portsec.settings",
            "PYTHONPATH": str(CHECKOUT),
        }


def run(command: list[str], environment: Mapping[str, str]) -> None:
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        raise CommandError(f"{' '.join(command[1:4])} failed; what it said stands above.")
