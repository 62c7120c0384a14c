"""The audit log as CSV, and the entry that says who took it out."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portsec.access.acting import Acting
from portsec.journal.actions import record_own
from portsec.journal.audit import Choice, Line, audit_page
from portsec.problems import Fault, Refused

MOST = 5_000  # rows of one file: the answer is made in memory, since nothing streams (access.md)
COLUMNS = ("at", "person", "verb", "kind", "object", "summary", "label", "through", "before", "after", "request_id")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_log(acting: Acting, choice: Choice) -> bytes:
    """The chosen rows as CSV, newest first; the export itself is journalled. Raises Refused where there are more than MOST."""
    acting.require("audit.read")
    page = audit_page(acting, choice, limit=MOST)
    if page.older:
        raise Refused(Fault("since", _("More than %d rows. Choose a shorter period, or one person after another.") % MOST, "too_many"))
    rows = len(page.records)
    summary = ngettext("%(name)s exported %(rows)d row of the audit log", "%(name)s exported %(rows)d rows of the audit log", rows)
    told = {**choice.as_told(), "rows": rows}
    said = summary % {"name": acting.user.name, "rows": rows}
    record_own(acting, "audit.exported", "audit_log", acting.organisation.pk, said, after=told, persons=_readers(page.records))
    return as_csv(COLUMNS, [_cells(line) for line in page.records])


def _readers(lines: Sequence[Line]) -> list[UUID] | None:
    """Who may know of the export: where it held TLP:RED, its number of rows tells of that too."""
    named = [set(line.source.persons) for line in lines if line.source.persons is not None]
    return sorted(named[0].intersection(*named)) if named else None


def _cells(line: Line) -> list[str]:
    entry, reading = line.entry, line.reading
    return [
        in_utc(line.at),
        line.person.name if line.person else "",
        line.verb,
        line.kind,
        str(line.object_id),
        line.summary,
        f"TLP:{reading.label}" if reading else "",
        reading.through if reading else "",
        _as_json(entry.before) if entry else "",
        _as_json(entry.after) if entry else "",
        line.request_id,
    ]


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a byte-order mark, which spreadsheets need to read it as such; one row of names, then the rows."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([without_formula(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def without_formula(cell: str) -> str:
    """A cell that a spreadsheet would calculate stands as text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _as_json(changed: dict[str, Any]) -> str:
    return json.dumps(changed, ensure_ascii=False, separators=(",", ":")) if changed else ""
