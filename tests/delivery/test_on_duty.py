"""The database and `ports.hours` agree on who is on duty: one decides who is told, the other what the page says."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ports.hours import Window
from tests.access.sql import one

ZONES = ("Europe/Warsaw", "Europe/Helsinki", "UTC", "Asia/Kolkata", "America/St_Johns")
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (the bounds have none)
minutes = st.times().map(lambda at: time(at.hour, at.minute))


def on_duty(days: list[int], opens: time | None, closes: time | None, zone: str, at: datetime) -> bool:
    asked = "SELECT app_is_on_duty(%s::smallint[], %s::time, %s::time, %s, %s)"
    return bool(one(asked, [days, opens, closes, zone, at], alias="system"))


class TestTheSameAnswer(TestCase):
    databases = {"default", "system"}

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.integers(1, 7), unique=True), minutes, minutes, st.sampled_from(ZONES), instants)
    def test_for_any_window_zone_and_instant(self, days: list[int], opens: time, closes: time, zone: str, at: datetime) -> None:
        if opens != closes:
            assert on_duty(days, opens, closes, zone, at) == Window(days, opens, closes, ZoneInfo(zone)).is_open(at)


@pytest.mark.django_db(databases=["default", "system"])
def test_who_states_no_hours_is_always_there() -> None:
    assert on_duty([], None, None, "Europe/Warsaw", datetime(2026, 11, 24, 3, tzinfo=UTC))
