"""What a line must hold before it can become a port. Each fault names the column and what to do."""

from collections.abc import Callable
from functools import cache
from math import isfinite
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ports.importing.lines import Line
from ports.models import PortProfile
from portsec.access.models import Organisation
from portsec.access.text import no_control_characters, one_line
from portsec.problems import Fault, Refused

FORMULA = ("=", "+", "-", "@")
LONGEST_NAME = 100  # the rest of what an organisation's name may hold is kept for "(country)" or "(PLGDN)"


def as_port(line: Line, time_zone: str) -> tuple[Organisation, PortProfile]:
    """Unsaved. `time_zone` is for who names none. Raises Refused naming the columns at fault."""
    if line.fault:
        raise Refused(Fault("", line.fault, "columns"))
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field, read in READERS.items():
        try:
            values[field] = read(getattr(line, field))
        except Refused as refused:
            faults += refused.faults
    if not faults and values["latitude"] == values["longitude"] == 0:
        faults = [Fault("latitude", _("0, 0 lies in the open sea: the position was never filled in. Write the port's own."), "null_island")]
    if faults:
        raise Refused(*faults)
    organisation = Organisation(name=values["name"], kind=Organisation.Kind.PORT, time_zone=values["time_zone"] or time_zone)
    place = {name: values[name] for name in ("unlocode", "latitude", "longitude")}
    return organisation, PortProfile(organisation=organisation, **place)


def code_of(text: str) -> str:
    """`PL GDN`, as the World Port Index writes it, is PLGDN."""
    return "".join(text.split()).upper()


def is_time_zone(name: str) -> bool:
    return name in zones()


@cache
def zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _plain(field: str, text: str) -> str:
    """One line of plain text that no spreadsheet would run when it is exported again."""
    text = text.strip(" ")
    for check in (no_control_characters, one_line):
        try:
            check(text)
        except ValidationError as error:
            raise Refused(*(Fault(field, message, error.code or "invalid") for message in error.messages)) from error
    if text.startswith(FORMULA):
        said = _("“%(text)s” begins with %(sign)s, which a spreadsheet takes for a formula. Write it without.")
        raise Refused(Fault(field, said % {"text": text[:40], "sign": text[0]}, "formula"))
    return " ".join(text.split())


def _name(text: str) -> str:
    name = _plain("name", text)
    if not name:
        raise Refused(Fault("name", _("Write the port's name."), "required"))
    if len(name) > LONGEST_NAME:
        raise Refused(Fault("name", _("This name is longer than %d letters. Shorten it.") % LONGEST_NAME, "max_length"))
    return name


def _unlocode(text: str) -> str:
    code = code_of(_plain("unlocode", text))
    if not code:
        said = _(
            "There is no UN/LOCODE, by which a port is found and known again in the next file. Look it up in the UNECE's list and add it."
        )
        raise Refused(Fault("unlocode", said, "required"))
    try:
        for check in PortProfile._meta.get_field("unlocode").validators:
            check(code)
    except ValidationError as error:
        said = _("“%s” is no UN/LOCODE. Write two letters of the country and three of the place: PLGDN.")
        raise Refused(Fault("unlocode", said % text.strip()[:20], "invalid")) from error
    return code


def _degrees(field: str, most: int) -> Callable[[str], float]:
    def read(text: str) -> float:
        written = text.strip()
        if written.count(",") == 1 and "." not in written:
            written = written.replace(",", ".")  # a decimal comma, as spreadsheets of many countries write it
        try:
            value = float(written) if "_" not in written else float("nan")
        except ValueError:
            value = float("nan")
        if not isfinite(value):
            said = _("“%s” is no position. Write degrees as a decimal number, as 54.35 or -8.61.")
            raise Refused(Fault(field, said % text.strip()[:20], "invalid"))
        if abs(value) > most:
            said = _("%(value)s is not on this earth. Write degrees between -%(most)d and %(most)d.")
            raise Refused(Fault(field, said % {"value": text.strip()[:20], "most": most}, "out_of_range"))
        return value

    return read


def _time_zone(text: str) -> str:
    zone = _plain("time_zone", text)
    if zone and not is_time_zone(zone):
        said = _("“%s” is no time zone. Write one as Europe/Warsaw, or leave it empty for the one of the import.")
        raise Refused(Fault("time_zone", said % zone[:40], "invalid"))
    return zone


READERS: dict[str, Callable[[str], object]] = {
    "name": _name,
    "unlocode": _unlocode,
    "latitude": _degrees("latitude", 90),
    "longitude": _degrees("longitude", 180),
    "time_zone": _time_zone,
    "country": lambda text: _plain("country", text),
}
