"""Cancel at every step: the run and all its jobs read cancelled at once, and nothing is started after that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import engine
from jobs.errors import NotPossible
from jobs.models import Job, Status
from tests.faults.cancelling import (
    AFTERWARDS,
    AT_ONCE,
    CLEANS_UP,
    assert_quiet,
    cancel_at_once,
    locks_are_free,
    traffic,
)
from tests.faults.holding import STEPS, Held, begin_and_hold
from tests.faults.scenarios import everything_is_done, prepared
from tests.faults.services import Services
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


@pytest.mark.parametrize("held", STEPS, ids=str)
def test_a_cancel_shows_at_once_and_nothing_begins_after_it(
    services: Services, note_cancel: Callable[[str, float], None], tmp_path: Path, held: Held
) -> None:
    with prepared(services, tmp_path, "link") as case:
        case.start_worker()
        run = begin_and_hold(case, held)
        before = traffic(case)
        seconds = cancel_at_once(run)
        note_cancel(f"{held.step} ({held.type})", seconds)
        assert seconds < AT_ONCE
        with pytest.raises(NotPossible, match="has ended already"):
            engine.cancel(run.pk)
        until(locks_are_free, "the locks to be free", CLEANS_UP)
        assert traffic(case) == before
        assert_quiet(case)
        AFTERWARDS.get(held.type, lambda case, run: None)(case, run)
        services.all_well()
        again = case.run()
        assert again.status == Status.COMPLETED, again.result
        case.nothing_is_left_half_done()
        everything_is_done()


def test_one_sub_job_cancelled_leaves_the_run_to_go_on(services: Services, tmp_path: Path) -> None:
    with prepared(services, tmp_path, "link") as case:
        services.slow(stash=1.0)
        case.start_worker()
        run = case.begin()
        scan = until(lambda: run.sub_jobs.claimed().filter(type="stash_scan").first(), "the scan", 40)
        until(lambda: services.asked("FindJob"), "the scan to be followed", 20)
        engine.cancel(scan.pk)
        services.slow(stash=0.02)
        ended = case.end(run)
        assert ended.status == Status.COMPLETED_WITH_ERRORS
        assert run.steps.get(key="stash_scan").status == Status.CANCELLED
        assert run.steps.get(key="completion").status in (Status.COMPLETED, Status.SKIPPED)


def test_what_has_ended_can_not_be_cancelled(services: Services, tmp_path: Path) -> None:
    with prepared(services, tmp_path, "link") as case:
        case.start_worker()
        run = case.run()
        for job in Job.objects.of_run(run.pk):
            with pytest.raises(NotPossible, match="has ended already: completed"):
                engine.cancel(job.pk)
        assert run.status == Status.COMPLETED
