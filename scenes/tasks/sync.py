"""The sub-job `sync`: Stash → our tables."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Params
from jobs.declare.registry import Report, task
from jobs.errors import JobError
from jobs.models import Job
from scenes import services
from scenes.models import Scene, SyncState


def report(job: Job) -> Report:
    """What the job synced; `updated_scenes` were known, and something of them differed.

    What a sync read and found as it was counts in none.
    What a person has to decide is an error of the job that found it; later ones only say it.
    """
    state = SyncState.peek()
    question = state.missing_question
    error = JobError("many_missing", question) if question and state.missing_found_by_id == job.pk else None
    written = Scene.objects.written_by(job)
    return Report(
        {
            "synced_scenes": written["all"],
            "new_scenes": written["new"],
            "updated_scenes": written["all"] - written["new"],
            "deleted_scenes": Scene.objects.deleted().filter(deleted_by=job).count(),
            "missing_scenes": len(state.missing_ids),
        },
        errors=int(error is not None),
        text=question,
        error=error,
    )


class SyncParams(Params):
    force: bool = Field(False, description=_("Everything, not only what differs."))


@task("sync", lock="library", params=SyncParams, report=report)
def run(job: JobContext) -> None:
    from scenes import sync
    from scenes.first_run.settling import record_analysed_after_sync

    sync.run(job, services.stash(job), force=job.params["force"])
    record_analysed_after_sync(job)
