"""An installation that has been in use for a while: something on every page, long names among it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from jobs.models import ACTIVE, Batch, Event, Job, Schedule, Status
from scenes.models import (
    Destination,
    Detection,
    Download,
    Outcome,
    Performer,
    PlacedFile,
    Plan,
    Scene,
    SceneFile,
    Studio,
    SyncState,
    Tag,
    TagRule,
)
from tests.web.factories import make_job, make_run, make_sub_job, make_user
from tests.web.permissions.stage import Stage

DAYS = 30
LONG = "A very long name of a film that somebody wrote into the title with everything about it " * 2
GONE = "qBittorrent: no connection. Is it running, and is its address right?"
NAMES = (
    "Dawn over the harbour",
    "Küsten & Möwen",
    "Sunset 🌅",
    "שקיעה מעל הנמל",
    LONG,
    "Alpine_Summer_2160p_HEVC_" * 8,
)


def scenery() -> Job:
    """Returns a run that is at work."""
    make_user()
    stage = Stage()
    Job.objects.filter(pk=stage.active.pk).update(status=Status.COMPLETED, single_flight="")
    stage.add_the_rest()
    tags = [Tag.objects.create(pk=100 + n, name=name) for n, name in enumerate(("Beach_AI", "Forest", "Night_AI"))]
    odd_names()
    studio = Studio.objects.create(pk=100, name="Harbour Films")
    now = timezone.now()
    for number in range(1, 37):
        if number == stage.scene.pk:
            continue
        scene = Scene.objects.create(
            pk=number, title=NAMES[number % len(NAMES)], created_at=now - timedelta(days=number % DAYS),
            remote_updated_at="x", studio_id=studio.pk, video_analyzed=number % 4 > 0,
        )  # fmt: skip
        scene.tags.set([*tags[: number % 4], *([200 + number % 4] if number < 12 else [])])
        SceneFile.objects.create(
            pk=1000 + number, scene=scene, path=f"/data/{NAMES[number % len(NAMES)]}.mp4", size=10**9
        )
        if number % 9 == 0:
            Detection.objects.create(
                scene=scene, detector="detect_video_tags", outcome=Outcome.QUARANTINED, failed_at=now,
                message="The tagger can't read the file: it ends in the middle. Download it again.",
            )  # fmt: skip
    for number, outcome in enumerate(Outcome):
        download = Download.objects.create(
            hash=f"{number}" * 40, name=NAMES[number], outcome=outcome, completed_at=now, failed_at=now, save_path="/x",
            message="" if outcome != Outcome.FAILED else "The disk is full. Make room, then it is tried again.",
        )  # fmt: skip
        PlacedFile.objects.create(download=download, name=f"{NAMES[number]}.mp4", size=10**9, outcome=Outcome.DONE)
    plan = Plan.objects.create()
    for number in (1, 2, 3):
        plan.changes.create(scene_id=number, kind="add_tag", value={"name": "Beach_AI"}, key=f"p{number}", detector="d")
    for day in range(1, DAYS):
        past_run(day)
    run = make_run(at=4, percent=50)
    for number in (1, 2):
        make_sub_job(
            run, "analysis_batches", "analysis", number=number, percent=40 * number, message=f"Scene {number} of 100"
        )
    make_job("sync", Status.FAILED, error_code="unreachable", error_message="Stash: no connection. Is it running?")
    return run


def big_run(status: Status) -> Job:
    """A run of 500 batches, as it stands or as it ended, with items that failed in two of its steps."""
    is_over, ends_at = status != Status.RUNNING, 7 if status == Status.COMPLETED_WITH_ERRORS else 4
    # Beside the one that is at work already.
    run = make_run(status if is_over else Status.CANCELLED, at=ends_at, percent=100 if ends_at == 7 else 64, errors=4)
    step = run.steps.get(key="analysis_batches")
    if not is_over:
        Job.objects.filter(pk=run.pk).update(status=status, finished_at=None)
        run.steps.filter(pk=step.pk).update(status=status, finished_at=None)
    if status == Status.FAILED:
        run.steps.filter(index__lt=7).update(status=Status.PENDING)
        run.steps.filter(index=1).update(status=Status.FAILED, error_message=GONE)
        Job.objects.filter(pk=run.pk).update(error_code="unreachable", error_message=GONE, percent=5)
        return run
    kinds = dict.fromkeys(range(1, 201), Status.COMPLETED) | {7: Status.FAILED}
    kinds |= {201: Status.RUNNING, 202: Status.RUNNING}
    left = (
        Status.COMPLETED if status == Status.COMPLETED_WITH_ERRORS else Status.CANCELLED if is_over else Status.QUEUED
    )
    if is_over:
        kinds.update({201: left, 202: left})
    batches = Batch.objects.bulk_create(
        Batch(step=step, number=number, status=kinds.get(number, left)) for number in range(1, 501)
    )
    now = timezone.now()
    Job.objects.bulk_create(
        Job(
            type="analysis", status=batch.status, parent=run, step=step, batch=batch, percent=40,
            started_at=now - timedelta(seconds=70), finished_at=None if batch.status in ACTIVE else now,
            message=f"Scene 37 of 100: {LONG}" if batch.status == Status.RUNNING else "",
            error_message="The tagger is away. Is it running?" if batch.status == Status.FAILED else "",
            result={"scenes_analyzed": 100, "changes_approved": 250} if batch.status == Status.COMPLETED else None,
        )
        for batch in batches
    )  # fmt: skip
    for key, kind in (("process_downloads", "download"), ("stash_scan", "download")):
        job = make_sub_job(run, key, key, Status.COMPLETED_WITH_ERRORS, errors=2, result={"failed": 2})
        for number, name in enumerate((f"{LONG}.mp4", NAMES[3]), start=1):
            data = {
                "name": name,
                "reason": "The disk is full. Make room, then retry.",
                "kind": kind,
                "key": str(number),
            }
            Event.objects.create(
                job=job, kind="item_failed", level="warning", message=f"{name}: {data['reason']}", data=data
            )
    return run


def big_runs() -> dict[str, str]:
    """One of each, by status: its id."""
    ways = (Status.RUNNING, Status.COMPLETED_WITH_ERRORS, Status.CANCELLED, Status.FAILED)
    return {status.value: str(big_run(status).pk) for status in ways}


def odd_names() -> None:
    """Of whatever has a name beside scenes and downloads: written from right to left, with emoji, of 200 characters."""
    for number, name in enumerate(NAMES[2:], start=200):
        Tag.objects.create(pk=number, name=name[:200])
        Performer.objects.create(pk=number, name=name[:200])
        Studio.objects.create(pk=number, name=name[:200])
        TagRule.objects.create(tag_name=name[:200])
        Schedule.objects.create(name=name[:100], job_type="sync", cron="0 3 * * *", enabled=True)
        Destination.objects.create(name=name[:50], folder=f"/mnt/{name[:150]}", categories=f"c{number}")
        make_job("sync", Status.FAILED, error_code="x", error_message=f"{name} is not there.")


def past_run(day: int) -> None:
    status = Status.COMPLETED_WITH_ERRORS if day % 11 == 0 else Status.COMPLETED
    summary = {"total_synced_items": day % 4, "total_scenes_analyzed": day % 7, "total_errors": int(day % 11 == 0)}
    run = make_run(status, at=7, percent=100, result={"summary": summary}, errors=int(day % 11 == 0))
    begun = timezone.now() - timedelta(days=day, hours=3)
    Job.objects.filter(pk=run.pk).update(
        created_at=begun, started_at=begun, finished_at=begun + timedelta(minutes=3 + day % 5)
    )
    for index, step in enumerate(run.steps.all()):
        step.started_at, step.finished_at = begun, begun + timedelta(seconds=10 * index + day)
        step.save()


def late_run() -> Job:
    """A run, a sync and a schedule of late in the evening, by the clock of the server."""
    run, moment = make_run(), datetime(2026, 11, 30, 22, 7, 8, tzinfo=UTC)
    Event.objects.create(job=run, kind="started")
    Job.objects.update(created_at=moment)
    Event.objects.update(at=moment)
    SyncState.load()
    SyncState.objects.update(watermark=moment, completed_at=moment)
    row = {"job_type": "process_new_scenes", "cron": "30 17 * * *", "time_zone": "UTC", "enabled": True}
    Schedule.objects.update_or_create(name="Nightly", defaults=row)
    return run


def admin_pages() -> list[str]:
    """Of each table: its list, and of the row with the longest name its form and its history."""
    import_module(settings.ROOT_URLCONF)  # which says what the admin has
    found = []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        rows = sorted(model._default_manager.all()[:200], key=lambda row: len(str(row)))
        found += [reverse(f"{name}_changelist")]
        found += [reverse(f"{name}_{page}", args=[row.pk]) for row in rows[-1:] for page in ("change", "history")]
    return found
