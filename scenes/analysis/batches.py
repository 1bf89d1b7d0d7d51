"""The batch of an analysis: the scenes that it was given, or else those that are due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs.context import JobContext
from jobs.errors import JobError
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from scenes.analysis.detectors import ENABLED, VIDEO_TAGS, available
from scenes.analysis.tagger.outdated import outdated
from scenes.models import FirstRunDecision, Scene
from scenes.pieces import pieces


def due_batches(size: int, most: int | None = None, wanted: Iterable[str] = ENABLED) -> list[list[int]]:
    """The ids of the scenes that are due, at most ``most``, in batches of ``size``.

    Those that were there before the first run come last, and only so many of them as a person said.
    """
    due = Scene.objects.due(available(wanted)).values_list("pk", flat=True)
    if backlog := FirstRunDecision.objects.backlog():
        last, limit = backlog
        ids = [*due.filter(pk__gt=last)[:most], *due.filter(pk__lte=last)[:limit]]
        return list(pieces(ids[:most], size))
    return list(pieces(due[:most], size))


def outdated_batches(
    size: int, most: int, wanted: Iterable[str], others: Sequence[Sequence[int]] = ()
) -> list[list[int]]:
    """The ids of ``most`` scenes of which an older model of the tagger saw something, in batches of ``size``.

    Without the scenes of the ``others``, which are batches of the same run.
    """
    if not most or VIDEO_TAGS not in available(wanted):
        return []
    taken = {pk for batch in others for pk in batch}
    found = outdated().scenes().values_list("pk", flat=True)[: most + len(taken)]
    return list(pieces([pk for pk in found if pk not in taken][:most], size))


def put_in_batch(job: Job) -> None:
    """Link the scenes that a new analysis is given to its batch.

    A run chose them a moment ago, and some may have come into another batch since; a person may ask for any.
    """
    assert job.batch is not None
    scenes = Scene.objects.in_no_open_batch() if job.parent_id else Scene.objects.all()
    scenes.put_in(job.batch, job.params["scene_ids"])


def scenes_of(job: JobContext, wanted: Sequence[str], most: int) -> list[int]:
    """The ids of the scenes of the job's batch, in its order; without any given, ``most`` that are due, or outdated.

    Raises a permanent JobError for a given scene that our library doesn't have, not even as a deleted one.
    """
    batch, given = job.batch, job.params["scene_ids"]
    check_known(given)
    if not given and not batch.scenes.exists():
        if job.params.get("outdated"):
            chosen = outdated().scenes()[: job.params["max_scenes"]]
        else:
            chosen = Scene.objects.due(available(wanted))[:most]
        with job.transaction():
            Scene.objects.all().put_in(batch, chosen.values_list("pk", flat=True))
    elif given and job.job.parent_id is None:
        with job.transaction():  # a sync may have brought some of them since the start
            Scene.objects.exclude(batches=batch).put_in(batch, given)
    return Scene.objects.ids_of(batch)


def check_known(ids: Sequence[int]) -> None:
    """Raise a permanent JobError unless all the scenes are in our library, be they deleted by now."""
    known = {pk for part in pieces(ids) for pk in Scene.objects.filter(pk__in=part).values_list("pk", flat=True)}
    if unknown := [str(pk) for pk in ids if pk not in known]:
        some = ", ".join(unknown[:10]) + (", …" if len(unknown) > 10 else "")
        message = _("StashHog knows no scene {some}: start a sync, or leave it out.", some=some)
        raise JobError("not_found", message, permanent=True)
