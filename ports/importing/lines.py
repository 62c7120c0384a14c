"""From text to lines with named values: the columns of the World Port Index, or the plain ones of docs/set-up.md."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from django.utils.translation import gettext as _

from portsec.problems import Fault, Refused

MOST_LINES = 5_000
MOST_COLUMNS = 200
DELIMITERS = (",", ";", "\t", "|")
# A column by any of its names: ours first, then those of the World Port Index (NGA Pub. 150) as it is published and as it is cut.
NAMES = {
    "name": ("name", "main port name", "port name"),
    "unlocode": ("unlocode", "un/locode"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon"),
    "time_zone": ("time_zone", "time zone"),
    "country": ("country", "country code"),
    "number": ("wpi", "world port index number"),
}
NEEDED = ("name", "unlocode", "latitude", "longitude")
BY_NAME = {name: field for field, names in NAMES.items() for name in names}


@dataclass(frozen=True)
class Line:
    """One port as the file has it: texts, nothing checked but that the line has as many values as there are columns."""

    number: int  # of the line in the file, the first is 1
    name: str
    unlocode: str
    latitude: str
    longitude: str
    time_zone: str = ""
    country: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Reading:
    lines: Sequence[Line]
    delimiter: str


def read_lines(text: str) -> Reading:
    """The lines in the file's order, or in that of the World Port Index numbers, which run along the coasts.

    Raises Refused naming `file` where the whole file cannot be used.
    """
    delimiter = _delimiter_of(text)
    rows = _rows(text, delimiter)
    _number, head = next(rows)
    places = _places(head)
    found: list[tuple[int, Line]] = []
    for number, row in rows:
        if len(found) == MOST_LINES:
            told = _("This file holds more than %d ports. Cut out those of your region, or split it.")
            raise Refused(Fault("file", told % MOST_LINES, "too_many_lines"))
        found.append((_order(row, places), _line(number, row, places, len(head))))
    if not found:
        raise Refused(Fault("file", _("There is no port below the line of column names. Add a line for each port."), "empty"))
    return Reading([line for _place, line in sorted(found, key=lambda pair: pair[0])], delimiter)


def _delimiter_of(text: str) -> str:
    """The one that makes most known names out of the first line."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda one: sum(_clean(name) in BY_NAME for name in head.split(one)))


def _clean(name: str) -> str:
    return " ".join(name.strip("\ufeff\"' \t").casefold().split())


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not blank, with its number. One at a time: a file far too long is left where the limit is."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        for row in reader:
            if any(value.strip() for value in row):
                yield number, row
            number = reader.line_num + 1
    except csv.Error as error:
        text = _("Line %(line)d breaks off or is quoted wrongly: put a text in quotes as a whole, and write a quote in it twice.")
        raise Refused(Fault("file", text % {"line": number}, "not_csv")) from error


def _places(head: Sequence[str]) -> dict[str, int]:
    if len(head) > MOST_COLUMNS:
        text = _("The first line holds %(found)d columns; %(most)d are read at most. Keep name, unlocode, latitude and longitude.")
        raise Refused(Fault("file", text % {"found": len(head), "most": MOST_COLUMNS}, "too_many_columns"))
    places: dict[str, int] = {}
    for place, name in enumerate(map(_clean, head)):
        field = BY_NAME.get(name)
        if field in places:
            told = _("Two columns hold the same: %(first)s and %(second)s. Remove one of them.")
            raise Refused(Fault("file", told % {"first": head[places[field]], "second": head[place]}, "double_column"))
        if field:
            places[field] = place
    missing = [field for field in NEEDED if field not in places]
    if missing:
        text = _("Missing columns: %s. The first line names them; name, unlocode, latitude and longitude are needed.")
        raise Refused(Fault("file", text % ", ".join(missing), "missing_columns"))
    return places


def _line(number: int, row: Sequence[str], places: dict[str, int], columns: int) -> Line:
    values = {field: row[place] if place < len(row) else "" for field, place in places.items() if field != "number"}
    fault = ""
    if len(row) != columns:
        text = _("This line has %(found)d values, and there are %(wanted)d columns. Put a text that holds the separator in quotes.")
        fault = text % {"found": len(row), "wanted": columns}
    if any("\x00" in value for value in row):
        fault = _("This line holds a NUL character, which no text has. Write the line again.")
        values = {field: value.replace("\x00", "\ufffd") for field, value in values.items()}  # the database keeps none
    return Line(number, **values, fault=fault)


def _order(row: Sequence[str], places: dict[str, int]) -> int:
    """0 where there is no number: the sort keeps the file's order."""
    place = places.get("number")
    number = row[place].strip() if place is not None and place < len(row) else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
