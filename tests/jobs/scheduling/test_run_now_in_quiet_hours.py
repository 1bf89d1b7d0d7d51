"""In quiet hours a person may have a job go on all the same: that one, with all of its run, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time

import pytest
import time_machine

from jobs import engine, testing
from jobs.engine.holding import is_to_be_requeued, waits_for
from jobs.errors import NotPossible
from jobs.models import Event, Job, QuietHours, Status
from jobs.scheduling import pausing
from tests.jobs import examples  # noqa: F401 - declares the tasks

pytestmark = pytest.mark.django_db
UNTIL = "Quiet hours until 13:00 (UTC)"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Quiet hours of the run's type and of that of its first step, and now."""
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
        hours = QuietHours(name="Noon", begin=time(11), end=time(13), time_zone="UTC")
        hours.job_types = ["example_workflow", "example_first"]
        hours.save()
        yield


def test_a_run_that_waits_goes_on_to_its_end_with_all_its_sub_jobs() -> None:
    run = engine.start("example_workflow", source="page")
    engine.recover()
    assert testing.work() == 0 and waits_for(run.pk) == UNTIL
    engine.ignore_quiet_hours(run.pk)
    assert waits_for(run.pk) == ""
    testing.work()
    run.refresh_from_db()
    assert run.status == Status.COMPLETED and run.sub_jobs.count() > 3
    assert Event.objects.filter(job=run, kind="run_now").count() == 1


def test_so_does_one_that_waits_in_the_middle() -> None:
    QuietHours.objects.update(types=",example_first,")
    run = testing.run("example_workflow")
    engine.recover()
    assert waits_for(run.pk) == UNTIL
    waiting = run.sub_jobs.active().first()
    assert waiting is not None
    engine.ignore_quiet_hours(waiting.pk)
    testing.work()
    run.refresh_from_db()
    assert run.status == Status.COMPLETED


def test_others_of_the_type_go_on_waiting() -> None:
    run, other = engine.start("example_first", source="page"), engine.start("example_first", source="page")
    engine.ignore_quiet_hours(run.pk)
    assert testing.work() == 1
    other.refresh_from_db()
    assert other.status == Status.QUEUED


def test_a_pause_holds_it_all_the_same() -> None:
    run = engine.start("example_workflow", source="page")
    pausing.pause(source="page", reason="Upgrade")
    engine.ignore_quiet_hours(run.pk)
    assert testing.work() == 0


def test_running_it_is_not_queued_again_for_quiet_hours() -> None:
    QuietHours.objects.update(requeue_running=True)
    job = engine.start("example_first", source="page")
    engine.ignore_quiet_hours(job.pk)
    claimed = engine.claim_next()
    assert claimed is not None and not Job.objects.filter(is_to_be_requeued(), pk=job.pk).exists()


def test_what_has_ended_can_not_go_on() -> None:
    run = engine.start("example_workflow", source="page")
    engine.cancel(run.pk)
    with pytest.raises(NotPossible, match="has ended already"):
        engine.ignore_quiet_hours(run.pk)


def test_a_retry_on_another_day_waits_for_the_end_of_quiet_hours_again() -> None:
    run = engine.start("example_workflow", source="page")
    engine.ignore_quiet_hours(run.pk)
    engine.cancel(run.pk)
    engine.retry(run.pk)
    assert testing.work() == 0
