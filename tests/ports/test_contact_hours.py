"""When a contact point answers: on the wall clock of its owner, past midnight, and on the nights when the clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.hours import Window
from ports.phones import in_groups, normalised
from ports.queries.contacts import week_days

WARSAW, RIGA = ZoneInfo("Europe/Warsaw"), ZoneInfo("Europe/Riga")
WEEK = [1, 2, 3, 4, 5]
OFFICE = Window(WEEK, time(8), time(16), WARSAW)
NIGHT = Window([5], time(18), time(6), WARSAW)  # Friday evening to Saturday morning


def local(text: str, zone: ZoneInfo = WARSAW, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("at", "answers"),
    [
        ("2026-11-23T07:59", False),  # a Monday
        ("2026-11-23T08:00", True),
        ("2026-11-23T15:59", True),
        ("2026-11-23T16:00", False),  # the end is outside
        ("2026-11-21T12:00", False),  # a Saturday
    ],
)
def test_office_hours_begin_with_the_minute_and_end_before_it(at: str, answers: bool) -> None:
    assert OFFICE.is_open(local(at)) is answers


@pytest.mark.parametrize(
    ("at", "answers"),
    [
        ("2026-11-20T17:59", False),  # Friday
        ("2026-11-20T18:00", True),
        ("2026-11-21T00:00", True),  # it goes on past midnight …
        ("2026-11-21T05:59", True),
        ("2026-11-21T06:00", False),
        ("2026-11-21T18:00", False),  # … and does not begin again on Saturday
        ("2026-11-20T05:00", False),  # Thursday night is not Friday's
    ],
)
def test_a_window_past_midnight_belongs_to_the_day_on_which_it_begins(at: str, answers: bool) -> None:
    assert NIGHT.is_open(local(at)) is answers


def test_sunday_night_lasts_into_monday() -> None:
    assert Window([7], time(22), time(4), WARSAW).is_open(local("2026-11-23T03:00"))


def test_the_same_instant_is_another_hour_elsewhere() -> None:
    at = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)  # 07:30 in Warsaw, 08:30 in Riga
    assert not OFFICE.is_open(at)
    assert Window(WEEK, time(8), time(16), RIGA).is_open(at)


def test_summer_time_moves_the_instant_and_not_the_hour() -> None:
    assert OFFICE.is_open(datetime(2026, 7, 6, 6, 30, tzinfo=UTC)), "08:30 in summer"
    assert not OFFICE.is_open(datetime(2026, 12, 7, 6, 30, tzinfo=UTC)), "07:30 in winter"


def test_on_the_night_without_half_past_two_it_answers_from_three() -> None:
    """29 March 2026: 01:59 is followed by 03:00."""
    early = Window([7], time(2, 30), time(5), WARSAW)
    jump = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert not early.is_open(jump - timedelta(seconds=1))
    assert early.is_open(jump)


def test_on_the_night_with_two_half_past_twos_it_answers_in_both() -> None:
    """25 October 2026: 02:59 is followed by 02:00."""
    early = Window([7], time(2, 15), time(2, 45), WARSAW)
    assert early.is_open(local("2026-10-25T02:30", fold=0))
    assert early.is_open(local("2026-10-25T02:30", fold=1))
    assert not early.is_open(local("2026-10-25T02:50", fold=1))


def test_a_night_watch_is_an_hour_longer_when_the_clocks_go_back() -> None:
    night = Window([6], time(18), time(6), WARSAW)
    first, last = local("2026-10-24T18:00"), local("2026-10-25T05:59")
    assert night.is_open(first)
    assert night.is_open(last)
    assert (last.astimezone(UTC) - first.astimezone(UTC)) == timedelta(hours=12, minutes=59)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-23T07:00", "2026-11-23T08:00"),
        ("2026-11-23T16:00", "2026-11-24T08:00"),
        ("2026-11-20T16:00", "2026-11-23T08:00"),  # over the weekend
    ],
)
def test_it_says_when_it_answers_again(at: str, opens: str) -> None:
    assert OFFICE.opens_next(local(at)) == local(opens)


def test_a_window_of_one_day_answers_again_in_a_week() -> None:
    assert NIGHT.opens_next(local("2026-11-20T18:00")) == local("2026-11-27T18:00")
    assert Window([], time(8), time(16), WARSAW).opens_next(local("2026-11-20T18:00")) is None


@given(
    at=st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: datetime(2025, 12, 31, tzinfo=UTC) + timedelta(minutes=minutes)),
    days=st.sets(st.integers(1, 7), min_size=1),
    opens_at=st.times(),
    closes_at=st.times(),
    zone=st.sampled_from([WARSAW, RIGA, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu"), UTC]),
)
def test_what_opens_next_is_later_and_open(at: datetime, days: set[int], opens_at: time, closes_at: time, zone: ZoneInfo) -> None:
    window = Window(days, opens_at, closes_at, zone)
    opens = window.opens_next(at)
    assert opens is not None
    assert at < opens <= at + timedelta(days=8, hours=1)
    assert window.is_open(opens) or closes_at <= time(4) or opens_at == closes_at, "only a window inside the lost hour may be missed"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+46 70 174 06 05", "+46701740605"),
        ("+46-70-174-06-05", "+46701740605"),
        ("0046 70 1740605", "+46701740605"),
        ("+44 (0)20 7946 0123", "+442079460123"),
        ("+371\u00a06703\u20110000", "+37167030000"),
        ("", ""),
        ("067030000", "067030000"),  # no country: the field refuses it
        ("call me", "callme"),
    ],
)
def test_a_number_is_kept_as_it_is_dialled_from_abroad(written: str, kept: str) -> None:
    assert normalised(written) == kept


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        ("+46701740605", "+46 701 740 605"),
        ("+442079460123", "+44 207 946 01 23"),
        ("+37167030000", "+371 670 300 00"),
        ("+12025550123", "+1 202 555 01 23"),
    ],
)
def test_a_number_is_read_in_groups(kept: str, read: str) -> None:
    assert in_groups(kept) == read
    assert normalised(in_groups(kept)) == kept


@pytest.mark.parametrize(
    ("days", "written"),
    [
        ([1, 2, 3, 4, 5], "Mon–Fri"),
        ([1, 2, 4, 5, 6], "Mon, Tue, Thu–Sat"),
        ([7], "Sun"),
        (list(range(1, 8)), "Mon–Sun"),
        ([1, 3], "Mon, Wed"),
    ],
)
def test_days_in_a_row_are_written_with_a_dash(days: list[int], written: str) -> None:
    assert week_days(days) == written
