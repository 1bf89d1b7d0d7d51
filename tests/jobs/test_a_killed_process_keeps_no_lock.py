"""The processes of a cluster share locks; one that is killed with any of them in hand keeps no other one waiting."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from jobs.worker import death_proof

pytestmark = [pytest.mark.one_database, pytest.mark.acceptance]
fork = multiprocessing.get_context("fork")
WITHIN = 60.0  # seconds: otherwise it would wait for ever


def killed_in(act: Callable[[], object]) -> None:
    """A process dies within this block of another, as by SIGKILL."""

    def die() -> None:
        with act():  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGKILL)

    process = fork.Process(target=die)
    process.start()
    process.join(WITHIN)
    assert process.exitcode == -signal.SIGKILL


def goes_on(act: Callable[[], object]) -> None:
    """Another process does it, and ends."""
    process = fork.Process(target=act)
    process.start()
    process.join(WITHIN)
    try:
        assert process.exitcode == 0
    finally:
        process.kill()


@pytest.mark.parametrize("lock", ["_rlock", "_wlock", "size"])
def test_the_queue_is_used_by_the_others(lock: str) -> None:
    queue: Any = death_proof.DeathProofQueue(maxsize=4)
    killed_in(lambda: queue.size.count.get_lock() if lock == "size" else getattr(queue, lock))

    def use() -> None:
        queue.put("a wake-up")
        assert queue.get() == "a wake-up"
        assert queue.qsize() == 0
        queue.close()
        queue.join_thread()

    goes_on(use)


def test_the_sentinel_sees_the_timer_of_a_worker() -> None:
    timer = death_proof.value("f", -1)
    killed_in(timer.get_lock)

    def guard() -> None:
        with timer.get_lock():
            assert timer.value == -1
            timer.value -= 1

    goes_on(guard)
    assert timer.value == -2


def test_the_lock_of_a_timer_is_held_until_it_was_released_as_often_as_acquired() -> None:
    timer, order = death_proof.value("f", -1), fork.Queue()

    def look() -> None:
        with timer.get_lock():
            order.put("the other one")

    with timer.get_lock():
        timer.value = 5  # acquires it once more
        other = fork.Process(target=look)
        other.start()
        other.join(0.5)
        assert other.is_alive()
    assert order.get(timeout=WITHIN) == "the other one"
    other.join(WITHIN)


def test_who_looks_whether_it_is_to_stop_takes_no_lock() -> None:
    event = death_proof.event()
    with event._cond:  # type: ignore[attr-defined]
        assert not event.is_set()
        goes_on(event.is_set)
    event.set()
    assert event.is_set()
