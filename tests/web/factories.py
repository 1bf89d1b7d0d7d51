"""Rows of jobs as the engine leaves them, for tests of what people and programs see."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from jobs.models import ACTIVE, FINISHED, Batch, Event, Job, Scope, Status, Step
from jobs.texts.translatable import Translatable
from jobs.web import tokens

STEPS = [
    ("process_downloads", "Process downloads", 5, 15),
    ("stash_scan", "Stash metadata scan", 20, 30),
    ("incremental_sync", "Incremental sync", 35, 45),
    ("analysis_batches", "Analyse scenes", 50, 80),
    ("stash_generate", "Generate metadata", 85, 95),
    ("completion", "Completion", 95, 100),
]


def make_user(name: str = "ada", *, staff: bool = True) -> User:
    return User.objects.create_user(name, password="a long password", is_staff=staff, is_superuser=staff)


def make_token(user: User, scope: Scope = Scope.ADMIN) -> str:
    """A token that may all that its user may, if ``scope`` does not say less."""
    return tokens.create(user, "for a test", scope=scope)


def next_of(browser: Client, address: str) -> str:
    """The address of the page that follows in a list; "" on its last one."""
    found = re.search(r'<a href="([^"]+)" rel="next"', browser.get(address).text)
    return html.unescape(found[1]) if found else ""


def make_job(type: str = "sync", status: str = Status.QUEUED, **columns: Any) -> Job:
    """A job of this status, with the times that belong to it."""
    now = timezone.now()
    if status != Status.QUEUED:
        columns.setdefault("started_at", now - timedelta(seconds=75))
    if status in FINISHED:
        columns.setdefault("finished_at", now)
    if status == Status.COMPLETED:
        columns.setdefault("percent", 100)
    job = Job.objects.create(type=type, status=status, source="test", **columns)
    Event.objects.create(
        job=job, kind="started", status=Status.QUEUED, message=Translatable("Started from {source}", source="test")
    )
    return job


def make_run(status: str = Status.RUNNING, *, at: int = 4, percent: int = 50, **columns: Any) -> Job:
    """A run of which the steps before number ``at`` are completed and, if it is active, that one is at work."""
    single = {"single_flight": "process_new_scenes"} if status in ACTIVE else {}
    run = make_job("process_new_scenes", status, percent=percent, **single, **columns)
    for index, (key, name, begin, end) in enumerate(STEPS, start=1):
        make_step(run, index, key, name, begin, end, _status(run, index, at))
    return run


def _status(run: Job, index: int, at: int) -> Status:
    if run.status == Status.COMPLETED or index < at:
        return Status.COMPLETED
    if index > at or run.status == Status.QUEUED:
        return Status.PENDING
    return Status.RUNNING if run.status == Status.RUNNING else Status(run.status)


def make_step(run: Job, index: int, key: str, name: str, begin: int, end: int, status: Status) -> Step:
    now = timezone.now()
    return Step.objects.create(
        run=run,
        key=key,
        name=name,
        index=index,
        shown_from=begin,
        shown_to=end,
        required=index == 1,
        parallel=2 if key == "analysis_batches" else 1,
        status=status,
        started_at=None if status == Status.PENDING else now - timedelta(seconds=40),
        finished_at=now if status in FINISHED else None,
    )


def make_sub_job(
    run: Job, key: str, type: str, status: str = Status.RUNNING, *, number: int = 1, **columns: Any
) -> Job:
    """A job of the step's batch with this number, which is made if it isn't there."""
    step = run.steps.get(key=key)
    batch, _ = Batch.objects.get_or_create(step=step, number=number, defaults={"status": status})
    return make_job(type, status, parent=run, step=step, batch=batch, **columns)


def change(job: Job, **columns: Any) -> None:
    """Change a job as the engine does: with its version and its time."""
    Job.objects.filter(pk=job.pk).update(
        **columns, version=Job.objects.values_list("version", flat=True).get(pk=job.pk) + 1, updated_at=timezone.now()
    )
