"""Recovery: find orphaned jobs and continue them, at a worker's start, twice a second, and by command."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import DateTimeField, Min
from django.db.models.functions import Coalesce
from django.utils import timezone

from jobs import clock, wakeup
from jobs.crash_points import EngineCrashPoint, crash_point
from jobs.declare.registry import get_workflow
from jobs.engine import process_id
from jobs.engine.backoff import attempts_made, delay, requeue_job, retry_later
from jobs.engine.cancelling import clean_up
from jobs.engine.claiming import due, explain_waiting
from jobs.engine.error_boundary import catch_errors
from jobs.engine.finishing import end
from jobs.engine.prefetching import begin
from jobs.engine.reporting import report_of
from jobs.engine.starting import configured_attempts
from jobs.engine.transitions import RELEASED, change, lock_run
from jobs.errors import JobError
from jobs.models import ACTIVE, Job, QuietHours, Status, Supervisor
from jobs.models.compiled import Compiled, Given
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity

ALIVE_WITHIN = timedelta(seconds=20)  # since a supervisor's last heartbeat

_lease_clock = clock.LeaseClock()


def recover(*, stopped: bool = False) -> int:
    """Rescue the jobs of dead workers, send wake-ups for what is due, and explain what jobs wait for.

    Returns the number of rescued jobs. ``stopped``: the workers were stopped on purpose, which costs no attempt.
    """
    QuietHours.objects.roll()
    if not any_active():  # as most of the time: what follows costs much more than this
        return 0
    orphaned = _orphaned(claimed_active())
    for job in orphaned:
        # A job whose report fails must not hold up the others; the next recovery tries it again.
        catch_errors(partial(rescue, job, stopped), job)
        crash_point(EngineCrashPoint.RESCUED)
    wake_for_due()
    explain_waiting()
    return len(orphaned)


def watch_leases() -> None:
    """The caller recovers often from now on. After a delay of it workers first get time to renew their leases."""
    _lease_clock.begin()


def pause_lease_expiry() -> None:
    """The caller can't tell whether living workers were delayed: give them time to renew their leases."""
    _lease_clock.pause_expiry()


def orphaned_and_cancelled() -> list[Job]:
    """Cancelled jobs whose worker died before it cleaned up; their locks are still held."""
    return _orphaned(claimed_cancelled())


def clean_up_orphaned() -> None:
    """Stop what cancelled jobs of dead workers left running elsewhere. This calls services and may take a while."""
    for job in orphaned_and_cancelled():
        lease_until = clock.now() + clock.lease()
        if change(job, claim_token=uuid.uuid4(), claimed_by=process_id.current(), lease_until=lease_until):
            # When it fails, the claim stays, and recovery tries again once its lease has expired.
            catch_errors(partial(clean_up, job), job)


# Asked twice a second, mostly for nothing.
any_active = Compiled(lambda: Job.objects.active().order_by().values_list("pk")[:1])
claimed_active = Compiled(lambda: Job.objects.claimed().filter(status__in=ACTIVE))
claimed_cancelled = Compiled(lambda: Job.objects.claimed().filter(status=Status.CANCELLED))


def _orphaned(claimed: Collection[Job]) -> list[Job]:
    at = _lease_clock.now()  # after the jobs: a lease that began after it would seem to be longer than any is
    return [job for job in claimed if _is_orphaned(job, at)]


def _is_orphaned(job: Job, at: datetime | None) -> bool:
    """Its worker is known to be dead, or its lease has expired at ``at``."""
    expired = at is not None and job.lease_until is not None and clock.is_over(job.lease_until, at)
    return expired or process_id.is_gone(job.claimed_by)


def rescue(job: Job, stopped: bool) -> None:
    """Make an orphaned job due again, unless somebody else did so first."""
    with transaction.atomic():
        run = lock_run(job.root_id)
        fresh = run if run.pk == job.pk else Job.objects.select_related("step").get(pk=job.pk)
        if fresh.claim_token != job.claim_token or fresh.status not in ACTIVE:
            return
        if not _is_orphaned(fresh, _lease_clock.now()):  # renewed since
            return
        if fresh.status == Status.QUEUED:
            begin(fresh)  # prefetched; only its worker knew whether it had begun
        if stopped:
            requeue_job(fresh)
        elif get_workflow(fresh.type):
            decide_again(fresh)
        else:
            retry_orphaned(run, fresh)


def retry_orphaned(run: Job, job: Job) -> None:
    """The worker died while it did the job, or the job stalled: again, while attempts are left."""
    error = JobError("worker_lost", _("The worker that ran it is gone."))
    if job.error_code:  # recorded by its worker's heartbeat: the task stalled
        error = JobError(job.error_code, job.error_message)
    if job.attempt < job.max_attempts:
        retry_later(job, error, seconds=delay(run.retry_delay, attempts_made(run, job)) if job.error_code else 0)
        return
    times = quantity(job.attempt, "time")
    message = _("{reason} It was tried {times}; see the log of the worker.", reason=error.message, times=times)
    end(run, job, Status.FAILED, report_of(job), JobError(error.code, message))


def decide_again(run: Job) -> None:
    """The worker died while it decided a step or ended the run: again, while attempts are left."""
    pending = run.steps.filter(status=Status.PENDING).first()
    what = _("decided the step {step}", step=_(pending.name)) if pending else _("wrote the end of the run")
    step = pending or run.steps.get(index=run.steps.count())
    step.attempts += 1
    if step.attempts < configured_attempts(run):
        step.save(update_fields=["attempts"])
        change(run, advance_due=True, **RELEASED)
        return
    message = _("The worker died {times} while it {what}.", times=quantity(step.attempts, "time"), what=what)
    end(run, run, Status.FAILED, report_of(run), JobError("worker_lost", message))


def wake_for_due() -> None:
    """Send one wake-up for each run with due jobs, of many for the oldest, unless some are queued already."""
    of_runs = due().order_by().values(root=Coalesce("parent", "pk")).annotate(oldest=Min("place_in_queue"))
    roots = list(of_runs.order_by("oldest").values_list("root", flat=True)[: wakeup.ENOUGH])
    if roots and wakeup.is_queue_empty():
        for root_id in roots:
            wakeup.wake_after_commit(root_id)


def worker_alive() -> bool:
    """Whether any supervisor, on any host, sent a heartbeat lately."""
    return bool(supervisors_alive(since=timezone.now() - ALIVE_WITHIN))


supervisors_alive = Compiled(
    lambda: Supervisor.objects.filter(heartbeat_at__gt=Given("since", DateTimeField())).order_by().values_list("pk")[:1]
)
