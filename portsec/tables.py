"""A list as a file for a spreadsheet: CSV or XLSX, written row by row to disk, then sent.

Nothing streams from the database: a stream would run after its context is gone (access.md). The file is whole before its
first byte leaves, so that a list that fails halfway is an error and not a short file, and a slow client holds no transaction.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import FileResponse, Http404
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

IN_MEMORY = 1_000_000  # bytes of one file; what is longer is written to disk
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LONGEST_CELL = 32_767  # characters in a cell of a spreadsheet
UNQUOTED = {ord(","): ";", ord('"'): "'", ord("\n"): " ", ord("\r"): " "}  # or CSV puts a quotation mark before the #
CSV, XLSX = "csv", "xlsx"
MEDIA_TYPES = {CSV: "text/csv", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class FinishedFile(FileResponse):
    """A file that is written already: sending it asks nothing. The one answer that may go out in pieces (middleware.py)."""


@dataclass(frozen=True)
class Table:
    """`notes` are the file's first lines, each in a cell of its own that begins with #; then one line of names, then the rows."""

    name: str
    notes: Sequence[str]
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]

    def lines(self) -> Iterator[list[Any]]:
        yield from ([f"# {note.translate(UNQUOTED)}"] for note in self.notes)
        yield list(self.columns)
        yield from ([plain_cell(value) for value in row] for row in self.rows)

    def as_answer(self, form: str) -> FinishedFile:
        """`form` is csv or xlsx."""
        file = spool()
        WRITERS[form](self, file)
        file.seek(0)
        charset = "; charset=utf-8" if form == CSV else ""
        return FinishedFile(file, as_attachment=True, filename=f"{self.name}.{form}", content_type=f"{MEDIA_TYPES[form]}{charset}")


def known_form(name: str) -> str:
    """The format that a page's address names, or nothing; one that there is not is as absent as any other address."""
    if name and name not in MEDIA_TYPES:
        raise Http404
    return name


def spool() -> IO[bytes]:
    """Its own end is the answer's: Django closes what it has sent."""
    return SpooledTemporaryFile(max_size=IN_MEMORY)


def write_csv(table: Table, file: IO[bytes]) -> None:
    """UTF-8 with a byte-order mark, which spreadsheets need to read it as such."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    csv.writer(text).writerows(table.lines())
    text.detach()


def write_xlsx(table: Table, file: IO[bytes]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.name[:31])
    for line in table.lines():
        sheet.append([fitting(cell) for cell in line])
    book.save(file)


WRITERS = {CSV: write_csv, XLSX: write_xlsx}


def plain_cell(value: Any) -> Any:
    """What a cell holds: text, or a number where it is one. Times in UTC with their offset; lists and objects as JSON."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return value
        case datetime():
            return in_utc(value)
        case list() | tuple() if all(isinstance(one, str) for one in value):
            return without_formula(", ".join(value))
        case Mapping() | list() | tuple():
            return as_json(value)
    return without_formula(str(value))


def without_formula(cell: str) -> str:
    """A cell that a spreadsheet would calculate stands as text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def fitting(cell: Any) -> Any:
    """As a spreadsheet's file may hold it: no control characters, no longer than a cell."""
    if not isinstance(cell, str):
        return cell
    text: str = ILLEGAL_CHARACTERS_RE.sub("", cell)
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")) if value else ""
