"""The time zones that this installation knows."""

from functools import cache
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from portsec.problems import Fault, Refused


@cache
def zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_time_zone(name: str) -> None:
    """Raises Refused naming `time_zone`."""
    if name not in zones():
        raise Refused(Fault("time_zone", _("Choose one of the time zones in the list."), "invalid_choice"))


def zone_choices() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zones())]
