"""Marks, times and controls for templates: each tag is one mark of the design, written once."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django import template
from django.contrib.messages import get_messages
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import BaseForm, BoundField
from django.forms.widgets import CheckboxInput, FileInput, RadioSelect, Select
from django.http import HttpRequest
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy

from portsec.face import difference, wording

register = template.Library()

SEVERITIES = {
    "minor": (1, gettext_lazy("Minor")),
    "moderate": (2, gettext_lazy("Moderate")),
    "severe": (3, gettext_lazy("Severe")),
    "extreme": (4, gettext_lazy("Extreme")),
    "unknown": (1, gettext_lazy("Unknown")),
}
LEVELS = {1: gettext_lazy("normal"), 2: gettext_lazy("heightened"), 3: gettext_lazy("exceptional")}
SOON = 0.4  # a timer turns amber below this share of its limit


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
def severity(value: str | None) -> SafeString:
    key = (value or "unknown").lower()
    bars, word = SEVERITIES.get(key, SEVERITIES["unknown"])
    return format_html(
        '<span class="severity" data-severity="{}"><svg aria-hidden="true"><use href="#i-sev-{}"/></svg>{}</span>', key, bars, word
    )


@register.simple_tag
@cache
def tlp(label: str | None) -> SafeString:
    """The label's text is fixed by FIRST and is never translated."""
    text = (label or "").removeprefix("TLP:")
    return format_html('<span class="tlp" data-tlp="{}">TLP:{}</span>', text.lower().replace("+", "-"), text)


@register.simple_tag
@cache
def level(number: int | None) -> SafeString:
    """The digit in its shape; hidden from readers, since each place says the level in words too."""
    return format_html('<span class="level" data-level="{0}" aria-hidden="true">{0}</span>', number or "")


@register.filter
def level_name(number: int) -> str:
    return str(LEVELS.get(int(number), ""))


@register.filter
def level_words(number: int) -> str:
    """As a reader of the screen hears it beside the digit: “level 2, heightened”."""
    return gettext("level %(level)d, %(name)s") % {"level": number, "name": level_name(number)}


@register.simple_tag
def local_time(at: datetime | str | None, seconds: bool = False) -> SafeString:
    """Local time, UTC in the title, and both for the script that swaps them."""
    moment = parse_datetime(at) if isinstance(at, str) else at
    if moment is None:
        return mark_safe("<span>–</span>")
    local, utc = wording.local_and_utc(moment, seconds=seconds)
    stamp = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return format_html('<time datetime="{0}" title="{1} UTC" data-utc="{1} UTC">{2}</time>', stamp, utc, local)


@register.simple_tag
def since_until(since: datetime, until: datetime | None) -> SafeString:
    if until is None:
        return format_html(gettext("since {since}"), since=local_time(since))
    return format_html(gettext("since {since}, until {until}"), since=local_time(since), until=local_time(until))


@register.simple_tag
def level_end(due: str, until: datetime | None) -> SafeString:
    """How near the expected end of a level is: `due` is "soon", "overdue" or nothing."""
    if due == "overdue":
        ended = format_html(gettext("overdue since {ended}"), ended=local_time(until))
        return format_html('<span class="badge bad">{}{}</span>', icon("clock"), ended)
    if due == "soon":
        ends = gettext("ends in %(span)s") % {"span": span(left_until(until))}
        return format_html('<span class="badge warn">{}{}</span>', icon("clock"), ends)
    return SafeString()


@register.filter
def span(seconds: float | None) -> str:
    return "–" if seconds is None else wording.span(seconds)


@register.filter
def left_until(at: datetime | None) -> float | None:
    """Seconds until an instant; negative once it has passed."""
    return None if at is None else (at - timezone.now()).total_seconds()


@register.filter
def limit(seconds: float | None) -> str:
    return "" if seconds is None else wording.limit(seconds)


@register.filter
def city(time_zone: Any) -> str:
    return wording.city(str(time_zone))


@register.filter
def stamp(at: datetime | None) -> str:
    """The instant as the script reads it."""
    return "" if at is None else at.astimezone(UTC).isoformat()


@register.inclusion_tag("portsec/timer.html")
def timer(left: float | None, within: float | None) -> dict[str, Any]:
    """What is left until an answer is due, then how late it is."""
    remaining, whole = int(left or 0), max(int(within or 0), 1)
    if remaining < 0:
        state, shown = "late", whole
    else:
        state, shown = ("soon" if remaining < whole * SOON else "running"), min(remaining, whole)
    return {"left": remaining, "limit": whole, "state": state, "shown": shown, "text": wording.time_left(remaining)}


@register.inclusion_tag("portsec/tally.html")
def tally(board: Any) -> dict[str, Any]:
    """The bar above a delivery board: four segments that fill a thousand units, with a gap between two."""
    counts = [
        ("ok", _number(board, "acknowledged")),
        ("seen", _number(board, "seen")),
        ("sent", _number(board, "delivered") + _number(board, "queued")),
        ("bad", _number(board, "failed")),
    ]
    total = sum(count for _, count in counts) or 1
    segments, x = [], 0.0
    for name, count in counts:
        width = 1000 * count / total
        if count:
            segments.append({"name": name, "x": round(x), "width": max(round(width) - 4, 2)})
        x += width
    return {"segments": segments}


@register.filter
def not_acknowledged(board: Any) -> int:
    return _number(board, "total") - _number(board, "acknowledged")


@register.filter
def late_or_failed(board: Any) -> int:
    return _number(board, "late") + _number(board, "failed")


def _number(of: Any, name: str) -> int:
    value = of.get(name) if isinstance(of, dict) else getattr(of, name, 0)
    return int(value or 0)


@register.inclusion_tag("portsec/nav_entry.html", takes_context=True)
def nav_entry(
    context: Context, url_name: str, icon_name: str, label: str, bar: bool = False, key: str = "", short: str = ""
) -> dict[str, Any]:
    """One line of the main navigation; `bar` keeps it at the bottom of a phone, where `short` is its name; `key` follows g."""
    request: HttpRequest | None = context.get("request")
    url = reverse(url_name)
    here = request is not None and (request.path == url or (url != "/" and request.path.startswith(url)))
    waiting = context.get("waiting") if url_name == "alert_list" else None
    shown = {"icon_name": icon_name, "label": label, "short": short, "bar": bar, "key": key}
    return {"url": url, "here": here, "waiting": waiting, **shown}


@register.simple_tag
def url_if(name: str, *args: Any) -> str:
    """The address of a page that may not be installed, or nothing."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.simple_tag
def control(field: BoundField, **attributes: Any) -> SafeString:
    """A form's widget with the look of ours; Django itself ties it to its hint and its error."""
    widget = field.field.widget
    plain = isinstance(widget, CheckboxInput | RadioSelect) or (isinstance(widget, Select) and not widget.allow_multiple_selected)
    classes = str(widget.attrs.get("class", ""))
    if not plain and not isinstance(widget, FileInput):
        classes = f"input {classes}".strip()
    extra = {name.replace("_", "-"): value for name, value in attributes.items()}
    return field.as_widget(attrs={**extra, **({"class": classes} if classes else {})})


@register.filter
def chosen(field: BoundField, value: Any) -> bool:
    """Is this choice among the field's values? They come as texts from a request and as objects from the server."""
    values = field.value()
    if values is None:  # not the same as "None", which is a word of CAP
        return False
    return str(value) in {str(one) for one in (values if isinstance(values, list | tuple | set) else [values])}


@register.filter
def filled(form: BaseForm, names: str) -> int:
    """How many of these fields, parted by spaces, hold something: what narrows a list."""
    return sum(bool(form[name].value()) for name in names.split())


@register.filter
def kind_of(field: BoundField) -> str:
    return type(field.field.widget).__name__


@register.simple_tag
def error_title(*forms: Any) -> str:
    """A page whose form was refused says so first, in its title."""
    return gettext("Error: ") if any(form is not None and getattr(form, "errors", None) for form in forms) else ""


@register.simple_tag(takes_context=True)
def notices(context: Context) -> Any:
    """Django's messages, read from the request, so that a page may call something else `messages`."""
    request = context.get("request")
    return get_messages(request) if request is not None else []


@register.filter
def with_format(address: str, name: str) -> str:
    """The address of a list as that file."""
    joint = "" if address.endswith("?") else "&" if "?" in address else "?"
    return f"{address}{joint}format={name}"


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def as_json(value: Any) -> str:
    """For a data attribute; the template escapes it."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def areas_json(alert: Any) -> str:
    """The areas of an alert as the map reads them."""
    told = {"severity": alert.severity, "headline": alert.headline, "is_exercise": alert.is_exercise}
    return as_json([{"polygon": area.get("polygon"), "circle": area.get("circle"), **told} for area in alert.areas])


@register.filter
def changes(entry: Any) -> list[dict[str, Any]]:
    """What an entry of the journal changed: field, before, after, in words; `parts` where only some of it changed."""
    old, new = entry.before, entry.after
    return [_change(name, old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new]) if _is_told(old.get(name), new.get(name))]


def _is_told(before: Any, after: Any) -> bool:
    """An empty text and a missing one read the same."""
    return before != after and bool(wording.value(before) or wording.value(after))


def _change(name: str, before: Any, after: Any) -> dict[str, Any]:
    told = {"label": wording.label(name), "before": wording.value(before), "after": wording.value(after)}
    return {**told, "parts": difference.parts(before, after)}
