from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ports.actions.importing import import_as_operator
from ports.importing import Plan, make_plan, read_lines, read_text
from ports.importing.text import ENCODINGS, check_size
from portsec.access.actions import create_region
from portsec.access.coordination import bodies_of
from portsec.access.models import Region
from portsec.access.time_zones import check_time_zone
from portsec.problems import Conflict, Refused


class Command(BaseCommand):
    help = "Imports ports from CSV into a region, all or nothing. docs/set-up.md has the columns."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--region", required=True, help="the region's name")
        parser.add_argument("--create-region", action="store_true", help="make the region where there is none of this name")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument("--skip-bad-rows", action="store_true", help="import the others where lines are refused")
        parser.add_argument("--time-zone", default="", help="for lines without one; default: that of the region's coordination body")
        parser.add_argument("--encoding", choices=[name for name in ENCODINGS if name], default="", help="default: as found in the file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(**options)
        except Refused as refused:
            raise CommandError("\n".join(f"{fault.field}: {fault.detail}" for fault in refused.faults)) from refused
        except Conflict as conflict:
            raise CommandError(str(conflict)) from conflict

    def _run(self, *, file: Path, region: str, time_zone: str, encoding: str, **options: Any) -> None:
        reading = read_lines(self._read(file, encoding))
        found = self._region(region, make=options["create_region"], is_dry=options["dry_run"])
        zone = time_zone or self._zone_of(found)
        check_time_zone(zone)
        plan = make_plan(found, reading.lines, time_zone=zone)
        self._tell(plan, zone)
        if options["dry_run"]:
            self.stdout.write("Nothing was written: --dry-run.")
            return
        done = import_as_operator(found, reading.lines, time_zone=zone, skip_bad_rows=options["skip_bad_rows"])
        self.stdout.write(f"{len(done.new)} ports were imported into {found.name}.")

    def _read(self, file: Path, encoding: str) -> str:
        try:
            check_size(file.stat().st_size)
            data = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        return read_text(data, encoding)[0]

    def _region(self, name: str, *, make: bool, is_dry: bool) -> Region:
        found = Region.objects.filter(name=name).first()
        if found is None and not make:
            known = ", ".join(Region.objects.order_by("name").values_list("name", flat=True)[:20]) or "none yet"
            raise CommandError(f"There is no region “{name}”. Add --create-region, or choose one of: {known}.")
        if found is None:
            return Region(name=name) if is_dry else create_region(name)
        return found

    def _zone_of(self, region: Region) -> str:
        """A position alone does not say its time zone."""
        body = bodies_of(region).first()
        return body.time_zone if body else "UTC"

    def _tell(self, plan: Plan, zone: str) -> None:
        for refused in plan.refused:
            for fault in refused.faults:
                where = f"{fault.field}: " if fault.field else ""
                self.stderr.write(f"line {refused.line.number}, {refused.line.name.strip()[:60]}: {where}{fault.detail}")
        for renamed in plan.renamed:
            self.stdout.write(f"line {renamed.line.number}: the name is not unique; imported as {renamed.organisation.name}")
        self.stdout.write(
            f"{len(plan.new)} new, {len(plan.known)} known, {len(plan.refused)} refused. Lines without a time zone get {zone}."
        )
