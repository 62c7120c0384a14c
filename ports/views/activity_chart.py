"""A figure of a port over its years, as bars: rectangles computed here, drawn by templates/ports/_activity_chart.html."""

from collections.abc import Sequence
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ports.models import PortActivity

LEFT, RIGHT, BASE, TOP = 8, 700, 150, 28  # of the drawing, in its own units
WIDEST = 72
MOST_YEARS = 20
LABELS = {
    "ship_calls": gettext_lazy("Ship calls"),
    "tonnes": gettext_lazy("Tonnes of cargo"),
    "teu": gettext_lazy("TEU"),
    "passengers": gettext_lazy("Passengers"),
}


def first_reported(years: Sequence[PortActivity]) -> str:
    """The figure that the page shows first: the first of which anything is on record."""
    return next((name for name in LABELS if any(getattr(one, name) is not None for one in years)), "ship_calls")


def chart(years: Sequence[PortActivity], measure: str) -> dict[str, Any] | None:
    """The drawing, or None where the figure was never reported. A year without one has a dash and no bar: it is not 0."""
    by_year = {one.year: getattr(one, measure) for one in years}
    reported = {year: value for year, value in by_year.items() if value is not None}
    if not reported:
        return None
    last = max(by_year)
    shown = range(max(min(by_year), last - MOST_YEARS + 1), last + 1)
    highest = max((value for year, value in reported.items() if year in shown), default=0) or 1
    step = (RIGHT - LEFT) / len(shown)
    bars = [_bar(year, by_year.get(year), highest, LEFT + step * place, step) for place, year in enumerate(shown)]
    return {"title": finding(reported, measure), "bars": bars}


def _bar(year: int, value: int | None, highest: int, left: float, step: float) -> dict[str, Any]:
    width = min(step * 0.7, WIDEST)
    height = 0 if value is None else max(round((BASE - TOP) * value / highest), 1 if value else 0)
    return {
        "year": year,
        "is_reported": value is not None,
        "value": short(value) if value is not None else "–",
        "x": round(left + (step - width) / 2),
        "middle": round(left + step / 2),
        "width": round(width),
        "y": BASE - height,
        "height": height,
        "above": BASE - height - 7,
    }


def short(value: int) -> str:
    """Three figures and a letter: there is no room for more over a bar; the table has all of them."""
    for unit, name in ((10**9, "bn"), (10**6, "m"), (10**3, "k")):
        if value >= unit:
            figure = value / unit
            return f"{figure:.3g} {name}" if figure < 1000 else f"{figure:.0f} {name}"
    return str(value)


def finding(reported: dict[int, int], measure: str) -> str:
    """The chart's title: what it shows, in a sentence."""
    first, last = min(reported), max(reported)
    told = {
        "what": LABELS[measure], "first": first, "last": last, "from": intcomma(reported[first]), "to": intcomma(reported[last]),
    }  # fmt: skip
    if first == last:
        return _("%(what)s in %(last)d: %(to)s") % told
    if reported[last] > reported[first]:
        return _("%(what)s rose from %(from)s in %(first)d to %(to)s in %(last)d") % told
    if reported[last] < reported[first]:
        return _("%(what)s fell from %(from)s in %(first)d to %(to)s in %(last)d") % told
    return _("%(what)s in %(last)d as in %(first)d: %(to)s") % told
