"""Having Stash do its own tasks, a group of scenes at a time, newest first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity
from scenes import configuration, services
from scenes.clients.stash.client import SceneIds, StashClient
from scenes.crash_points import CrashPoint
from scenes.models import StashJob, StashTask
from scenes.pieces import pieces
from scenes.plans.guard import refuse_another_library
from scenes.stash.stash_jobs import (
    NOT_FOUND,
    STOPPED,
    UNSTOPPED,
    Journal,
    adopt,
    monitor,
    was_never_asked,
)
from scenes.stash.stash_tasks import outcomes, wanted
from scenes.stash.stash_tasks.orders import Order, check_some_named, orders_of
from scenes.stash.stash_tasks.results import ResultRecorder
from scenes.sync import identity

MAX_ASKS = 3  # for one group, when scenes of it are destroyed meanwhile
NEVER_ASKED = "NEVER_ASKED"


def run(job: JobContext, kind: str) -> None:
    """Do what is due of this kind, as much as fits into the time box. Raises JobError, also ``another_library``."""
    wanted.want_of_run(job, kind)
    refuse_another_library()
    if kind == StashTask.Kind.PLUGIN:
        check_some_named(configuration.current().plugin_tasks)
        wanted.rename_plugin_tasks(job)
    if not wanted.due(kind, job).exists() and not outcomes.asked_rows(kind):
        job.progress(0, 0, _("No scene waits for it"))
        return
    stash = services.stash(job)
    identity.check(job, stash)
    config = configuration.current()
    # The time box is one for all attempts.
    until = time.monotonic() + config.stash_tasks_seconds - (job.job.duration_seconds or 0.0)
    attempt = TaskAttempt(job, stash, kind, until)
    attempt.finish_earlier()
    if kind == StashTask.Kind.PLUGIN:
        wanted.rename_plugin_tasks(job)  # what was asked for by its old name, and came to nothing
    for order in orders_of(stash, kind, config):
        attempt.carry_out(order)


@dataclass
class TaskAttempt:
    """One attempt of the job: how far it is with the order in hand, and when its time is over (`time.monotonic`)."""

    job: JobContext
    stash: StashClient
    kind: str
    until: float
    done: int = 0
    total: int = 0
    results: ResultRecorder = field(init=False)

    def __post_init__(self) -> None:
        self.results = ResultRecorder(self.job, self.stash, self.kind)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def show(self, asked: int, share: float | None, message: str) -> None:
        """How far Stash is with the ``asked`` scenes in hand."""
        first = self.done + 1
        text = message
        if self.total:
            scenes = {"first": first, "last": self.done + asked, "total": self.total}
            text = _("{doing} (scenes {first} to {last} of {total})", doing=message, **scenes)
        done = self.done + int(asked * (share or 0))
        self.job.progress(min(done, max(self.total - 1, 0)), self.total or None, text)

    # --- what was asked for before a crash, or by a job that was cancelled or given up ---

    def finish_earlier(self) -> None:
        """Wait for it, so that it is not asked for twice; then see what came of it."""
        for stash_job, rows in groupby(outcomes.asked_rows(self.kind), key=lambda row: row.stash_job):
            group = list(rows)
            if stash_job is None:
                self.results.not_found(group)
                continue
            journal = Journal()
            if stash_job.ended_at is None or stash_job.status == UNSTOPPED:
                self.results.record(stash_job, group, self.follow_earlier(stash_job, journal), journal)
            elif stash_job.status == STOPPED:  # with the job that was cancelled
                self.results.wait(group)
            else:
                self.results.record(stash_job, group, stash_job.status, journal)

    def follow_earlier(self, stash_job: StashJob, journal: Journal) -> str:
        """How it ended. It is this job's from now on, so that a cancel of this one stops it."""
        stash_job.job, stash_job.ended_at = self.job.job, None
        with self.job.transaction():
            stash_job.save(update_fields=["job", "ended_at"])
        if adopt(self.job, self.stash, stash_job):
            show = partial(self.show, 0)
            return monitor(self.job, self.stash, stash_job, None, until=self.until, journal=journal, show=show)
        status = NEVER_ASKED if was_never_asked(self.stash, stash_job) else NOT_FOUND
        stash_job.status, stash_job.ended_at = NOT_FOUND, stash_job.asked_at
        with self.job.transaction():
            stash_job.save(update_fields=["status", "ended_at"])
        return status

    # --- asking ---

    def carry_out(self, order: Order) -> None:
        """A group after the other, until the time is over. Raises JobError when Stash, or a source, is at fault."""
        ids = self.ids_for(order)
        self.done, self.total = 0, len(ids)
        for part in pieces(ids, order.size):
            if self.is_over:
                left = quantity(self.total - self.done, "scene is", "scenes are")
                self.job.log(_("The time for {name} is over; {left} left to the next run.", name=order.name, left=left))
                return
            self.ask(order, part)
            self.done += len(part)
        if self.total:
            text = _("Stash's {name}: {scenes}", name=order.name, scenes=quantity(self.total, "scene"))
            self.job.progress(self.total, self.total, text)

    def ids_for(self, order: Order) -> list[int]:
        """The ids of the scenes for which it is due, newest first; of those that the job was given, if it was."""
        given = self.job.params["scene_ids"]
        rows = wanted.due(self.kind, self.job).filter(task=order.task).order_by("-scene_id")
        ids = rows.values_list("scene_id", flat=True)
        chosen = None if given is None else set(given)
        return [pk for pk in ids if chosen is None or pk in chosen]

    def ask(self, order: Order, part: Sequence[int]) -> None:
        """Ask for these, and once more for what is left when one of them was destroyed meanwhile."""
        for _time in range(MAX_ASKS):
            rows = self.look_up(order, part)
            ids = SceneIds.of(row.scene_id for row in rows)
            if ids is None:
                return
            stash_job, journal = outcomes.asked(self.job, self.kind, rows), Journal()
            text = _("Stash is asked for {name} of {scenes}", name=order.name, scenes=quantity(len(ids), "scene"))
            self.job.log(text, scenes=list(ids)[:50])
            show, ask = partial(self.show, len(rows)), partial(order.ask, ids)
            status = monitor(
                self.job, self.stash, stash_job, ask,
                show=show, until=self.until, journal=journal, once=not order.is_repeatable,
            )  # fmt: skip
            crash_point(CrashPoint.STASH_TASK_FINISHED)
            part = self.results.record(stash_job, rows, status, journal)
            if not part:
                return

    def look_up(self, order: Order, part: Sequence[int]) -> list[StashTask]:
        """The rows of those that Stash has right now, in the order in which it will come to them.

        One unknown id would fail the others. Organized ones are left to their owner, as Stash's own tasks leave them.
        """
        scenes = self.results.scenes(part)
        due = wanted.due(self.kind, self.job).filter(task=order.task, scene_id__in=part).order_by("-scene_id")
        rows = {row.scene_id: row for row in due}
        gone = [row.pk for pk, row in rows.items() if pk not in scenes]
        is_left = order.is_repeatable
        organized = [rows[pk].pk for pk, scene in scenes.items() if is_left and scene["organized"] and pk in rows]
        with self.job.transaction():
            outcomes.left_out(self.job, gone, outcomes.GONE)
            outcomes.left_out(self.job, organized, outcomes.ORGANIZED)
        kept = [row for pk, row in rows.items() if pk in scenes and row.pk not in organized]
        for row in kept:
            row.digest_before = outcomes.digest(scenes[row.scene_id])
        return kept
