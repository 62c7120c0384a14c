"""When a contact point answers. Office hours are what the clock on the wall says there, so summer time needs no rule."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Hours on some days of the week (ISO, those on which it begins); it lasts past midnight where it ends before it begins."""

    days: Collection[int]
    opens_at: time
    closes_at: time
    zone: ZoneInfo

    def is_open(self, at: datetime) -> bool:
        there = at.astimezone(self.zone)
        today, yesterday, clock = there.isoweekday(), (there - DAY).isoweekday(), there.time()
        if self.opens_at < self.closes_at:
            return today in self.days and self.opens_at <= clock < self.closes_at
        return (today in self.days and clock >= self.opens_at) or (yesterday in self.days and clock < self.closes_at)

    def opens_next(self, at: datetime) -> datetime | None:
        """The next instant after `at` at which it opens, in UTC; None where it opens on no day."""
        first = at.astimezone(self.zone).date()
        openings = (
            datetime.combine(first + n * DAY, self.opens_at, self.zone).astimezone(UTC)
            for n in range(8)
            if (first + n * DAY).isoweekday() in self.days
        )
        return next((opening for opening in openings if opening > at), None)
