from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from portsec.bench.measuring import MeasuringCommand

HEAD = ("page", "status", "queries", "ms", "own_ms", "ratio", "kb")


class Command(MeasuringCommand):
    help = "Measures the pages of regions, ports and people in a world of 60 regions (bench/README.md)."
    module = "portsec.bench.world"
    sizes = {"regions": 60, "ports": 3768, "agencies": 300, "people": 20_000, "repeats": 9}

    def check_sizes(self, options: Mapping[str, Any]) -> None:
        super().check_sizes(options)
        if options["ports"] < 300 or options["people"] < options["ports"] + options["agencies"]:
            raise CommandError("Give at least 300 ports, and a person for each port and agency.")

    def show(self, report: Mapping[str, Any]) -> None:
        self.stdout.write(f"Filled in {report['filled_in_seconds']} s.")
        self.table(HEAD, report["results"], others=10)
        self.stdout.write(f"Map of 200 ports: {report['map_kb']} KB compressed. To reach: 12 queries, ratio ≤ 2, map ≤ 60 KB.")
