"""What must be true of the rows of jobs and steps at any moment, whoever wrote them."""

from __future__ import annotations

from collections import defaultdict

from jobs.models import ACTIVE, Job, Status, Step

WORST_FIRST = ("failed", "cancelled", "completed_with_errors", "completed")


def all_hold(jobs: list[Job], steps: list[Step]) -> None:
    """Raises AssertionError for a promise that is broken."""
    one_run_at_most_is_active(jobs)
    locks_are_held_by_one_claimed_job_each(jobs)
    only_what_was_begun_or_prefetched_is_claimed(jobs)
    only_jobs_of_the_step_at_work_run(jobs, steps)
    no_run_stands_still(jobs, steps)
    a_finished_run_has_nothing_active(jobs, steps)
    a_batch_is_open_while_one_of_its_jobs_is_active(jobs)
    no_more_batches_are_open_than_allowed(jobs, steps)


def is_run(job: Job) -> bool:
    return job.type == "model_workflow"


def one_run_at_most_is_active(jobs: list[Job]) -> None:
    assert sum(job.is_active for job in jobs if is_run(job)) <= 1


def locks_are_held_by_one_claimed_job_each(jobs: list[Job]) -> None:
    held = [job.held_lock for job in jobs if job.held_lock]
    assert len(held) == len(set(held))
    assert all(job.claim_token for job in jobs if job.held_lock)
    assert all(job.held_lock == job.lock for job in jobs if job.status == Status.RUNNING)


def only_what_was_begun_or_prefetched_is_claimed(jobs: list[Job]) -> None:
    claimed = [job for job in jobs if job.claim_token]
    assert {job.status for job in claimed} <= {"queued", "running", "cancelled"}
    prefetched = [job for job in claimed if job.status == Status.QUEUED]
    assert all(job.attempt == 1 and not job.lock and job.started_at is None for job in prefetched)
    assert all(job.claim_token for job in jobs if job.status == Status.RUNNING and not is_run(job))


def only_jobs_of_the_step_at_work_run(jobs: list[Job], steps: list[Step]) -> None:
    begun = {None, *(step.pk for step in steps if step.status == Status.RUNNING)}
    assert all(job.step_id in begun for job in jobs if job.status == Status.RUNNING)


def no_run_stands_still(jobs: list[Job], steps: list[Step]) -> None:
    begun = {step.pk for step in steps if step.status == Status.RUNNING}
    for run in jobs:
        if is_run(run) and run.status == Status.RUNNING:
            working = any(job.is_active for job in jobs if job.parent_id == run.pk and job.step_id in begun)
            moving = [run.claim_token is not None, run.advance_due, working]
            assert moving.count(True) == 1, moving


def a_finished_run_has_nothing_active(jobs: list[Job], steps: list[Step]) -> None:
    finished = {job.pk for job in jobs if not job.is_active}
    assert not any(job.is_active and job.parent_id in finished for job in jobs)
    assert not any(step.status == Status.RUNNING and step.run_id in finished for step in steps)


def no_more_batches_are_open_than_allowed(jobs: list[Job], steps: list[Step]) -> None:
    for step in steps:
        of_step = [job for job in jobs if job.step_id == step.pk and step.status == Status.RUNNING]
        running = [job.batch for job in of_step if job.status == Status.RUNNING]
        begun = {job.batch for job in of_step if job.batch and job.batch.status == Status.RUNNING}
        assert begun >= set(running) and sum(not batch.makes_room for batch in begun) <= step.parallel
        assert len(running) == len(set(running)), "two jobs of one batch at once"


def a_batch_is_open_while_one_of_its_jobs_is_active(jobs: list[Job]) -> None:
    """And has ended as badly as the worst of them after that."""
    by_batch = defaultdict(list)
    for job in jobs:
        assert is_run(job) == (job.batch is None)
        if job.batch is not None:
            by_batch[job.batch].append(job)
    for batch, members in by_batch.items():
        assert batch
        statuses = {member.status for member in members}
        if statuses & set(ACTIVE):
            assert batch.status in ACTIVE
        else:
            assert batch.status == next(status for status in WORST_FIRST if status in statuses)
