"""After a cancel: Stash's own job is stopped, from whichever process is there to do it."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone

from jobs import events
from jobs.errors import JobError
from jobs.models import Event, Job
from jobs.waiting import Waiter
from scenes import services
from scenes.clients.base import Limits
from scenes.models import StashJob
from scenes.stash.stash_jobs import GENERATE, NOT_FOUND, STOPPED, UNSTOPPED, stop_generation

BRIEF = Limits(connect=2.0, read=4.0, total=4.0)  # the job's lock is kept meanwhile

logger = logging.getLogger(__name__)


def on_cancel(job: Job) -> None:
    """Stop what this job asked Stash to generate and that still runs or waits there.

    When Stash can't be told to, that is logged: it then generates to its end, which is harmless.
    """
    for row in StashJob.objects.filter(job=job, kind=GENERATE, ended_at=None):
        try:
            stop_generation(services.stash(Waiter(), read=BRIEF, write=BRIEF), row)
        except JobError as error:
            _end(row, UNSTOPPED, f"Stash's generation could not be stopped, and may go on there: {error.message}")
        else:
            _end(row, STOPPED if row.stop_asked_at else NOT_FOUND)


def _end(row: StashJob, status: str, message: str = "") -> None:
    row.status, row.ended_at = status, timezone.now()
    with transaction.atomic():
        row.save(update_fields=["status", "ended_at"])
        if message:
            logger.warning("%s job=%s", message, row.job_id)
            events.record(row.job, "log", message, Event.Level.WARNING)
