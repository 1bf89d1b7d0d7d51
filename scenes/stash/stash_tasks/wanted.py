"""For which scenes which of Stash's own tasks is wanted, by the settings. Loaded by whatever declares sub-jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from jobs.context import JobContext
from jobs.declare.ids import MAX_IDS
from jobs.declare.registry import JobSpec, get_task
from jobs.models import Job
from scenes import configuration
from scenes.configuration.stash_tasks import KINDS
from scenes.models import HANDLED, Detection, Outcome, StashTask
from scenes.models.stash_tasks import ASKED, StashTaskQuerySet
from scenes.pieces import pieces

INSERTED_AT_ONCE = 500  # scenes, in one transaction
PLUGIN = StashTask.Kind.PLUGIN


def type_of(kind: str) -> str:
    """The type of the sub-job."""
    return f"stash_{kind}"


def names_of(kind: str) -> list[str]:
    """What a row of this kind names: the plugin tasks of the settings; "" without any, and of other kinds."""
    tasks = configuration.current().plugin_tasks if kind == PLUGIN else ()
    return list(map(str, tasks)) or [""]


def due(kind: str, job: JobContext | None = None) -> StashTaskQuerySet:
    """Rows that are still to be done, by ``job`` if given: what failed in it already is left to the next one."""
    return StashTask.objects.due(job).filter(kind=kind, task__in=names_of(kind))


def after_scan(has_scan: bool) -> list[JobSpec]:
    """The sub-jobs that follow the scan: which scenes it finds is not known yet, so they take those that wait then."""
    chosen = configuration.current().stash_tasks_after_scan
    return [get_task(type_of(kind)).job() for kind in _in_order(chosen) if has_scan or due(kind).exists()]


def after_generate(run: Job) -> list[JobSpec]:
    """The sub-jobs for the scenes that the run analysed, and for those that failed in earlier runs."""
    specs = []
    for kind in _in_order(configuration.current().stash_tasks_after_generate):
        analysed = Detection.objects.filter(job__parent=run, outcome=Outcome.DONE).values_list("scene_id", flat=True)
        scene_ids, done = set(analysed), Counter[int]()
        rows = StashTask.objects.filter(kind=kind, task__in=names_of(kind), outcome__in=HANDLED)
        for part in pieces(scene_ids):
            done.update(rows.filter(scene_id__in=part).values_list("scene_id", flat=True))
        handled = {scene_id for scene_id, count in done.items() if count == len(names_of(kind))}
        ids = scene_ids - handled | {*due(kind).values_list("scene_id", flat=True)}
        if ids:
            specs.append(get_task(type_of(kind)).job(scene_ids=sorted(ids, reverse=True)[:MAX_IDS]))
    return specs


def _in_order(kinds: Collection[str]) -> Iterator[str]:
    return (kind for kind in KINDS if kind in kinds)


def want_found(scene_ids: Collection[int]) -> None:
    """The scan found these: what the settings add to it is to be done for them. In the scan's own transaction."""
    for kind in configuration.current().stash_tasks_after_scan:
        _want(kind, scene_ids)


def want_of_job(job: Job) -> None:
    """When a person starts a job for some scenes: to be done even where it was done, or failed for good."""
    if job.parent_id is None and job.params["scene_ids"]:
        _want(job.type.removeprefix("stash_"), job.params["scene_ids"], again=True)


def want_of_run(job: JobContext, kind: str) -> None:
    """A run's sub-job for some scenes: what of them has no row yet is to be done."""
    if job.job.parent_id is None:
        return
    for part in pieces(job.params["scene_ids"] or [], INSERTED_AT_ONCE):
        with job.transaction():
            _want(kind, part)


def rename_plugin_tasks(job: JobContext) -> None:
    """What waits for a task that the settings no longer name, or did not name then, gets those that they name now.

    But for what Stash was asked to do by then: it may be at it, and its job has to be followed to its end.
    """
    stale = StashTask.objects.due().filter(kind=PLUGIN).exclude(task__in=names_of(PLUGIN)).exclude(code=ASKED)
    for part in pieces(stale.values_list("pk", "scene_id"), INSERTED_AT_ONCE):
        with job.transaction():
            _want(PLUGIN, {scene_id for _, scene_id in part})
            StashTask.objects.filter(pk__in=[pk for pk, _ in part]).delete()


def _want(kind: str, scene_ids: Collection[int], *, again: bool = False) -> None:
    StashTask.objects.want(scene_ids, [(kind, name) for name in names_of(kind)], again=again)
