"""The times of a cron expression, also on the days on which the clock is changed: none twice, none lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.errors import BadRequest
from jobs.scheduling.cron import Cron

pytestmark = pytest.mark.one_database

BERLIN = "Europe/Berlin"  # on 29 March 2026 at 2:00 it is 3:00; on 25 October 2026 at 3:00 it is 2:00


def times(expression: str, after: str, count: int, zone: str = BERLIN) -> list[str]:
    """As the clock on the wall shows them."""
    begin = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone))
    return [f"{one:%d %H:%M%z}" for one in Cron(expression, zone).upcoming(count, begin)]


def test_a_time_of_each_day_follows_the_clock_on_the_wall() -> None:
    assert times("30 3 * * *", "2026-03-27T12:00", 3) == ["28 03:30+0100", "29 03:30+0200", "30 03:30+0200"]


def test_a_time_that_the_day_does_not_have_comes_when_the_clock_is_set_forward() -> None:
    assert times("30 2 * * *", "2026-03-27T12:00", 3) == ["28 02:30+0100", "29 03:00+0200", "30 02:30+0200"]


def test_several_times_that_the_day_does_not_have_come_once() -> None:
    assert times("*/20 2 * * *", "2026-03-29T00:00", 2) == ["29 03:00+0200", "30 02:00+0200"]


def test_a_time_that_the_day_has_twice_comes_once() -> None:
    assert times("30 2 * * *", "2026-10-24T12:00", 2) == ["25 02:30+0200", "26 02:30+0100"]


def test_asked_between_the_two_it_does_not_come_again() -> None:
    between = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)  # 2:45, before the clock is set back
    second = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 2:15, after it
    for moment in (between, second):
        assert [f"{one:%d %H:%M}" for one in Cron("30 2 * * *", BERLIN).upcoming(1, moment)] == ["26 02:30"]


def test_each_hour_has_one_of_each_hour_that_passes() -> None:
    assert times("0 * * * *", "2026-10-25T00:30", 4) == [
        "25 01:00+0200", "25 02:00+0200", "25 02:00+0100", "25 03:00+0100",
    ]  # fmt: skip
    assert times("0 * * * *", "2026-03-29T00:30", 3) == ["29 01:00+0100", "29 03:00+0200", "29 04:00+0200"]


@pytest.mark.parametrize("day", [datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)])
@pytest.mark.parametrize("minutes", [1, 5, 15, 30])
def test_each_few_minutes_have_the_same_distance_all_night(day: datetime, minutes: int) -> None:
    found = list(islice(Cron(f"*/{minutes} * * * *", BERLIN).after(day), 12 * 60 // minutes))
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=minutes)}


@given(
    minute=st.sampled_from(["0", "30", "59", "*/15", "*/7"]),
    hour=st.sampled_from(["*", "1", "2", "2,3", "*/2", "0-4"]),
    zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"]),
    begin=st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
@example("30", "2", BERLIN, datetime(2026, 10, 25, 0, 29, 59, tzinfo=UTC))
@example("30", "*", BERLIN, datetime(2026, 10, 25, 0, 31, tzinfo=UTC))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_asking_one_by_one_gives_the_same_as_asking_for_all(minute: str, hour: str, zone: str, begin: datetime) -> None:
    """As supervisors ask: each time for the first after the one before. All are later, none is left out."""
    cron, moment, one_by_one = Cron(f"{minute} {hour} * * *", zone), begin, []
    for _ in range(20):
        following = next(cron.after(moment))
        assert following > moment
        one_by_one.append(following)
        moment = following
    assert one_by_one == list(islice(cron.after(begin), 20))


@given(
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]),
)
@settings(max_examples=30, derandomize=True, deadline=None)
def test_a_time_of_each_day_comes_once_a_day_for_a_year(hour: int, minute: int, zone: str) -> None:
    begin = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)) - timedelta(microseconds=1)
    found = islice(Cron(f"{minute} {hour} * * *", zone).after(begin), 365)
    days = [one.astimezone(ZoneInfo(zone)).date() for one in found]
    assert len(set(days)) == 365 and days == sorted(days)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "must have five parts"),
        ("* * * *", "must have five parts"),
        ("0 3 * * * *", "must have five parts"),
        ("@daily", "must have five parts"),
        ("61 * * * *", "can't be read"),
        ("a b c d e", "can't be read"),
        ("0 0 30 2 *", "never come"),
        ("* " * 4 + "*" * 500, "must have five parts"),
    ],
)
def test_what_is_no_cron_expression_is_refused_with_a_sentence(expression: str, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        Cron(expression, BERLIN)


@pytest.mark.parametrize("zone", ["", "Berlin", "../etc/passwd", "Europe/Berlin\0", "x" * 10_000])
def test_an_unknown_time_zone_is_refused_with_a_sentence(zone: str) -> None:
    with pytest.raises(BadRequest, match="There is no time zone"):
        Cron("0 3 * * *", zone)


def test_the_29th_of_february_comes() -> None:
    assert [one.year for one in Cron("0 0 29 2 *", "UTC").upcoming(2, datetime(2026, 1, 1, tzinfo=UTC))] == [2028, 2032]
