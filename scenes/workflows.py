"""The one workflow that StashHog exists for: from a finished download to a tagged, previewed scene."""

from __future__ import annotations

from functools import wraps

from jobs.declare.registry import JobSpec, Report, get_task, workflow
from jobs.declare.workflows import DecideMethod, Skip, Workflow, step
from jobs.errors import JobError
from jobs.models import Job, Status
from jobs.texts.translatable import Translatable as _
from jobs.waiting import Waiter
from scenes import services
from scenes.analysis import detectors
from scenes.analysis.batches import due_batches, outdated_batches
from scenes.models import Plan, Scan
from scenes.runs import summary
from scenes.runs.params import RunParams
from scenes.stash.stash_tasks import wanted
from scenes.tasks.dry_run import jobs_of_dry_run


def changed_in_stash(run: Job, waiter: Waiter) -> bool:
    """Whether Stash has anything that our tables haven't. Imported where it runs, see `scenes.tasks`.

    A run that has done nothing so far does not wait for a Stash that is away, nor ask it a second time: the next run
    finds all that there may be. Raises JobError.
    """
    from scenes.sync.differences import pending

    is_idle = not run.sub_jobs.exclude(type__in=("process_downloads", "stash_generate")).exists()
    failed = run.steps.filter(key="incremental_sync", status=Status.FAILED).exclude(error_code="").first()
    if is_idle and failed:
        raise JobError(failed.error_code, failed.error_message, permanent=True)
    try:
        return pending(services.stash(waiter)).any
    except JobError as error:
        raise JobError(error.code, error.message, permanent=error.permanent or is_idle) from error


def chosen_detectors(run: Job) -> list[str]:
    """A run that an earlier version started has all that there were."""
    chosen: list[str] = run.params.get("detectors", list(detectors.ENABLED))
    return chosen


def check_first_run(waiter: Waiter) -> None:
    """Raises JobError while nobody decided about the scenes that were there before: this run left step 1 out."""
    from scenes.first_run.consequences import undecided, undecided_scenes

    if count := undecided_scenes(waiter):
        raise undecided(0, count)


def or_dry_run(decide: DecideMethod) -> DecideMethod:
    """A decorator for steps: in a dry run one only reports what it would do."""

    @wraps(decide)
    def decided(self: Workflow, run: Job, waiter: Waiter) -> list[JobSpec]:
        return jobs_of_dry_run(run, decide.__name__) if run.is_dry_run else decide(self, run, waiter)

    return decided


def left_by_outages() -> list[JobSpec]:
    """What earlier jobs did not come to: plans to be taken back, and to be written."""
    half_reverted, unfinished = Plan.objects.half_reverted(), Plan.objects.unfinished()
    back = half_reverted.in_no_open_batch().order_by("created_at", "id").values_list("pk", flat=True)
    on = unfinished.in_no_open_batch().order_by("created_at", "id").values_list("pk", flat=True)
    return [
        *(get_task("revert_plan").job(plan_id=pk, rest=True) for pk in back),
        *(get_task("apply_plan").job(plan_id=pk) for pk in on),
    ]


@workflow
class ProcessNewScenes(Workflow):
    """From a finished download to a tagged, previewed scene."""

    type = "process_new_scenes"
    params = RunParams

    @step("Process downloads", shown=(5, 15), required=True)
    @or_dry_run
    def process_downloads(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("process_downloads").job()]

    @step("Stash metadata scan", shown=(20, 30), left_out_at=20)
    @or_dry_run
    def stash_scan(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        scan = [get_task("stash_scan").job()] if Scan.objects.due().exists() else []
        jobs = scan + wanted.after_scan(bool(scan))
        if not jobs:
            raise Skip(_("No new items"), at=20)
        return jobs

    @step("Incremental sync", shown=(35, 45), left_out_at=45)
    @or_dry_run
    def incremental_sync(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        if not changed_in_stash(run, waiter):
            raise Skip(_("No pending scenes"), at=45)
        return [get_task("sync").job(force=False)]

    @step("Analyse scenes", shown=(50, 80), left_out_at=80)
    @or_dry_run
    def analysis_batches(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        check_first_run(waiter)
        jobs = left_by_outages()
        chosen = chosen_detectors(run)
        options = detectors.switches(chosen) | {"auto_approve": run.params["auto_approve"]}
        batches = due_batches(run.params["batch_size"], run.params["max_scenes"], chosen)
        jobs += [get_task("analysis").job(scene_ids=ids, then="apply_plan", **options) for ids in batches]
        again = outdated_batches(run.params["batch_size"], run.params.get("outdated_scenes", 0), chosen, batches)
        jobs += [get_task("analysis").job(scene_ids=ids, outdated=True, then="apply_plan", **options) for ids in again]
        if not jobs:
            raise Skip(detectors.why_none(chosen) or _("No unanalyzed scenes"), at=80)
        return jobs

    @step("Generate metadata", shown=(85, 95))
    @or_dry_run
    def stash_generate(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("stash_generate").job(), *wanted.after_generate(run)]

    @step("Completion", shown=(95, 100), record_as="final_incremental_sync")
    @or_dry_run
    def completion(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        if not changed_in_stash(run, waiter):
            raise Skip(_("No pending scenes"), at=100)
        return [get_task("sync").job(force=False)]

    def check_left_out(self, key: str, run: Job, waiter: Waiter) -> None:
        """Without step 1 the run ends with the question of the first run all the same.

        A Stash that can't be asked is left to the steps that need it.
        """
        from scenes.first_run.deciding import UNDECIDED, open_questions
        from scenes.models.first_run import FirstRunQuestion

        if key != "process_downloads" or run.is_dry_run or FirstRunQuestion.LIBRARY not in open_questions():
            return
        try:
            check_first_run(waiter)
        except JobError as error:
            if error.code == UNDECIDED:
                raise

    def parallel(self, key: str, run: Job) -> int:
        return run.params["max_parallel_batches"] if key == "analysis_batches" else 1

    def note(self, key: str, run: Job) -> str:
        return detectors.note(chosen_detectors(run)) if key == "analysis_batches" else ""

    def report(self, run: Job) -> Report:
        return summary.report(run, self.steps())
