import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from portsec.bench.measuring import MeasuringCommand

HEAD = ("query", "rows", "ms", "baseline_ms", "ratio")


class Command(MeasuringCommand):
    help = "Measures telling many organisations outside their dashboards against bare statements and a bare client (bench/README.md)."
    module = "portsec.bench.telling"
    sizes = {"organisations": 1000, "webhooks": 2000, "repeats": 7}

    def show(self, report: Mapping[str, Any]) -> None:
        self.table(HEAD, report["results"], first=32)
        [rate] = [result["per_second"] for result in report["results"] if "per_second" in result]
        self.stdout.write(f"{rate} webhooks a second. To reach: publishing ratio ≤ 3; 200 webhooks a second; a step within 2,000 ms.")

    @contextmanager
    def beside(self, environment: Mapping[str, str]) -> Iterator[tuple[Sequence[str], Mapping[str, str]]]:
        """The receiver, a process of its own: the worker's processor time is not shared with what it calls."""
        command = [sys.executable, "-m", "portsec.bench.receiver"]
        with subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, text=True) as process:
            try:
                port = process.stdout.readline() if process.stdout else ""
                allowed = {**environment, "PORTSEC_WEBHOOK_ALLOW_PRIVATE": "1", "EMAIL_URL": "dummymail://"}
                yield [f"http://127.0.0.1:{int(port)}"], allowed
            finally:
                process.terminate()
