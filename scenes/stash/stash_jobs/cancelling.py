"""After a cancel: Stash's own job is stopped, from whichever process is there to do it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from jobs import events
from jobs.errors import JobError
from jobs.models import Event, Job
from jobs.texts.translatable import Translatable as _
from jobs.waiting import Waiter
from scenes import services
from scenes.clients.base import Limits
from scenes.models import StashJob
from scenes.stash.stash_jobs.rows import AUTO_TAG, GENERATE, IDENTIFY, NOT_FOUND, PLUGIN, STOPPED, UNSTOPPED
from scenes.stash.stash_jobs.stopping import stop

BRIEF = Limits(connect=2.0, read=4.0, total=4.0)  # the job's lock is kept meanwhile
NAMES: Mapping[str, str] = {
    GENERATE: _("generation"),
    IDENTIFY: _("identify job"),
    AUTO_TAG: _("auto tag job"),
    PLUGIN: _("plugin task"),
}

logger = logging.getLogger(__name__)


def on_cancel(job: Job) -> None:
    """Stop what this job asked Stash for and that still runs or waits there. A scan is left to end.

    When Stash can't be told to, that is logged: it then goes on to its end.
    """
    for row in StashJob.objects.filter(job=job, kind__in=NAMES, ended_at=None):
        try:
            stop(services.stash(Waiter(), read=BRIEF, write=BRIEF), row)
        except JobError as error:
            what = NAMES[row.kind]
            text = _(
                "Stash's {what} could not be stopped, and may go on there: {reason}", what=what, reason=error.message
            )
            _end(row, UNSTOPPED, text)
        else:
            _end(row, STOPPED if row.stop_asked_at else NOT_FOUND)


def _end(row: StashJob, status: str, message: str = "") -> None:
    row.status, row.ended_at = status, timezone.now()
    with transaction.atomic():
        row.save(update_fields=["status", "ended_at"])
        if message:
            logger.warning("%s job=%s", message, row.job_id)
            events.record(row.job, "log", message, Event.Level.WARNING)
