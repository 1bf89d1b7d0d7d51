"""What came of a job of Stash: recorded for each scene, or said of Stash and its sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, shortened
from scenes.clients.stash.client import StashClient
from scenes.clients.stash.rows import SceneRow
from scenes.crash_points import CrashPoint
from scenes.models import StashJob, StashTask
from scenes.stash.stash_jobs import NOT_FOUND, STOPPED, Journal
from scenes.stash.stash_tasks import outcomes, reasons
from scenes.stash.stash_tasks.reasons import TaskReasons


@dataclass(frozen=True)
class ResultRecorder:
    """For one kind. ``is_repeatable``: asking twice does no harm."""

    job: JobContext
    stash: StashClient
    kind: str

    @property
    def is_repeatable(self) -> bool:
        return self.kind != StashTask.Kind.PLUGIN

    def scenes(self, ids: Sequence[int]) -> dict[int, SceneRow]:
        """By id, without those that Stash does not have. Raises ServiceError."""
        rows, _gone = self.stash.scenes_by_id(map(str, ids))
        return {int(row["id"]): row for row in rows}

    def record(self, stash_job: StashJob, rows: list[StashTask], status: str, journal: Journal) -> list[int]:
        """Record it; the ids of those that are to be asked for at once. Raises JobError when no scene is at fault."""
        again: list[int] = []
        if status == "FINISHED":
            self.finished(stash_job, rows, journal)
        elif status == "FAILED":
            again = self.failed(stash_job, rows, journal)
        elif status == NOT_FOUND:
            self.not_found(rows)
        elif status == STOPPED:
            self.stopped(rows)
        else:
            self.wait(rows)
        crash_point(CrashPoint.STASH_TASK_RECORDED)
        return again

    def finished(
        self, stash_job: StashJob, rows: list[StashTask], journal: Journal, left: Sequence[StashTask] = ()
    ) -> None:
        """``left``: where an identify failed, the row of the scene that is gone and those that it did not come to.

        All at once: after a crash, or when Stash does not answer now, the same failure is classified once more.
        """
        scenes = self.scenes([row.scene_id for row in rows])
        there = [row for row in rows if row.scene_id in scenes]
        lines = journal.since(self.stash, stash_job.added)
        wrong = reasons.of_identify(lines, scenes) if self.is_repeatable else reasons.of_plugin(lines)
        failed, in_doubt = self.classify(wrong, there, scenes)
        done = [row for row in there if row.scene_id not in failed.keys() | in_doubt]
        with self.job.transaction():
            gone = [*left[:1], *(row for row in rows if row.scene_id not in scenes)]
            outcomes.left_out(self.job, [row.pk for row in gone], outcomes.GONE)
            outcomes.waiting(self.job, [row.pk for row in left[1:]])
            outcomes.done(self.job, done, scenes)
            outcomes.failed(self.job, [row for row in there if row.scene_id in failed], failed)
            outcomes.waiting(self.job, [row.pk for row in there if row.scene_id in in_doubt], wrong.of_all)
        if in_doubt:
            name = _(stash_job.name)
            message = _("A source of Stash's {name} did not answer: {reason}", name=name, reason=wrong.of_all)
            hint = _("Look at it in Stash (Settings, Metadata Providers).")
            raise JobError("identify_source_failed", joined(" ", [message, hint]))

    def classify(
        self, wrong: TaskReasons, there: list[StashTask], scenes: dict[int, SceneRow]
    ) -> tuple[dict[int, str], set[int]]:
        """Which scenes failed, with why; and which count as not asked for, since only a source is at fault.

        That a source did not answer is in Stash's log without a name: it concerns those that did not change.
        """
        failed = dict(wrong.of_scenes)
        if not wrong.of_all:
            return failed, set()
        changed = {row.scene_id for row in there if not outcomes.is_unchanged(row, scenes[row.scene_id])}
        concerned = scenes.keys() - failed.keys() - (changed if self.is_repeatable else set())
        if self.is_repeatable and not changed:
            return failed, concerned
        return failed | dict.fromkeys(concerned, wrong.of_all), set()

    def failed(self, stash_job: StashJob, rows: list[StashTask], journal: Journal) -> list[int]:
        """An identify fails at the first id that Stash does not have; those before it are done."""
        error = stash_job.error or _("it gives no reason")
        if not self.is_repeatable:
            why = _("The plugin's task failed in Stash: {reason}", reason=shortened(error, reasons.MAX_TEXT))
            with self.job.transaction():
                outcomes.failed(self.job, rows, {row.scene_id: why for row in rows})
            return []
        missing = reasons.unknown_scene(error)
        ids = [row.scene_id for row in rows]
        if missing not in ids:
            with self.job.transaction():
                outcomes.waiting(self.job, [row.pk for row in rows], error)
            reason = shortened(error, reasons.MAX_TEXT)
            sentence: str = _("Stash's {name} failed: {reason}", name=_(stash_job.name), reason=reason)
            message = joined(" ", [sentence, _("Look at its sources and its log in Stash.")])
            raise JobError("identify_failed", message, permanent=True)
        place = ids.index(missing)
        self.finished(stash_job, rows[:place], journal, rows[place:])
        return ids[place + 1 :]

    def not_found(self, rows: list[StashTask]) -> None:
        """Nobody knows what became of it: what does no harm is asked for again."""
        with self.job.transaction():
            record = outcomes.waiting if self.is_repeatable else outcomes.unknown
            record(self.job, [row.pk for row in rows])

    def stopped(self, rows: list[StashTask]) -> None:
        """At the end of the time: the next run asks again; for a plugin's task only so often."""
        why = _("The time box was over before Stash had done it.")
        with self.job.transaction():
            if self.is_repeatable:
                outcomes.waiting(self.job, [row.pk for row in rows], why)
            else:
                outcomes.failed(self.job, rows, {row.scene_id: why for row in rows})

    def wait(self, rows: list[StashTask]) -> None:
        with self.job.transaction():
            outcomes.waiting(self.job, [row.pk for row in rows])
