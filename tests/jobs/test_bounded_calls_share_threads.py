"""Calls with a limit of their time are made by threads that are kept for the next ones; one that hangs keeps none."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from jobs.waiting import MOST_IDLE, TimeLimitExceeded, Waiter, _BoundedCalls

LONG = 30.0  # seconds


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """What the calls wait for that hang in a test."""
    over = threading.Event()
    yield over
    over.set()


def test_the_next_call_is_made_by_the_same_thread() -> None:
    Waiter().read(threading.get_ident, LONG)
    count = len(threading.enumerate())
    for _ in range(20):
        Waiter().read(threading.get_ident, LONG)
    assert len(threading.enumerate()) <= count + 1  # one may not have returned yet


def test_a_call_that_hangs_holds_up_no_other(hanging: threading.Event) -> None:
    with pytest.raises(TimeLimitExceeded):
        Waiter().read(hanging.wait, 0.05)
    assert Waiter().read(lambda: "answered", LONG) == "answered"


def test_what_a_call_raises_is_raised_also_a_timeout_of_its_own() -> None:
    def fail() -> None:
        raise TimeoutError("of the call")

    with pytest.raises(TimeoutError, match="of the call"):
        Waiter().read(fail, LONG)


def test_no_more_threads_are_kept_than_are_of_use() -> None:
    together = threading.Barrier(MOST_IDLE + 9)
    callers = [threading.Thread(target=Waiter().read, args=[together.wait, LONG]) for _ in range(MOST_IDLE + 8)]
    for caller in callers:
        caller.start()
    together.wait(LONG)
    for caller in callers:
        caller.join()
    assert len(_BoundedCalls.idle) <= MOST_IDLE


@pytest.mark.acceptance
@pytest.mark.one_database  # of threads
def test_a_child_process_has_threads_of_its_own() -> None:
    Waiter().read(threading.get_ident, LONG)
    child = os.fork()
    if not child:
        os._exit(Waiter().read(lambda: 7, LONG))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
