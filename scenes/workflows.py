"""The one workflow that StashHog exists for: from a finished download to a tagged, previewed scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from django.conf import settings
from pydantic import AfterValidator, Field

from jobs.declare.params import AlwaysOff, Params
from jobs.declare.registry import JobSpec, Report, get_task, workflow
from jobs.declare.workflows import Skip, Workflow, step
from jobs.errors import JobError
from jobs.models import Job, Status
from jobs.waiting import Waiter
from scenes import configuration, services, summary
from scenes.analysis import detectors
from scenes.analysis.batches import due_batches, outdated_batches
from scenes.configuration.run_defaults import DETECTORS, STEPS, DetectorName, StepKey
from scenes.models import Plan, Scan
from scenes.stash.stash_tasks import wanted


def in_order_of(known: Sequence[str]) -> Callable[[list[str]], list[str]]:
    """Each name once, in the order of those that are known."""
    return lambda names: [name for name in known if name in names]


class RunParams(Params):
    batch_size: int = Field(100, ge=1, le=1000, description="Scenes in a batch.")
    max_parallel_batches: int = Field(2, ge=1, le=16, description="Batches at once.")
    skip: Annotated[list[StepKey], AfterValidator(in_order_of(STEPS))] = Field(
        [], title="Leave out", description="Steps to leave out."
    )
    max_attempts: int = Field(
        settings.JOBS_MAX_ATTEMPTS, ge=1, le=100, description="Attempts of a sub-job, after passing errors."
    )
    retry_delay: float = Field(
        settings.JOBS_RETRY_DELAY, ge=0, le=3600, description="Seconds before the second attempt; doubles."
    )
    max_scenes: int | None = Field(
        None, ge=1, le=1_000_000, description="Most scenes to analyse in this run, the newest first."
    )
    outdated_scenes: int = Field(
        0, ge=0, le=1_000_000, description="Scenes to be seen again by newer models of the tagger, the newest first."
    )
    detectors: Annotated[list[DetectorName], AfterValidator(in_order_of(DETECTORS))] = Field(
        [name for name in DETECTORS if name in detectors.ENABLED],
        description="What analyses the scenes; none: nothing does.",
    )
    auto_approve: bool = Field(True, description="Write what was found to Stash; no: its changes wait for a person.")
    dry_run: AlwaysOff = Field(False, description="A dry run comes with a later version.")

    @classmethod
    def from_settings(cls) -> dict[str, Any]:
        config = configuration.current()
        return {
            "batch_size": config.batch_size,
            "max_parallel_batches": config.max_parallel_batches,
            "skip": in_order_of(STEPS)(list(config.skip)),
            "max_scenes": config.max_scenes or None,
            "outdated_scenes": config.outdated_scenes,
            "detectors": in_order_of(DETECTORS)(list(config.detectors)),
            "auto_approve": config.auto_approve,
        }


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
    from scenes.first_run.settling import undecided, undecided_scenes

    if count := undecided_scenes(waiter):
        raise undecided(0, count)


@workflow
class ProcessNewScenes(Workflow):
    """From a finished download to a tagged, previewed scene."""

    type = "process_new_scenes"
    params = RunParams

    @step("Process downloads", shown=(5, 15), required=True)
    def process_downloads(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("process_downloads").job()]

    @step("Stash metadata scan", shown=(20, 30), left_out_at=20)
    def stash_scan(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        scan = [get_task("stash_scan").job()] if Scan.objects.due().exists() else []
        jobs = scan + wanted.after_scan(bool(scan))
        if not jobs:
            raise Skip("No new items", at=20)
        return jobs

    @step("Incremental sync", shown=(35, 45), left_out_at=45)
    def incremental_sync(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        if not changed_in_stash(run, waiter):
            raise Skip("No pending scenes", at=45)
        return [get_task("sync").job(force=False)]

    @step("Analyse scenes", shown=(50, 80), left_out_at=80)
    def analysis_batches(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        check_first_run(waiter)
        plans = Plan.objects.unfinished().in_no_open_batch().order_by("created_at", "id")
        jobs = [get_task("apply_plan").job(plan_id=pk) for pk in plans.values_list("pk", flat=True)]
        chosen = chosen_detectors(run)
        options = detectors.switches(chosen) | {"auto_approve": run.params["auto_approve"]}
        batches = due_batches(run.params["batch_size"], run.params["max_scenes"], chosen)
        jobs += [get_task("analysis").job(scene_ids=ids, then="apply_plan", **options) for ids in batches]
        again = outdated_batches(run.params["batch_size"], run.params.get("outdated_scenes", 0), chosen, batches)
        jobs += [get_task("analysis").job(scene_ids=ids, outdated=True, then="apply_plan", **options) for ids in again]
        if not jobs:
            raise Skip(detectors.why_none(chosen) or "No unanalyzed scenes", at=80)
        return jobs

    @step("Generate metadata", shown=(85, 95))
    def stash_generate(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("stash_generate").job(), *wanted.after_generate(run)]

    @step("Completion", shown=(95, 100), record_as="final_incremental_sync")
    def completion(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        if not changed_in_stash(run, waiter):
            raise Skip("No pending scenes", at=100)
        return [get_task("sync").job(force=False)]

    def check_left_out(self, key: str, run: Job, waiter: Waiter) -> None:
        """Without step 1 the run ends with the question of the first run all the same.

        A Stash that can't be asked is left to the steps that need it.
        """
        from scenes.first_run.deciding import open_questions
        from scenes.first_run.settling import UNDECIDED
        from scenes.models.first_run import Question

        if key != "process_downloads" or Question.LIBRARY not in open_questions():
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
