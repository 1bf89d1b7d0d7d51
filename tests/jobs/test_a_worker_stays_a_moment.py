"""A worker that has worked looks for more for a moment, so that small jobs cost no wake-up each; then it waits."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from jobs import engine
from jobs.models import Job, Status
from jobs.waiting import Waiter
from jobs.worker import execution, prefetched
from jobs.worker.heartbeat import stopping
from jobs.worker.prefetched import MOST
from tests.jobs.small_jobs import Turns, do_together, first_of_a_run, singles, statuses

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def during_a_pause(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[float]]:
    """What happens in its first pauses; how long each was. Until they have come its moment is a long one."""

    def happens(*acts: Callable[[], object]) -> list[float]:
        left, pauses, real, stay = list(acts), list[float](), Waiter.pause, execution.STAY

        def pause(waiter: Waiter, seconds: float) -> None:
            pauses.append(seconds)
            if left:
                left.pop(0)()
            if not left:
                monkeypatch.setattr(execution, "STAY", stay)
            real(waiter, seconds)

        if left:
            monkeypatch.setattr(execution, "STAY", 60.0)

        monkeypatch.setattr(execution.Waiter, "pause", pause)
        return pauses

    return happens


def test_it_does_what_is_started_meanwhile_without_a_wake_up(during_a_pause: Callable[..., list[float]]) -> None:
    jobs = singles(1)
    during_a_pause(lambda: jobs.extend(singles(2)), lambda: jobs.extend(singles(1)))
    begun = time.monotonic()
    execution.work()
    assert len(jobs) == 4 and set(statuses(jobs)) == {Status.COMPLETED}
    assert time.monotonic() - begun >= execution.STAY


def test_one_that_finds_nothing_to_do_waits_at_once(during_a_pause: Callable[..., list[float]]) -> None:
    pauses = during_a_pause()
    assert execution.work() == 0 and pauses == []


def test_one_that_is_asked_to_stop_begins_no_more(during_a_pause: Callable[..., list[float]]) -> None:
    def stop() -> None:
        singles(1)
        stopping.set()

    singles(1)
    pauses = during_a_pause(stop)
    try:
        execution.work()
    finally:
        stopping.clear()
    assert len(pauses) == 1 and Job.objects.filter(status=Status.QUEUED).count() == 1
    assert engine.claim_next() is not None


def test_after_several_that_were_all_that_was_due_more_gather_for_its_next_claim(
    during_a_pause: Callable[..., list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefetched, "LONGEST", 60.0)  # however slow the machine is
    jobs = singles(3)
    pauses = during_a_pause(lambda: jobs.extend(singles(2)))
    assert do_together(Turns(job_3=lambda _: jobs.extend(singles(1)))) is None, "it left the one that came meanwhile"
    assert pauses == [execution.POLL_INTERVAL]
    do_together()
    assert len(jobs) == 6 and set(statuses(jobs)) == {Status.COMPLETED}


def test_jobs_of_a_run_wait_for_no_others(during_a_pause: Callable[..., list[float]]) -> None:
    pauses, first = during_a_pause(), first_of_a_run(3)
    execution.run_together(first, MOST, watch=False)
    assert pauses == [] and set(statuses([first])) == {Status.COMPLETED}
