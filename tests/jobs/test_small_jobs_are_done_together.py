"""A worker claims several small jobs at once, and writes together how they ended; all holds that holds of one."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import clock, engine
from jobs.context import JobContext
from jobs.engine import prefetching, process_id
from jobs.errors import JobError
from jobs.models import Event, Job, Pause, Status
from jobs.signals import runs_ended
from jobs.worker import prefetched
from jobs.worker.prefetched import ALONE, MOST, Sizes
from tests.jobs.small_jobs import Turns, do_together, first_of_a_run, kinds, singles, statuses

pytestmark = pytest.mark.django_db(transaction=True)
DEAD = process_id.current().replace(f"|{os.getpid()}|", "|1|")


@pytest.fixture(autouse=True)
def _however_slow_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetched, "LONGEST", 60.0)


@pytest.fixture
def signals() -> Iterator[list[list[Job]]]:
    found: list[list[Job]] = []

    def listen(jobs: list[Job], **kwargs: Any) -> None:
        found.append(jobs)

    runs_ended.connect(listen, weak=False, dispatch_uid="signals")
    yield found
    runs_ended.disconnect(dispatch_uid="signals")


def test_jobs_that_were_done_together_look_as_if_each_had_been_claimed_alone(signals: list[list[Job]]) -> None:
    jobs, turns = singles(4), Turns()
    assert do_together(turns) is None
    assert turns.begun == [job.pk for job in jobs]
    for job in Job.objects.all():
        assert (job.status, job.percent, job.result, job.attempt) == (Status.COMPLETED, 100, {"items": 0}, 1)
        assert (job.claim_token, job.claimed_by, job.lease_until, job.place_in_queue) == (None, "", None, None)
        assert job.started_at and job.finished_at and job.started_at <= job.finished_at
        assert job.batch and job.batch.status == Status.COMPLETED
        assert kinds(job) == ["started", "claimed", "completed"]
    assert [job.pk for jobs in signals for job in jobs] == [job.pk for job in jobs]


def test_a_small_job_costs_one_statement_and_its_share_of_those_for_all(signals: list[list[Job]]) -> None:
    def statements(make: Callable[[int], Job | None], count: int) -> int:
        Job.objects.all().delete()
        first = make(count)
        with CaptureQueriesContext(connection) as queries:
            do_together(first=first)
        return len(queries)

    def alone(count: int) -> None:
        singles(count)

    notified = 4 if connection.vendor == "postgresql" else 0  # it also notifies pages, and tells the time
    for make, most in ((alone, 22 + notified), (first_of_a_run, 23 + notified)):
        few, many = statements(make, 5), statements(make, 30)
        assert many - few == 25 * 3  # two are of its report
        assert few - 5 * 3 <= most


def test_one_that_is_cancelled_before_it_begins_does_not_begin() -> None:
    jobs = singles(4)
    turns = Turns(job_2=lambda _: engine.cancel(jobs[2].pk))
    following = do_together(turns)
    assert turns.begun == [jobs[0].pk, jobs[1].pk]
    # What is to be cleaned up may take a while: whoever is free does what follows.
    assert statuses(jobs) == ["completed", "completed", "cancelled", "queued"]
    assert following is None
    assert not Job.objects.filter(pk=jobs[2].pk).claimed().exists()


def test_a_run_that_is_cancelled_takes_what_is_prefetched_with_it() -> None:
    first = first_of_a_run(4)
    turns = Turns(job_2=lambda context: engine.cancel(context.job.root_id))
    assert do_together(turns, first) is None
    assert len(turns.begun) == 2
    run = Job.objects.get(pk=first.root_id)
    assert set(run.sub_jobs.values_list("status", flat=True)) == {"cancelled"}
    assert not Job.objects.claimed().exists()


def test_a_pause_lets_none_begin_that_is_prefetched() -> None:
    jobs, turns = singles(3), Turns(job_1=lambda _: Pause.objects.create(reason="Backup"))
    assert do_together(turns) is None
    assert statuses(jobs) == ["completed", "queued", "queued"]
    assert not Job.objects.claimed().exists()


def test_one_that_writes_runs_by_then_and_the_rest_goes_to_others() -> None:
    jobs, seen = singles(4), list[str]()

    def write(context: JobContext) -> None:
        context.log("A line")
        seen.extend(statuses(jobs))
        other = engine.claim_next()
        seen.append("nothing" if other is None else str(jobs.index(other)))

    following = do_together(Turns(job_2=write))
    assert seen == ["completed", "running", "queued", "queued", "2"]
    assert following.pk == jobs[3].pk
    assert kinds(jobs[1]) == ["started", "claimed", "log", "completed"]


def test_one_that_takes_long_runs_by_then_and_the_rest_goes_to_others() -> None:
    jobs, seen, gone_on = singles(4), list[str](), threading.Event()

    def look(_: JobContext) -> None:
        until = time.monotonic() + 10
        while not seen and time.monotonic() < until:
            gone_on.wait(0.05)
            if statuses(jobs)[1] == Status.RUNNING:
                seen.extend(statuses(jobs))

    following = do_together(Turns(job_2=look), watch=True)
    assert seen == ["completed", "running", "queued", "queued"]
    assert following.pk == jobs[2].pk and statuses(jobs)[1] == Status.COMPLETED


def test_one_that_fails_is_tried_again_and_those_before_it_are_not() -> None:
    def fail(_: JobContext) -> None:
        raise JobError("away", "The service is away.")

    jobs = singles(3)
    do_together(Turns(job_2=fail))
    assert statuses(jobs) == ["completed", "queued", "queued"]
    assert [Job.objects.get(pk=job.pk).attempt for job in jobs] == [1, 2, 1]
    assert kinds(jobs[1]) == ["started", "claimed", "retried"]
    assert not Job.objects.claimed().exists()


def test_those_of_a_dead_worker_are_done_again_each_of_them_alone() -> None:
    jobs = singles(3)
    first = engine.claim_next()
    assert first is not None and len(engine.prefetch(first, MOST)[0]) == 2
    Job.objects.claimed().update(claimed_by=DEAD)
    assert engine.recover() == 3
    for job in Job.objects.all():
        assert (job.status, job.attempt, job.claim_token) == (Status.QUEUED, 2, None)
        assert kinds(job) == ["started", "claimed", "retried"]
    again = engine.claim_next()
    assert again is not None and engine.prefetch(again, MOST)[0] == []
    assert len(jobs) == 3


def test_a_worker_that_lost_them_begins_no_more_and_writes_nothing() -> None:
    jobs = singles(3)

    def freeze(_: JobContext) -> None:
        Job.objects.claimed().update(lease_until=clock.now() - 10 * clock.lease())
        engine.recover()

    turns = Turns(job_2=freeze)
    do_together(turns)
    assert turns.begun == [jobs[0].pk, jobs[1].pk]
    assert [kinds(job)[:3] for job in jobs] == [["started", "claimed", "retried"]] * 3
    assert not Event.objects.filter(kind="completed").exists()


@pytest.mark.parametrize("parallel", [1, 2])
def test_no_more_of_a_step_run_than_it_allows_and_the_last_one_ends_it_once(parallel: int) -> None:
    first, others = first_of_a_run(6, parallel), list[Job | None]()

    def count(context: JobContext) -> None:
        begun = Job.objects.filter(type="model_small", batch__status=Status.RUNNING)
        assert begun.count() <= parallel
        others.append(engine.claim_next())

    following = do_together(Turns(job_2=count), first, most=2)
    assert (others[0] is None) == (parallel == 1)
    for job in filter(None, (following, *others)):
        while job is not None:
            job = do_together(first=job)
    run = Job.objects.get(pk=first.root_id)
    assert run.status == Status.COMPLETED
    assert kinds(run).count("step_completed") == 2 and run.sub_jobs.filter(type="model_small").count() == 6


def test_another_worker_at_the_same_run_leaves_as_many_to_be_done_together(monkeypatch: pytest.MonkeyPatch) -> None:
    first = first_of_a_run(40, parallel=2)
    other = engine.claim_next()
    assert other is not None and other.step_id == first.step_id
    real, taken = prefetching.lock_run, list[Job]()

    def while_another_holds_it(root_id: uuid.UUID) -> Job:
        monkeypatch.setattr(prefetching, "lock_run", real)
        run = real(root_id)
        taken.extend(engine.prefetch(other, 15)[0])
        return run

    monkeypatch.setattr(prefetching, "lock_run", while_another_holds_it)
    ours, _ = engine.prefetch(first, 15)
    assert len(taken) == len(ours) == 15
    assert not {job.pk for job in taken} & {job.pk for job in ours}


def test_what_is_older_is_not_passed_by() -> None:
    small = singles(2)
    other = engine.start("model_plain", source="test")
    small += singles(2)
    following = do_together()
    assert following.pk == other.pk
    assert statuses(small) == ["completed", "completed", "queued", "queued"]


def test_jobs_with_a_lock_or_in_a_later_attempt_are_claimed_alone() -> None:
    engine.start("model_locked", source="test")
    engine.start("model_locked", source="test")
    first = engine.claim_next()
    assert first is not None and engine.prefetch(first, MOST)[0] == []


def test_how_many_are_prefetched_follows_from_how_the_last_ones_were() -> None:
    sizes, context = Sizes(), JobContext(Job(type="some"))

    def after(*seconds: float) -> list[int]:
        found = []
        for each in seconds:
            sizes.learn(context, each)
            found.append(sizes.most["some"])
        return found

    small, long = prefetched.LONGEST / 1000, 8 * prefetched.LONGEST
    assert after(*[small] * 7) == [1, 2, 4, 8, 16, MOST, MOST]
    assert after(long, small, small, small, small) == [0, 0, 0, 1, 2]
    context.has_written = True
    assert after(small) == [-ALONE]


def test_a_fault_of_one_receiver_keeps_none_of_them_from_being_told_of(signals: list[list[Job]]) -> None:
    jobs = singles(3)

    def broken(jobs: list[Job], **kwargs: Any) -> None:
        if len(jobs) > 1 or jobs[0].pk == singled_out:
            raise ZeroDivisionError

    singled_out = jobs[1].pk
    runs_ended.connect(broken, weak=False, dispatch_uid="broken")
    try:
        do_together()
    finally:
        runs_ended.disconnect(dispatch_uid="broken")
    assert set(statuses(jobs)) == {"completed"}
    assert [[job.pk for job in each] for each in signals[1:]] == [[job.pk] for job in jobs]
    assert timezone.now() >= Job.objects.latest("finished_at").finished_at  # type: ignore[operator]
