"""The sub-job `sync`: Stash → our tables."""

from __future__ import annotations

from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Params
from jobs.declare.registry import Report, task
from jobs.errors import JobError
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, quantity
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
    result = {
        "synced_scenes": written["all"],
        "new_scenes": written["new"],
        "updated_scenes": written["all"] - written["new"],
        "deleted_scenes": Scene.objects.deleted().filter(deleted_by=job).count(),
        "missing_scenes": len(state.missing_ids),
    }
    text = question or sum_of(result, state.scene_count)
    return Report(result, errors=int(error is not None), text=text, error=error)


def sum_of(result: dict[str, int], scenes: int) -> str:
    """What was done with Stash's ``scenes``, in a line: what happened to none is left out."""
    unchanged = max(0, scenes - result["synced_scenes"])
    counts = (
        (result["new_scenes"], _("{count:,} added", count=result["new_scenes"])),
        (result["updated_scenes"], _("{count:,} updated", count=result["updated_scenes"])),
        (unchanged, _("{count:,} unchanged", count=unchanged)),
        (result["deleted_scenes"], _("{count:,} deleted", count=result["deleted_scenes"])),
    )
    return joined(": ", [quantity(scenes, "scene"), joined(", ", [text for count, text in counts if count])])


class SyncParams(Params):
    force: bool = Field(False, description=_("All that Stash has is read, and not only what changed."))


@task("sync", lock="library", params=SyncParams, report=report)
def run(job: JobContext) -> None:
    from scenes import sync
    from scenes.first_run.consequences import record_analysed_after_sync

    sync.run(job, services.stash(job), force=job.params["force"])
    record_analysed_after_sync(job)
