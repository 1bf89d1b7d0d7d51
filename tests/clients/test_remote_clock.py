"""What time it is at a service is never taken for later than it is there, whatever its answers' dates allow."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from scenes.clients.remote_clock import RemoteClock

ROUNDING = timedelta(milliseconds=1)


def date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


@given(ahead=st.floats(-1e6, 1e6), spans=st.lists(st.tuples(st.floats(0, 10), st.floats(0, 5)), min_size=1))
def test_it_is_never_later_than_theirs_and_at_most_a_second_and_the_fastest_answer_earlier(
    ahead: float, spans: list[tuple[float, float]]
) -> None:
    clock, sent = RemoteClock(), time.monotonic() - 1000
    zero = datetime.now(UTC) - timedelta(seconds=time.monotonic()) + timedelta(seconds=ahead)  # theirs, at monotonic 0
    for gap, took in spans:
        sent += gap
        clock.observe(date(zero + timedelta(seconds=sent + took / 2)), sent, sent + took)
        sent += took
    before, now, after = time.monotonic(), clock.now(), time.monotonic()
    bound = timedelta(seconds=1 + min(took for _, took in spans))
    theirs_before, theirs_after = (zero + timedelta(seconds=moment) for moment in (before, after))
    assert theirs_before - bound - ROUNDING <= now <= theirs_after + ROUNDING


def test_a_clock_that_somebody_sets_back_is_followed() -> None:
    clock, now = RemoteClock(), time.monotonic()
    clock.observe(date(datetime.now(UTC)), now, now)
    clock.observe(date(datetime.now(UTC) - timedelta(hours=1)), now, now)
    assert clock.now() <= datetime.now(UTC) - timedelta(hours=1)


@pytest.mark.parametrize("header", ["", "now", "Mon, 99 Nov 2026 25:00:00 GMT", "Mon, 23 Nov 99999 05:00:00 GMT"])
def test_without_a_date_it_is_ours(header: str) -> None:
    clock, now = RemoteClock(), time.monotonic()
    clock.observe(header, now, now)
    before, theirs, after = timezone.now(), clock.now(), timezone.now()
    assert before <= theirs <= after
