"""How times and spans are written on every page; `static/portsec/clock.js` writes them the same way."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

HOUR = 3600
WEEK_DAYS = 6


def span(seconds: float) -> str:
    """1:48 below an hour, 2 h 05 min from there on."""
    whole = int(abs(seconds))
    if whole < HOUR:
        return f"{whole // 60}:{whole % 60:02}"
    return _("%(hours)s h %(minutes)s min") % {"hours": whole // HOUR, "minutes": f"{whole % HOUR // 60:02}"}


def limit(seconds: float) -> str:
    """A limit is a round figure: 5 min, 1 h, 12 h, 50 s."""
    whole = int(seconds)
    if whole >= HOUR and whole % HOUR == 0:
        return _("%(hours)s h") % {"hours": whole // HOUR}
    if whole >= 60:
        return _("%(minutes)s min") % {"minutes": whole // 60}
    return _("%(seconds)s s") % {"seconds": whole}


def time_left(left: float) -> str:
    if left < 0:
        return _("%(span)s late") % {"span": span(left)}
    return _("%(span)s left") % {"span": span(left)}


def moment(at: datetime, now: datetime, *, seconds: bool = False) -> str:
    """The clock alone today, the day of the week within six days, the date before, the year when it is another."""
    clock = date_format(at, "H:i:s" if seconds else "H:i")
    days = abs((at.date() - now.date()).days)
    if days == 0:
        return clock
    if days <= WEEK_DAYS:
        return f"{date_format(at, 'D')} {clock}"
    if at.year == now.year:
        return f"{date_format(at, 'j M')} {clock}"
    return f"{date_format(at, 'j M Y')} {clock}"


def local_and_utc(at: datetime, *, seconds: bool = False) -> tuple[str, str]:
    """The same instant on the reader's clock and on UTC's."""
    now = timezone.now()
    local = moment(timezone.localtime(at), timezone.localtime(now), seconds=seconds)
    utc = moment(at.astimezone(UTC), now.astimezone(UTC), seconds=seconds)
    return local, utc


def city(time_zone: str) -> str:
    """Warsaw, of Europe/Warsaw."""
    return str(time_zone).rsplit("/", 1)[-1].replace("_", " ")


def label(name: str) -> str:
    """Expires at, of expires_at."""
    return "TLP" if name == "tlp" else name.replace("_", " ").capitalize()


def value(kept: Any) -> str:
    """A value of the journal as a person reads it: dated instants on the local clock, lists with commas, areas with their shape."""
    if kept is None or kept == "" or kept == []:
        return ""
    if isinstance(kept, bool):
        return _("yes") if kept else _("no")
    if isinstance(kept, list):
        return ", ".join(value(one) for one in kept)
    if isinstance(kept, dict):
        return _record(kept)
    at = parse_datetime(kept) if isinstance(kept, str) and len(kept) > 18 and kept[:4].isdigit() else None
    return str(date_format(timezone.localtime(at), "j M Y H:i")) if at and timezone.is_aware(at) else str(kept)


def _record(kept: dict[str, Any]) -> str:
    name = kept.get("description") or kept.get("name")
    if not name:
        return ", ".join(f"{key} {value(one)}" for key, one in kept.items())
    return f"{name} ({shape})" if (shape := _shape(kept)) else str(name)


def _shape(area: dict[str, Any]) -> str:
    """A moved circle or corner must show in a difference, though its name stays."""
    if circle := area.get("circle"):
        return str(_("%(km)s km around %(lat)s, %(lon)s") % circle)
    corners = "; ".join(f"{latitude}, {longitude}" for latitude, longitude in area.get("polygon") or ())
    return _("corners %s") % corners if corners else ""
