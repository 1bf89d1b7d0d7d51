"""The sub-jobs `stash_identify`, `stash_auto_tag` and `stash_plugin`: Stash's own tasks for some scenes."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_noop as _
from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Params, SomeIds
from jobs.declare.registry import Task, task
from jobs.models import Job
from scenes.stash.stash_tasks.reporting import report
from scenes.stash.stash_tasks.wanted import type_of, want_of_job

ONE_FILM = 3600.0  # seconds that a plugin may be at one huge film, which it says nothing of meanwhile


class SceneParams(Params):
    scene_ids: SomeIds | None = Field(
        None, description=_("By their numbers in Stash, also where it was done before. Empty: those that wait for it.")
    )


def on_cancel(job: Job) -> None:
    """After a cancel: what it asked Stash for is stopped there."""
    from scenes.stash import stash_jobs

    stash_jobs.on_cancel(job)


def declared(kind: str) -> Task:
    def work(job: JobContext) -> None:
        from scenes.stash.stash_tasks.attempt import run

        run(job, kind)

    options = {"on_start": want_of_job, "on_cancel": on_cancel, "no_progress": ONE_FILM}
    return task(type_of(kind), lock="stash", params=SceneParams, report=partial(report, kind=kind), **options)(work)


stash_identify, stash_auto_tag, stash_plugin = map(declared, ("identify", "auto_tag", "plugin"))
