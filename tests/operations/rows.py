"""Rows as a run leaves them, some time ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from jobs.models import ACTIVE, Batch, Event, Job, Status, Step
from scenes.models import Change, Detection, Download, Generation, PlacedFile, Plan, Scene, StashJob


def ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def make_run(days: float = 0, *, batches: int = 2, status: str = Status.COMPLETED) -> Job:
    """A run that ended so long ago, or began: a step, sub-jobs that follow each other, two events for each."""
    at = ago(days)
    ended = None if status in ACTIVE else at
    columns: dict[str, Any] = {"status": status, "created_at": at, "started_at": at, "finished_at": ended}
    run = Job.objects.create(type="process_new_scenes", result={"job_id": "…"}, percent=100, **columns)
    step = Step.objects.create(
        run=run, key="analysis_batches", name="Analyse", index=4, shown_from=50, shown_to=80, status=status
    )
    jobs = [run]
    for number in range(1, batches + 1):
        batch = Batch.objects.create(step=step, number=number, status=status)
        columns |= {"parent": run, "step": step, "batch": batch}
        analysis = Job.objects.create(type="analysis", **columns)
        apply = Job.objects.create(type="apply_plan", previous=analysis, **columns)
        jobs += [analysis, apply]
    Event.objects.bulk_create(Event(job=job, at=at, kind=kind) for job in jobs for kind in ("started", "completed"))
    return run


def make_traces(run: Job) -> None:
    """What a run leaves in the tables of others: each kind of row that names a job."""
    analysis = run.sub_jobs.filter(type="analysis").first()
    assert analysis is not None and analysis.batch is not None
    scene = Scene.objects.create(
        id=7,
        title="Über",
        created_at=ago(1),
        remote_updated_at="2026-01-01",
        added_by=run,
        synced_by=run,
    )
    Generation.objects.create(scene=scene, outcome="done", code="generated", job=run)
    plan = Plan.objects.create(job=analysis)
    plan.put([7])
    assert analysis.batch
    plan.batches.add(analysis.batch)
    scene.batches.add(analysis.batch)
    Change.objects.create(
        plan=plan, scene=scene, kind="add_tag", value={"name": "x_AI"}, key="k", detector="d", job=run
    )
    Detection.objects.create(scene=scene, detector="detect_tags", handled_at=ago(1), job=analysis)
    download = Download.objects.create(hash="a" * 40, name="Film", save_path="/dl", job=run)
    PlacedFile.objects.create(
        download=download, name="Film/a.mp4", size=1, source="/dl/a.mp4", target="/lib/a.mp4", placed_by=run, job=run
    )
    StashJob.objects.create(job=run, kind="scan")
