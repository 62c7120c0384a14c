from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from portsec.bench.measuring import MeasuringCommand

HEAD = ("query", "organisation", "through", "ms", "baseline_ms", "ratio", "cpu_ratio", "queries")


class Command(MeasuringCommand):
    help = "Measures lists of a million records against the best SQL by hand (bench/README.md)."
    module = "portsec.bench.lists"
    sizes = {"records": 1_000_000, "organisations": 300, "users": 5_000, "repeats": 15}

    def check_sizes(self, options: Mapping[str, Any]) -> None:
        if options["records"] < 1000 or options["organisations"] < 30 or options["repeats"] < 1:
            raise CommandError("Below 1,000 records and 30 organisations there is nothing to measure; repeat at least once.")

    def show(self, report: Mapping[str, Any]) -> None:
        self.stdout.write(f"\nFilled in {report['filled_in_seconds']} s. Records seen: {report['sees']}")
        self.table(HEAD, report["results"])
        for result in report["results"]:
            if not result["same_rows"]:
                self.stdout.write(f"NOT COMPARABLE: {result['query']} ({result['organisation']}) and its baseline answer different rows.")
        self.stdout.write("To reach: through the queries ratio ≤ 2; sharing with 200 ≤ 3 ms; a port joins a region ≤ 20 ms.")
