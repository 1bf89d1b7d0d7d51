"""The sub-job `dry_run`: what a step of a run would do, as a report."""

from __future__ import annotations

from pydantic import Field

from jobs.context import JobContext
from jobs.declare.registry import JobSpec, Report, get_task, task
from jobs.declare.workflows import Skip
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity
from scenes.configuration.run_defaults import StepKey
from scenes.models import DryRunItem, Scan
from scenes.runs.params import RunParams
from scenes.stash.stash_tasks import wanted

SCAN, LAST = "stash_scan", "completion"


class DryRunParams(RunParams):
    step: StepKey = Field(description=_("The step of which is told what it would do."))


def jobs_of_dry_run(run: Job, step: str) -> list[JobSpec]:
    """The sub-job that reports of the step. Raises Skip where a run would have nothing to do."""
    if step == SCAN and not (has_scan(run) or wanted.after_scan(False)):
        raise Skip(_("No new items"), at=20)
    if step == LAST:
        raise Skip(_("A dry run changes nothing that would have to be synced again"), at=100)
    return [get_task("dry_run").job(**run.params | {"step": step})]


def has_scan(run: Job) -> bool:
    """Whether files wait for a scan, or would after what step 1 reported."""
    return Scan.objects.due().exists() or DryRunItem.objects.of(run).filter(step=SCAN).exists()


def report(job: Job) -> Report:
    """How many lines there are, by what would be done or how it would end. What would fail is no error of this job."""
    from scenes.dry_run.items import counts_of

    return Report(counts_of(job))


@task("dry_run", params=DryRunParams, report=report)
def dry_run(job: JobContext) -> None:
    from scenes.dry_run.items import save
    from scenes.dry_run.later_steps import LATER_STEPS

    step = job.params["step"]
    items = LATER_STEPS[step](job, step) if step in LATER_STEPS else []
    save(job, items)
    text = _("{lines} in the report", lines=quantity(len(items), "line")) if items else _("Nothing is to be done")
    job.progress(len(items), len(items), text)
