"""What a line must hold before it can become a port. Each fault names the column and what to do."""

from collections.abc import Callable
from math import isfinite
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ports.importing.lines import Line
from ports.models import PortProfile
from portsec.access.models import Organisation
from portsec.access.time_zones import zones
from portsec.problems import Fault, Refused
from portsec.validation import plain_line

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


def _name(text: str) -> str:
    name = plain_line("name", text)
    if not name:
        raise Refused(Fault("name", _("Write the port's name."), "required"))
    if len(name) > LONGEST_NAME:
        raise Refused(Fault("name", _("This name is longer than %d letters. Shorten it.") % LONGEST_NAME, "max_length"))
    return name


def _unlocode(text: str) -> str:
    code = code_of(plain_line("unlocode", text))
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
    zone = plain_line("time_zone", text)
    if zone and zone not in zones():
        said = _("“%s” is no time zone. Write one as Europe/Warsaw, or leave it empty for the one of the import.")
        raise Refused(Fault("time_zone", said % zone[:40], "invalid"))
    return zone


READERS: dict[str, Callable[[str], object]] = {
    "name": _name,
    "unlocode": _unlocode,
    "latitude": _degrees("latitude", 90),
    "longitude": _degrees("longitude", 180),
    "time_zone": _time_zone,
    "country": lambda text: plain_line("country", text),
}
