"""After a cancel: Stash's own job is stopped, from whichever process is there to do it."""

from __future__ import annotations

import logging

from django.utils import timezone

from jobs.models import Job
from jobs.waiting import Waiter
from scenes import services
from scenes.clients.base import Limits, ServiceError
from scenes.models import StashJob
from scenes.stash_jobs import GENERATE, STOPPED, stop_generation

BRIEF = Limits(connect=2.0, read=4.0, total=4.0)  # the supervisor, who looks after all jobs, may be the one who waits

logger = logging.getLogger(__name__)


def let_go(job: Job) -> None:
    """Stop what this job asked Stash to generate and that still runs or waits there.

    When Stash does not answer, that is logged and left: it then generates to its end, which harms nothing.
    """
    for row in StashJob.objects.filter(job=job, kind=GENERATE, ended_at=None):
        try:
            stop_generation(services.stash(Waiter(), read=BRIEF, write=BRIEF), row)
        except ServiceError as error:
            logger.warning("Stash's generate job of job %s was not stopped: %s", job.id, error)
            continue
        row.status, row.ended_at = STOPPED, timezone.now()
        row.save(update_fields=["status", "ended_at"])
