import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portsec.bench import figures, machine
from portsec.bench.fanout import Run, everybody
from portsec.bench.hands import HelperFailed
from portsec.bench.served import Served, running_at, stack_of_its_own
from portsec.up.program import StartFailed

SPARE = 1000  # files beside the sockets
MOST = 20_000  # clients


class Command(BaseCommand):
    help = "Measures alerts on their way to open dashboards against a bare server of sockets (bench/README.md)."
    requires_system_checks = ()  # they ask the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clients", type=numbers, default=[100, 500, 2000], help="how many dashboards, e.g. 100,500,2000")
        parser.add_argument("--audiences", type=numbers, default=[1, 20], help="how many organisations with rights of their own, e.g. 1,20")
        parser.add_argument("--rounds", type=number, default=7)
        parser.add_argument("--burst", type=number, default=100, help="alerts that are committed together")
        parser.add_argument("--json", type=Path, help="write the figures to this file")
        parser.add_argument("--url", help="measure the stack that runs there (and leave organisations and alerts in it)")

    def handle(self, *args: Any, **options: Any) -> None:
        self.begun = time.monotonic()
        machine.allow_many_files(2 * max(options["clients"]) + SPARE)
        about = machine.describe()
        self.stdout.write(machine.in_words(about))
        try:
            with self._product(options["url"]) as served, everybody(served, self._say) as run:
                report = {**self._measured(run, options), "machine": about}
        except (StartFailed, HelperFailed) as failure:
            raise CommandError(str(failure)) from failure
        self._show(report)
        if options["json"]:
            options["json"].write_text(json.dumps(report, indent=1, ensure_ascii=False))

    def _product(self, url: str | None) -> AbstractContextManager[Served]:
        if url:
            return running_at(url)
        self._say("Starting a stack, as `make run` does …")
        return stack_of_its_own()

    def _measured(self, run: Run, options: dict[str, Any]) -> dict[str, Any]:
        run.cast(options["clients"], options["audiences"])
        begun, others = time.monotonic(), machine.busy_seconds() - run.seconds_of_ours()
        for audiences in options["audiences"]:
            for clients in options["clients"]:
                run.measure(clients, audiences, options["rounds"], options["burst"])
        elsewhere = (machine.busy_seconds() - run.seconds_of_ours() - others) / (time.monotonic() - begun)
        results = [config.figures() for config in run.configs]
        for result in results:
            result["connection_kb"] = round(run.connection_kb, 1) if result["clients"] == max(options["clients"]) else None
        return {
            "valid": all(result["valid"] for result in results),
            "rounds": options["rounds"],
            "burst": options["burst"],
            "frame_bytes": run.frame_bytes,
            "processors_used_by_others": round(elsewhere, 2),
            "results": results,
        }

    def _show(self, report: dict[str, Any]) -> None:
        for line in figures.table(report["results"]):
            self.stdout.write(line)
        weights = {one["clients"]: one["connection_kb"] for one in report["results"] if one["connection_kb"] is not None}
        self.stdout.write(f"\nA connection costs {', '.join(f'{kb} KB (of {clients})' for clients, kb in weights.items())}.")
        self.stdout.write("To reach: " + "; ".join(f"{name} {target}" for name, target in figures.TARGETS.items()) + ".")
        self.stdout.write(f"Other programs used {report['processors_used_by_others']} processors meanwhile.")
        if not report["valid"]:
            self.stdout.write("INVALID: the client was the bottleneck, or the limit itself was not whole. Do not use these figures.")

    def _say(self, text: str) -> None:
        """On the way, beside the report."""
        self.stderr.write(f"{time.monotonic() - self.begun:6.1f} s  {text}")


def numbers(text: str) -> list[int]:
    return [number(one) for one in text.split(",")]


def number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise ArgumentTypeError(f"{text} is not a number from 1 to {MOST}")
    return int(text)
