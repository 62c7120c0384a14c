"""How fast deliveries arrive and are answered: medians and 90th percentiles, and how the answers spread over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Aggregate, BooleanField, Case, Count, Expression, F, FloatField, Func, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portsec.access.acting import Acting
from portsec.delivery.ledger import Choice, chosen

ENOUGH = 5  # below it a figure says more of one organisation than of how things go
PERIOD = timedelta(days=90)  # where no first day is chosen
MOMENTS = (
    ("delivered", gettext_lazy("Time to delivered")),
    ("seen", gettext_lazy("Time to seen")),
    ("acknowledged", gettext_lazy("Time to acknowledged")),
)
# Seconds up to which an answer counts there, and how it is called.
SPANS = (
    (60, gettext_lazy("within 1 min")),
    (300, gettext_lazy("1 to 5 min")),
    (900, gettext_lazy("5 to 15 min")),
    (3600, gettext_lazy("15 min to 1 h")),
    (None, gettext_lazy("later")),
)


class Percentile(Aggregate):
    """`percentile_cont`: the value below which that part of the rows lies, between two rows where it falls between them."""

    template = "percentile_cont(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Expression, fraction: float) -> None:
        super().__init__(expression, fraction=fraction)


@dataclass(frozen=True)
class Figure:
    """`median` and `p90` in seconds, None where fewer than ENOUGH stand behind them."""

    label: str
    n: int
    median: float | None
    p90: float | None


@dataclass(frozen=True)
class Bar:
    label: str
    count: int


@dataclass(frozen=True)
class Figures:
    """Of what is real, or of exercises. `asked`: how many were to be answered."""

    moments: Sequence[Figure]
    bars: Sequence[Bar]
    asked: int

    @property
    def answered(self) -> int:
        return sum(bar.count for bar in self.bars)

    @property
    def is_empty(self) -> bool:
        return not any(one.n for one in self.moments)


def figures_of(acting: Acting, choice: Choice) -> tuple[Figures, Figures]:
    """Real ones, and exercises apart. An answer that was carried over counts once, where it was given. 1 query."""
    now = timezone.now()
    told = chosen(acting, choice, now).filter(carried_over=False)
    if choice.since is None:
        told = told.filter(created_at__gte=now - PERIOD)
    rehearsed = Case(When(entry__row__is_exercise=True, then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = told.order_by().annotate(rehearsed=rehearsed).values("rehearsed").annotate(**_measures())
    found = {row["rehearsed"]: _figures(dict(row)) for row in rows}
    return found.get(False, NONE), found.get(True, NONE)


def _measures() -> dict[str, Any]:
    measures: dict[str, Any] = {"asked": Count("pk", filter=Q(acknowledge_by__isnull=False))}
    for name, _label in MOMENTS:
        took = _seconds(name)
        measures |= {f"{name}_n": Count(f"{name}_at"), f"{name}_median": Percentile(took, 0.5), f"{name}_p90": Percentile(took, 0.9)}
    start = 0
    for number, (until, _label) in enumerate(SPANS):
        inside = Q(acknowledged_at__gte=F("created_at") + timedelta(seconds=start))
        if until is not None:
            inside &= Q(acknowledged_at__lt=F("created_at") + timedelta(seconds=until))
            start = until
        measures[f"bar_{number}"] = Count("pk", filter=inside)
    return measures


def _seconds(name: str) -> Expression:
    took = F(f"{name}_at") - F("created_at")
    return Func(took, template="extract(epoch FROM %(expressions)s)", output_field=FloatField())


def _figures(row: dict[str, Any]) -> Figures:
    bars = [Bar(str(label), row[f"bar_{number}"]) for number, (_until, label) in enumerate(SPANS)]
    return Figures([_figure(row, name, str(label)) for name, label in MOMENTS], bars, row["asked"])


def _figure(row: dict[str, Any], name: str, label: str) -> Figure:
    n = row[f"{name}_n"]
    return Figure(label, n, row[f"{name}_median"], row[f"{name}_p90"]) if n >= ENOUGH else Figure(label, n, None, None)


NONE = Figures([], [], 0)

# The picture: bars drawn 700 wide.
LEFT, RIGHT, ROW = 150, 620, 34


def picture(figures: Figures) -> dict[str, Any] | None:
    """Bars of how soon answers came, or None where too few did. The table beside it has the same numbers."""
    if figures.answered < ENOUGH:
        return None
    most = max(bar.count for bar in figures.bars)
    bars = [
        {
            "label": bar.label,
            "count": bar.count,
            "y": ROW * place,
            "text_y": ROW * place + 17,
            "width": round((RIGHT - LEFT) * bar.count / most),
            "end": LEFT + round((RIGHT - LEFT) * bar.count / most) + 8,
        }
        for place, bar in enumerate(figures.bars)
    ]
    soon = sum(bar.count for bar in figures.bars[:3])
    title = _("%(soon)d of %(answered)d answers came within 15 minutes") % {"soon": soon, "answered": figures.answered}
    return {"title": title, "bars": bars, "left": LEFT, "height": ROW * len(bars)}
