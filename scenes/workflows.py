"""The one workflow that StashHog exists for: from a finished download to a tagged, previewed scene."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from jobs.declare.registry import JobSpec, Param, Report, get_task, number, only, whole_number, workflow
from jobs.declare.workflows import Skip, Workflow, step
from jobs.models import Job
from jobs.waiting import Waiter
from scenes import services, summary
from scenes.analysis import detectors
from scenes.analysis.batches import due_batches
from scenes.models import Plan, Scan

STEPS = ("process_downloads", "stash_scan", "incremental_sync", "analysis_batches", "stash_generate", "completion")


def step_keys(value: Any) -> list[str]:
    """A check for a list of step keys."""
    if not isinstance(value, list) or not all(isinstance(key, str) and key in STEPS for key in value):
        raise ValueError(f"a list of {', '.join(STEPS)}")
    return [key for key in STEPS if key in value]


def optional_whole_number(value: Any) -> int | None:
    return None if value is None else whole_number(1, 1_000_000)(value)


def changed_in_stash(waiter: Waiter) -> bool:
    """Whether Stash has anything that our tables haven't. Imported where it runs, see `scenes.tasks`."""
    from scenes.sync.differences import pending

    return pending(services.stash(waiter)).any


LATER = "comes with a later version"


@workflow
class ProcessNewScenes(Workflow):
    """From a finished download to a tagged, previewed scene."""

    type = "process_new_scenes"
    params = {
        "batch_size": Param(100, whole_number(1, 1000), "Scenes in a batch."),
        "max_parallel_batches": Param(2, whole_number(1, 16), "Batches at once."),
        "skip": Param([], step_keys, "A step to leave out."),
        "max_attempts": Param(settings.JOBS_MAX_ATTEMPTS, whole_number(1, 100), "Of a sub-job, after passing errors."),
        "retry_delay": Param(settings.JOBS_RETRY_DELAY, number(0, 3600), "Seconds before the second attempt."),
        "max_scenes": Param(None, optional_whole_number, "Most scenes to analyse in this run."),
        "auto_approve": Param(True, only(True, f"true: a review of changes {LATER}"), "Apply the changes."),
        "dry_run": Param(False, only(False, f"false: a dry run {LATER}"), "Only report what would be done."),
    }

    @step("Process downloads", shown=(5, 15), required=True)
    def process_downloads(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("process_downloads").job()]

    @step("Stash metadata scan", shown=(20, 30), left_out_at=20)
    def stash_scan(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        if not Scan.objects.due().exists():
            raise Skip("No new items", at=20)
        return [get_task("stash_scan").job()]

    @step("Incremental sync", shown=(35, 45), left_out_at=45)
    def incremental_sync(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        if not changed_in_stash(waiter):
            raise Skip("No pending scenes", at=45)
        return [get_task("sync").job(force=False)]

    @step("Analyse scenes", shown=(50, 80), left_out_at=80)
    def analysis_batches(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        plans = Plan.objects.unfinished().in_no_open_batch().order_by("created_at", "id")
        jobs = [get_task("apply_plan").job(plan_id=pk) for pk in plans.values_list("pk", flat=True)]
        batches = due_batches(run.params["batch_size"], run.params["max_scenes"])
        jobs += [get_task("analysis").job(scene_ids=ids, then="apply_plan") for ids in batches]
        if not jobs:
            raise Skip("No unanalyzed scenes", at=80)
        return jobs

    @step("Generate metadata", shown=(85, 95))
    def stash_generate(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("stash_generate").job()]

    @step("Completion", shown=(95, 100), record_as="final_incremental_sync")
    def completion(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        if not changed_in_stash(waiter):
            raise Skip("No pending scenes", at=100)
        return [get_task("sync").job(force=False)]

    def parallel(self, key: str, run: Job) -> int:
        return run.params["max_parallel_batches"] if key == "analysis_batches" else 1

    def note(self, key: str) -> str:
        return detectors.note() if key == "analysis_batches" else ""

    def report(self, run: Job) -> Report:
        return summary.report(run, self.steps())
