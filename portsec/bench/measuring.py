"""What the benchmarks share that fill a database of their own: servers, a process with their settings, and the figures as JSON."""

import json
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar

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


class MeasuringCommand(BaseCommand):
    """`module` measures, in a process of its own: it is given the `sizes` in their order, what `beside` adds, and a file for its report."""

    requires_system_checks = ()  # they ask the database
    module: ClassVar[str]
    sizes: ClassVar[Mapping[str, int]]  # name of the option → default

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, size in self.sizes.items():
            parser.add_argument(f"--{name}", type=int, default=size)
        parser.add_argument("--home", type=Path, help="keep the servers' data here, and use it again the next time")
        parser.add_argument("--json", type=Path, help="write the figures to this file")

    def check_sizes(self, options: Mapping[str, Any]) -> None:
        """Raises CommandError where there would be nothing to measure."""
        if min(options[name] for name in self.sizes) < 1:
            raise CommandError("Give at least one of each.")

    def show(self, report: Mapping[str, Any]) -> None:
        """Prints the figures, and what is to be reached."""
        raise NotImplementedError

    @contextmanager
    def beside(self, environment: Mapping[str, str]) -> Iterator[tuple[Sequence[str], Mapping[str, str]]]:
        """What else runs meanwhile: further arguments of the module, and its environment."""
        yield [], environment

    def handle(self, *args: Any, **options: Any) -> None:
        self.check_sizes(options)
        about = machine.describe()
        self.stdout.write(machine.in_words(about))
        self.stdout.flush()
        try:
            report = {"machine": about, **{name: options[name] for name in self.sizes}, **self._measured(options)}
        except StartFailed as failure:
            raise CommandError(str(failure)) from failure
        self.show(report)
        if options["json"]:
            options["json"].write_text(json.dumps(report, indent=1, ensure_ascii=False))

    def table(self, head: Sequence[str], results: Sequence[Mapping[str, Any]], first: int = 28, others: int = 13) -> None:
        for cells in (head, *([result[name] for name in head] for result in results)):
            self.stdout.write("".join(f"{cell!s:>{others if place else first}}" for place, cell in enumerate(cells)))

    def _measured(self, options: Mapping[str, Any]) -> dict[str, Any]:
        with a_home(options["home"]) as home, servers(home) as environment, self.beside(environment) as (further, settings):
            figures = home / "figures.json"
            sizes = [str(options[name]) for name in self.sizes]
            run([*MANAGE, "migrate", "--database", "owner", "--verbosity", "0"], settings)
            run([sys.executable, "-m", self.module, *sizes, *further, str(figures)], settings)
            report: dict[str, Any] = json.loads(figures.read_text())
        return report


@contextmanager
def a_home(chosen: Path | None) -> Iterator[Path]:
    """The chosen folder, which stays, or one that goes again."""
    if chosen is not None:
        with occupy(chosen.expanduser().resolve(), "a benchmark"):
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
