"""Stash restarted, or its job cancelled by somebody, in the middle of a scan or a generation of a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connections

from jobs.models import Event, Job, Status
from scenes.models import PlacedFile, Scene, StashJob
from tests.outages.world import World, errors_of, log_of, statuses_of
from tests.processes import until

pytestmark = pytest.mark.one_database

OPERATION = {"stash_scan": "metadataScan", "stash_generate": "metadataGenerate"}
KIND = {"stash_scan": "scan", "stash_generate": "generate"}
moments = pytest.mark.parametrize("moment", OPERATION)


@pytest.fixture
def slow(world: World) -> World:
    """Each of Stash's items takes a while."""
    world.stash.simulator.settings.seconds_per_item = 0.4
    return world


Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def meanwhile() -> Iterator[Meanwhile]:
    """`meanwhile(act)`: in a thread beside the run."""
    threads: list[threading.Thread] = []

    def begin(act: Callable[[], object]) -> None:
        threads.append(threading.Thread(target=with_own_connection, args=(act,)))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def with_own_connection(act: Callable[[], object]) -> None:
    try:
        act()
    finally:
        connections.close_all()


def running(world: World, moment: str) -> Callable[[], bool]:
    """Whether Stash is at work for this step."""

    def look() -> bool:
        current = world.stash.do(lambda: world.stash.simulator.jobs.current)
        return current is not None and bool(world.stash.asked("findJob")) and bool(world.stash.asked(OPERATION[moment]))

    return look


def restart(world: World, moment: str, *, with_others: bool = False) -> Callable[[], None]:
    """Once Stash is at work for the step: its restart, and then perhaps somebody else's jobs under the same ids."""

    def act() -> None:
        until(running(world, moment), "Stash to be at work")
        # Until they are known, a job of the same kind that came within a second can't be told from ours.
        until(StashJob.objects.exclude(added="").filter(kind=KIND[moment]).exists, "its marks")
        world.stash.restart()
        world.stash.simulator.settings.seconds_per_item = 0.0
        if with_others:
            description = "Scanning..." if moment == "stash_scan" else "Generating..."
            others = [world.stash.add_foreign_job(description) for _ in range(3)]
            until(lambda: len(world.stash.asked(OPERATION[moment])) == 2, "Stash to be asked again")
            for other in others:
                world.stash.end_foreign_job(other)

    return act


@moments
@pytest.mark.parametrize("with_others", [False, True], ids=["alone", "our id is another's"])
def test_a_restart_in_the_middle_is_asked_again_and_nothing_is_done_twice(
    slow: World, meanwhile: Meanwhile, moment: str, with_others: bool
) -> None:
    slow.at(moment, slow.stash.forget_requests)
    slow.at(moment, lambda: meanwhile(restart(slow, moment, with_others=with_others)))
    job = slow.run()
    assert job.status == Status.COMPLETED, log_of(job)
    assert len(slow.stash.asked(OPERATION[moment])) == 2
    assert "it was restarted. It is asked again." in log_of(job)
    assert job.sub_jobs.filter(attempt__gt=1).count() == 0, "a restart of Stash cost an attempt"
    slow.nothing_is_lost()


@moments
def test_a_restart_that_takes_its_time_is_waited_for(slow: World, meanwhile: Meanwhile, moment: str) -> None:
    waits = Event.objects.filter(job__type=moment, message__contains="It is waited for.")

    def act() -> None:
        until(running(slow, moment), "Stash to be at work")
        slow.stash.go_away()
        slow.stash.restart()
        slow.stash.simulator.settings.seconds_per_item = 0.0
        until(waits.exists, "the outage to be felt")
        slow.stash.come_back()

    slow.at(moment, lambda: meanwhile(act))
    job = slow.run()
    assert job.status == Status.COMPLETED, log_of(job)
    assert "it was restarted. It is asked again." in log_of(job)
    assert job.sub_jobs.filter(attempt__gt=1).count() == 0, "a restart of Stash cost an attempt"
    slow.nothing_is_lost()


@moments
def test_what_somebody_cancelled_in_stash_is_not_asked_for_again_until_the_next_run(
    slow: World, meanwhile: Meanwhile, moment: str
) -> None:
    def cancel() -> None:
        until(running(slow, moment), "Stash to be at work")
        row = until(lambda: StashJob.objects.exclude(added="").filter(kind=KIND[moment]).first(), "its marks")
        slow.stash.do(lambda: slow.stash.simulator.jobs.stop(int(row.stash_id)))
        slow.stash.simulator.settings.seconds_per_item = 0.0

    slow.at(moment, lambda: meanwhile(cancel))
    job = slow.run()
    assert job.status == Status.COMPLETED_WITH_ERRORS, log_of(job)
    failed = job.sub_jobs.get(type=moment)
    assert (failed.status, failed.error_code, failed.attempt) == (Status.FAILED, "stash_job_cancelled", 1)
    assert failed.error_message.startswith(f"Somebody cancelled the {KIND[moment]} job in Stash's own pages.")
    assert failed.error_message in [error["message"] for error in errors_of(job)]
    assert len(slow.stash.asked(OPERATION[moment])) == 1
    assert not PlacedFile.objects.filter(scan__attempts__gt=0).exists(), "a file was blamed for it"
    assert not Scene.objects.filter(generation__attempts__gt=0).exists(), "a scene was blamed for it"
    slow.next_run_makes_it_good()


def test_a_generation_that_finished_without_having_made_anything_is_no_success(world: World) -> None:
    def be_lazy() -> None:
        for scene in world.stash.state.scenes.values():
            file = world.stash.state.primary_file(scene)
            assert file is not None
            file.path += ".gone"

    world.at("stash_generate", lambda: world.stash.do(be_lazy))
    job = world.run()
    assert statuses_of(job)[4] == "failed", log_of(job)
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert "Stash generated nothing for the scenes in" in job.sub_jobs.get(type="stash_generate").error_message
    for scene in Scene.objects.all():
        assert scene.generated_at is None and scene.generation.attempts == 0


def test_a_job_that_hangs_is_called_stalled_and_tried_again_and_then_it_has_failed(
    world: World, be_stalled_after: Callable[[float], None]
) -> None:
    be_stalled_after(0.4)
    world.stash.simulator.settings.seconds_per_item = 3600.0
    job = world.run(max_attempts=2, retry_delay=0.05)
    scan = job.sub_jobs.get(type="stash_scan")
    assert (scan.status, scan.error_code, scan.attempt) == (Status.FAILED, "stalled", 2), log_of(job)
    assert "stash_scan retried Stalled: Stash's scan job shows no progress for 0.4 s." in log_of(job)
    assert "restart Stash if it hangs" in scan.error_message
    assert not PlacedFile.objects.filter(scan__attempts__gt=0).exists()
    world.stash.simulator.settings.seconds_per_item = 0.0
    world.stash.restart()
    world.next_run_makes_it_good()


def test_behind_somebody_elses_job_it_waits_as_long_as_it_takes(
    world: World, meanwhile: Meanwhile, be_stalled_after: Callable[[float], None]
) -> None:
    be_stalled_after(0.3)
    other = world.stash.add_foreign_job("Generating...", progress=0.34)
    messages: list[str] = []

    def look() -> bool:
        messages.extend(Job.objects.filter(type="stash_scan").values_list("message", flat=True))
        return len(world.stash.asked("findJob")) > 30

    def end() -> None:
        until(look, "thirty looks")
        world.stash.end_foreign_job(other)

    meanwhile(end)
    job = world.run()
    assert job.status == Status.COMPLETED, log_of(job)
    assert "Stash is busy: Generating... 34 %" in messages
    assert "talled" not in log_of(job)
