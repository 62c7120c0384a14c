"""The audit log as a file, and the entry that says who took it out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portsec.access.acting import Acting
from portsec.journal.actions import record_own
from portsec.journal.audit import Choice, Line, audit_page
from portsec.list_files import notes_of
from portsec.problems import Fault, Refused
from portsec.tables import Table

MOST = 5_000  # rows of one file: each is looked up with what may still be seen of its object
COLUMNS = ("at", "person", "verb", "kind", "object", "summary", "label", "through", "before", "after", "request_id")


def export_log(acting: Acting, choice: Choice) -> Table:
    """The chosen rows, newest first; the export itself is journalled. Raises Refused where there are more than MOST."""
    acting.require("audit.read")
    page = audit_page(acting, choice, limit=MOST)
    if page.older:
        raise Refused(Fault("since", _("More than %d rows. Choose a shorter period, or one person after another.") % MOST, "too_many"))
    rows = len(page.records)
    summary = ngettext("%(name)s exported %(rows)d row of the audit log", "%(name)s exported %(rows)d rows of the audit log", rows)
    told = {**choice.as_told(), "rows": rows}
    said = summary % {"name": acting.user.name, "rows": rows}
    record_own(acting, "audit.exported", "audit_log", acting.organisation.pk, said, after=told, persons=_readers(page.records))
    labels = {_label_of(line) for line in page.records} - {""}
    return Table("audit-log", notes_of(acting, "audit-log", rows, labels), COLUMNS, [_cells(line) for line in page.records])


def _readers(lines: Sequence[Line]) -> list[UUID] | None:
    """Who may know of the export: where it held TLP:RED, its number of rows tells of that too."""
    named = [set(line.source.persons) for line in lines if line.source.persons is not None]
    return sorted(named[0].intersection(*named)) if named else None


def _cells(line: Line) -> list[Any]:
    entry, reading, label = line.entry, line.reading, _label_of(line)
    return [
        line.at,
        line.person.name if line.person else "",
        line.verb,
        line.kind,
        str(line.object_id),
        line.summary,
        f"TLP:{label}" if label else "",
        reading.through if reading else "",
        entry.before if entry else "",
        entry.after if entry else "",
        line.request_id,
    ]


def _label_of(line: Line) -> str:
    """Of a reading what was read; of an entry what it changed, since before and after hold its text."""
    if line.reading:
        return line.reading.label
    told = line.entry
    return str(told.row.get("tlp") or told.after.get("tlp") or told.before.get("tlp") or "") if told else ""
