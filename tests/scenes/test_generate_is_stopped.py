"""Stash's generation is stopped when the time is over or the job is cancelled: whoever dies or is away meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import engine, testing
from jobs.context import JobContext
from jobs.models import Event, Job, Status
from scenes import services
from scenes.clients.base import Limits
from scenes.crash_points import CrashPoint
from scenes.models import Scene, StashJob
from scenes.simulators.stash import RunningStash
from scenes.stash import generation
from scenes.stash.stash_jobs import GENERATE, cancelling, stop
from tests.scenes.dying import dying_at

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
Configure = Callable[..., object]


def generate(context: JobContext) -> None:
    generation.generate(context, services.stash(context))


def next_attempt(context: JobContext) -> JobContext:
    """As another worker has it, after the one before died."""
    return JobContext(Job.objects.get(pk=context.id))


def cancelled(context: JobContext) -> Job:
    """Its job, cancelled and let go of."""
    engine.cancel(context.id)
    engine.clean_up(Job.objects.get(pk=context.id))
    job = Job.objects.get(pk=context.id)
    assert job.held_lock == ""
    return job


def status_in_stash(stash: RunningStash, number: int) -> str:
    job = stash.do(lambda: stash.simulator.jobs.find(number))
    assert job is not None
    return job.status


def test_who_died_after_the_stop_at_the_end_of_the_time_is_followed_as_if_nothing_had_happened(
    synced: RunningStash, over_once_asked: Callable[[], None]
) -> None:
    foreign = synced.add_foreign_job()
    over_once_asked()
    context = testing.context("stash_generate")
    with dying_at(CrashPoint.GENERATE_STOPPED):
        generate(context)
    Job.objects.filter(pk=context.id).update(started_at=timezone.now() - timedelta(seconds=1001))
    generate(next_attempt(context))
    assert StashJob.objects.get().status == "STOPPED"
    assert len(synced.asked("metadataGenerate")) == 1, "the time was over for all attempts"
    assert not Scene.objects.filter(generation__attempts__gt=0).exists()
    synced.end_foreign_job(foreign)


def test_what_was_made_in_the_time_counts_although_the_worker_died(synced: RunningStash, configure: Configure) -> None:
    context = testing.context("stash_generate")
    with dying_at(CrashPoint.GENERATE_FINISHED):
        generate(context)
    configure(generate_seconds=0.001)
    generate(next_attempt(context))
    assert Scene.objects.filter(generation__code="generated").exclude(generated_at=None).count() == 12


def test_a_stop_whose_answer_was_lost_is_no_stop_by_somebody_else(
    synced: RunningStash, over_once_asked: Callable[[], None]
) -> None:
    foreign = synced.add_foreign_job()
    over_once_asked()
    synced.fault("reset", "stopJob")
    job = testing.run("stash_generate")
    assert (job.status, job.attempt) == (Status.COMPLETED, 1), job.error_message
    assert StashJob.objects.get().status == "STOPPED"
    synced.end_foreign_job(foreign)


def test_a_cancel_whose_stop_got_no_answer_leaves_a_retry_free_to_ask_again(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancelling, "BRIEF", Limits(connect=2.0, read=1.5, total=2.0))
    foreign = synced.add_foreign_job()
    context = testing.context("stash_generate")
    with dying_at(CrashPoint.GENERATE_SEEN):
        generate(context)
    synced.fault("hang_after", "stopJob", seconds=4)
    job = cancelled(context)
    assert StashJob.objects.get().status == "UNSTOPPED"
    synced.end_foreign_job(foreign)
    engine.retry(job.pk)
    testing.work()
    job.refresh_from_db()
    assert job.status == Status.COMPLETED, job.error_message


def test_a_cancel_finds_what_was_asked_for_when_the_asker_died_before_the_answer(synced: RunningStash) -> None:
    foreign = synced.add_foreign_job()
    context = testing.context("stash_generate")
    with dying_at(CrashPoint.GENERATE_ASKED):
        generate(context)
    assert StashJob.objects.get().stash_id == ""
    cancelled(context)
    assert status_in_stash(synced, 2) == "CANCELLED"
    assert StashJob.objects.get().status == "STOPPED"
    assert foreign.status == "RUNNING"
    synced.end_foreign_job(foreign)


def test_the_time_of_the_asking_is_read_by_stashs_clock(synced: RunningStash) -> None:
    synced.do(lambda: synced.simulator.clock.set_now(timezone.now() + timedelta(hours=5)))
    foreign = synced.add_foreign_job("Scanning...")
    context = testing.context("stash_generate")
    with dying_at(CrashPoint.GENERATE_ASKED):
        generate(context)
    cancelled(context)
    assert status_in_stash(synced, 2) == "CANCELLED"
    synced.end_foreign_job(foreign)


@pytest.mark.parametrize("asked_ago", [timedelta(minutes=-5), timedelta(minutes=5)], ids=["before", "long after"])
@pytest.mark.parametrize("known", [True, False], ids=["with its id", "without"])
def test_a_generation_that_was_not_begun_while_we_asked_is_somebody_elses(
    synced: RunningStash, asked_ago: timedelta, known: bool
) -> None:
    foreign = synced.add_foreign_job("Generating...")
    context = testing.context("stash_generate")
    row = StashJob.objects.create(
        job=context.job,
        kind=GENERATE,
        stash_id=str(foreign.id) if known else "",
        asked_at=timezone.now() - asked_ago,
    )
    assert not stop(services.stash(context), row)
    cancelled(context)
    assert not synced.asked("stopJob")
    assert StashJob.objects.get().status == "NOT_FOUND"
    synced.end_foreign_job(foreign)


def test_a_cancel_after_the_address_of_stash_was_removed_keeps_no_lock(
    synced: RunningStash, configure: Configure
) -> None:
    context = testing.context("stash_generate")
    with dying_at(CrashPoint.GENERATE_SEEN):
        generate(context)
    configure(stash_url="")
    job = cancelled(context)
    assert StashJob.objects.get().status == "UNSTOPPED"
    event = Event.objects.get(job=job, message__contains="could not be stopped")
    assert "No Stash is set" in event.message


def test_a_cancel_with_stash_away_says_that_it_may_go_on_and_a_retry_waits_for_its_end(synced: RunningStash) -> None:
    foreign = synced.add_foreign_job()
    context = testing.context("stash_generate")
    with dying_at(CrashPoint.GENERATE_SEEN):
        generate(context)
    with synced.away():
        job = cancelled(context)
    row = StashJob.objects.get()
    assert row.status == "UNSTOPPED" and row.ended_at is not None
    synced.end_foreign_job(foreign)
    engine.retry(job.pk)
    testing.work()
    job.refresh_from_db()
    assert job.status == Status.COMPLETED, job.error_message
    assert not Scene.objects.filter(generated_at=None).exists()
