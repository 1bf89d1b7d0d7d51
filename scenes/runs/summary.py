"""The result of a run, counted from the rows of its steps and sub-jobs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import Any

from jobs.declare.registry import Report
from jobs.declare.workflows import StepDeclaration
from jobs.models import Batch, Job, Status, Step
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, joined_by_and, quantity
from scenes.analysis.reporting import waiting_line
from scenes.models import SyncState
from scenes.stash.stash_tasks import reporting as stash_tasks

BATCHES = "analysis_batches"


def report(run: Job, declared: list[StepDeclaration]) -> Report:
    """The result that the specification gives: all steps, then the sums. Three queries."""
    jobs: dict[int | None, list[Job]] = defaultdict(list)
    for job in run.sub_jobs.select_related("batch").order_by("batch__number", "created_at"):
        jobs[job.step_id].append(job)
    steps = {step.key: step for step in run.steps.all()}
    results: dict[str, Any] = {}
    for declaration in declared:
        step = steps[declaration.key]
        results[declaration.record_as] = (
            batches(jobs[step.pk]) if declaration.key == BATCHES else step_result(step, jobs[step.pk])
        )
    errors = sum(errors_of_step(step, jobs[step.pk]) for step in steps.values())
    summary = totals(results, errors)
    result = {
        "job_id": str(run.pk),
        "status": run.status,
        "steps": results,
        "summary": summary,
    }
    by_step = [(step, jobs[step.pk]) for step in steps.values()]
    done = [dry_run_line(run)] if run.is_dry_run else what_was_done(summary)
    return Report(result, errors, line_of(done, by_step))


def dry_run_line(run: Job) -> str:
    """What the run would have done."""
    from scenes.dry_run.items import line_of

    return line_of(run)


def what_was_done(summary: dict[str, int]) -> list[str]:
    """With what waits for a person since."""
    done = [
        quantity(summary[f"total_{key}"], *words)
        for key, words in (
            ("synced_items", ("torrent placed", "torrents placed")),
            ("scenes_analyzed", ("scene analysed", "scenes analysed")),
            ("changes_applied", ("change applied", "changes applied")),
        )
        if summary[f"total_{key}"]
    ]
    return [joined(", ", done) or _("Nothing was new"), waiting_line(summary["total_changes_waiting"])]


def line_of(done: Iterable[str], steps: Iterable[tuple[Step, list[Job]]]) -> str:
    """What the run did, which of its steps failed, and what a person has to decide."""
    failed: dict[str, list[str]] = defaultdict(list)
    lines, wrong = list(done), []
    for step, jobs in steps:
        tasks_done, tasks_wrong = stash_tasks.lines_of(jobs)
        lines += tasks_done
        wrong += tasks_wrong
        if step.status == Status.FAILED:
            reasons = [step.error_message, *(job.error_message for job in reversed(jobs))]
            failed[next(filter(None, reasons), "")].append(_(step.name))
    wrong += [_("{step} failed: {reason}", step=joined_by_and(names), reason=why) for why, names in failed.items()]
    return joined("; ", [*lines, *wrong, SyncState.peek().missing_question])


def step_result(step: Step, jobs: list[Job]) -> dict[str, Any]:
    """A step with at most one sub-job, beside those that have Stash do its own tasks."""
    job = next((job for job in jobs if job.type not in stash_tasks.TYPES), None)
    return stash_tasks.results_of(jobs) | {
        "job_id": str(job.pk) if job else None,
        "status": step.status,
        "result": job.result if job else None,
        "error": (job.error if job else None) or step.error,
        "duration_seconds": (job or step).duration_seconds,
        "message": step.message or (job.message if job else ""),
    }


def batches(jobs: list[Job]) -> list[dict[str, Any]]:
    """One entry for each batch: its analysis and the plan it made, counted together."""
    return [batch(row, list(members)) for row, members in groupby(jobs, key=attrgetter("batch"))]


def batch(row: Batch, jobs: list[Job]) -> dict[str, Any]:
    return {
        "batch_num": row.number,
        "job_id": str(jobs[0].pk),
        "status": row.status,
        "scenes_analyzed": count(jobs, "scenes_analyzed"),
        "changes_approved": count(jobs, "changes_approved"),
        "changes_applied": count(jobs, "changes_applied"),
        "changes_waiting": count(jobs, "changes_waiting"),
        "errors": [error for job in jobs for error in errors_of(job)],
    }


def errors_of(job: Job) -> list[dict[str, str]]:
    """Why the job failed as a whole, and each of its items that did."""
    whole = [job.error] if job.error else []
    return whole + [{"code": "failed", "message": text} for text in (job.result or {}).get("errors", [])]


def count(jobs: list[Job], key: str) -> int:
    return sum((job.result or {}).get(key, 0) for job in jobs)


def errors_of_step(step: Step, jobs: list[Job]) -> int:
    """Items that failed; a job or a decision that failed as a whole counts as one."""
    errors = sum(job.errors or int(job.status == Status.FAILED) for job in jobs)
    return errors or int(step.status == Status.FAILED)


def totals(results: dict[str, Any], errors: int) -> dict[str, int]:
    downloads = results["process_downloads"]["result"] or {}
    every_batch = results[BATCHES]
    return {
        "total_synced_items": downloads.get("synced_items", 0),
        "total_scenes_analyzed": sum(entry["scenes_analyzed"] for entry in every_batch),
        "total_changes_approved": sum(entry["changes_approved"] for entry in every_batch),
        "total_changes_applied": sum(entry["changes_applied"] for entry in every_batch),
        "total_changes_waiting": sum(entry["changes_waiting"] for entry in every_batch),
        "total_errors": errors,
    }
