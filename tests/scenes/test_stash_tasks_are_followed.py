"""One of Stash's own tasks is followed to its end: a crash asks for it no second time, and a cancel stops it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobs import engine, testing
from jobs.context import JobContext
from jobs.models import Event, Job, Status
from scenes.configuration.stash_tasks import PluginTask
from scenes.crash_points import CrashPoint
from scenes.models import Outcome, StashJob, StashTask
from scenes.simulators.stash import RunningStash
from scenes.stash.stash_tasks.attempt import TaskAttempt, run
from tests.processes import until
from tests.scenes.dying import dying_at
from tests.scenes.stash_task_cases import file_name, never_all, outcomes, with_plugin, with_stash_box

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
Configure = Callable[..., object]
POINTS = [
    CrashPoint.STASH_TASK_INTENDED,
    CrashPoint.STASH_TASK_ASKED,
    CrashPoint.STASH_TASK_SEEN,
    CrashPoint.STASH_TASK_FINISHED,
    CrashPoint.STASH_TASK_RECORDED,
]
FIELDS = {"identify": "metadataIdentify", "auto_tag": "metadataIdentify", "plugin": "runPluginTask"}
RENAME = (PluginTask("renamer", "Rename"),)


@pytest.fixture
def ready(synced: RunningStash, configure: Configure, settings: Any) -> RunningStash:
    settings.JOBS_RETRY_DELAY = 0
    with_stash_box(synced, {file_name(1): "Found"})
    with_plugin(synced)
    configure(plugin_tasks=RENAME)
    testing.run("stash_scan")
    return synced


def scanned(stash: RunningStash) -> None:
    """Stash has a job of ours that it knows, as it has after each scan."""
    StashTask.objects.want([12], [("auto_tag", "")])
    testing.run("stash_auto_tag")
    stash.forget_requests()


def next_attempt(context: JobContext) -> JobContext:
    return JobContext(Job.objects.get(pk=context.id))


def cancel(context: JobContext) -> None:
    engine.cancel(context.id)
    engine.clean_up(Job.objects.get(pk=context.id))


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("point", POINTS)
def test_who_dies_at_any_point_has_stash_asked_once(ready: RunningStash, kind: str, point: CrashPoint) -> None:
    scanned(ready)
    context = testing.context(f"stash_{kind}", scene_ids=[1, 2])
    with dying_at(point):
        run(context, kind)
    run(next_attempt(context), kind)
    assert len(ready.asked(FIELDS[kind])) == 1
    assert {outcome for outcome, _ in outcomes(kind, [1, 2]).values()} == {"done"}
    if kind == "identify":
        assert outcomes(kind)[1] == ("done", "changed")
    never_all(ready)


@pytest.mark.parametrize("kind", FIELDS)
def test_who_dies_before_the_answer_is_recorded_finds_the_job_that_has_ended_meanwhile(
    ready: RunningStash, kind: str
) -> None:
    scanned(ready)
    context = testing.context(f"stash_{kind}", scene_ids=[1])
    with dying_at(CrashPoint.STASH_TASK_ASKED):
        run(context, kind)
    until(lambda: ready.do(lambda: ready.simulator.jobs.queue()) == [], "the job has ended in Stash")
    run(next_attempt(context), kind)
    assert len(ready.asked(FIELDS[kind])) == 1
    assert outcomes(kind, [1])[1][0] == "done"


def test_an_identify_that_a_restart_of_stash_lost_is_asked_for_again(ready: RunningStash) -> None:
    ready.add_foreign_job()
    context = testing.context("stash_identify", scene_ids=[1])
    with dying_at(CrashPoint.STASH_TASK_SEEN):
        run(context, "identify")
    ready.restart()
    run(next_attempt(context), "identify")
    assert outcomes("identify") == {1: ("done", "changed")}
    assert len(ready.asked("metadataIdentify")) == 2


@pytest.mark.parametrize(
    "point", [CrashPoint.STASH_TASK_INTENDED, CrashPoint.STASH_TASK_ASKED, CrashPoint.STASH_TASK_SEEN]
)
def test_a_plugin_of_which_nobody_knows_whether_it_ran_is_run_again_by_a_person_only(
    ready: RunningStash, point: CrashPoint
) -> None:
    scanned(ready)
    context = testing.context("stash_plugin", scene_ids=[1])
    with dying_at(point):
        run(context, "plugin")
    ready.restart()
    asked = len(ready.asked("runPluginTask"))
    run(next_attempt(context), "plugin")
    assert len(ready.asked("runPluginTask")) == asked
    row = StashTask.objects.get(kind="plugin")
    assert (row.outcome, row.code) == (Outcome.QUARANTINED, "unknown")
    assert "not known" in row.message
    cancel(context)
    assert StashTask.objects.filter(pk=row.pk).release() == 1
    testing.run("stash_plugin")
    assert outcomes("plugin") == {1: ("done", "unchanged")}


def test_a_plugin_that_stash_loses_while_it_is_followed_is_not_started_twice(
    ready: RunningStash, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_plugin(ready, seconds=30.0)
    restarting_once_asked(ready, monkeypatch)
    job = testing.run("stash_plugin", scene_ids=[1])
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert len(ready.asked("runPluginTask")) == 1
    assert outcomes("plugin") == {1: ("quarantined", "unknown")}


def restarting_once_asked(stash: RunningStash, monkeypatch: pytest.MonkeyPatch) -> None:
    pause = JobContext.pause
    done: list[bool] = []

    def paused(self: JobContext, seconds: float) -> None:
        if not done and StashJob.objects.exclude(added="").filter(ended_at=None).exists():
            done.append(True)
            stash.restart()
        pause(self, seconds)

    monkeypatch.setattr(JobContext, "pause", paused)


def test_behind_somebodys_job_it_waits_and_is_never_stalled(
    ready: RunningStash, be_stalled_after: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.context.PROGRESS_EVERY", 0.0)
    be_stalled_after(0.3)
    foreign = ready.add_foreign_job("Generating...", progress=0.34)
    messages: list[str] = []
    pause = JobContext.pause

    def paused(self: JobContext, seconds: float) -> None:
        messages.append(Job.objects.get(pk=self.id).message)
        if len(messages) == 12:
            ready.end_foreign_job(foreign)
        pause(self, seconds)

    monkeypatch.setattr(JobContext, "pause", paused)
    job = testing.run("stash_identify", scene_ids=[1])
    assert job.status == Status.COMPLETED, job.error_message
    assert any("Stash is busy: Generating... 34 %" in message for message in messages)
    assert job.attempt == 1, "it was never stalled"
    assert len(ready.asked("metadataIdentify")) == 1


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("point", [CrashPoint.STASH_TASK_ASKED, CrashPoint.STASH_TASK_SEEN])
def test_a_cancel_stops_it_in_stash_and_the_next_run_asks_again(
    ready: RunningStash, kind: str, point: CrashPoint
) -> None:
    foreign = ready.add_foreign_job()
    context = testing.context(f"stash_{kind}", scene_ids=[1])
    with dying_at(point):
        run(context, kind)
    cancel(context)
    assert StashJob.objects.get(job=context.job).status == "STOPPED"
    assert ready.do(lambda: [job.id for job in ready.simulator.jobs.queue()]) == [foreign.id]
    ready.end_foreign_job(foreign)

    assert testing.run(f"stash_{kind}").status == Status.COMPLETED
    assert outcomes(kind, [1])[1][0] == "done"


def test_a_stop_that_could_not_be_told_is_followed_by_the_next_job_instead_of_asked_for_again(
    ready: RunningStash, settings: Any
) -> None:
    foreign = ready.add_foreign_job()
    context = testing.context("stash_plugin", scene_ids=[1])
    with dying_at(CrashPoint.STASH_TASK_SEEN):
        run(context, "plugin")
    with ready.away():
        cancel(context)
    assert StashJob.objects.get(job=context.job).status == "UNSTOPPED"
    assert Event.objects.filter(message__contains="plugin task could not be stopped").exists()
    ready.end_foreign_job(foreign)
    assert testing.run("stash_plugin").status == Status.COMPLETED
    assert len(ready.asked("runPluginTask")) == 1
    assert outcomes("plugin") == {1: ("done", "unchanged")}


@pytest.fixture
def asked_whatever_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine a short time box would be over before anything is asked."""
    monkeypatch.setattr(TaskAttempt, "is_over", False)


def test_what_does_not_fit_into_the_time_box_comes_in_the_next_run(
    ready: RunningStash, configure: Configure, asked_whatever_the_time: None
) -> None:
    foreign = ready.add_foreign_job()
    configure(stash_tasks_seconds=0.5)
    job = testing.run("stash_identify", scene_ids=[1, 2])
    assert job.status == Status.COMPLETED
    assert job.result is not None and job.result["carried_over"] == 2
    assert {row.attempts for row in StashTask.objects.all()} == {0}
    assert StashJob.objects.get().status == "STOPPED"
    ready.end_foreign_job(foreign)
    configure(stash_tasks_seconds=600)
    testing.run("stash_identify")
    assert outcomes("identify")[1] == ("done", "changed")


def test_nothing_is_asked_once_the_time_is_over(ready: RunningStash, configure: Configure) -> None:
    configure(stash_tasks_seconds=0.0)
    job = testing.run("stash_identify", scene_ids=[1, 2])
    assert (job.status, ready.asked("metadataIdentify")) == (Status.COMPLETED, [])
    assert job.result is not None and job.result["carried_over"] == 2
    assert Event.objects.filter(job=job, message__contains="2 scenes are left to the next run").exists()


def test_a_plugin_that_never_fits_into_the_time_box_is_not_run_for_ever(
    ready: RunningStash, configure: Configure, asked_whatever_the_time: None
) -> None:
    with_plugin(ready, seconds=30.0)
    configure(stash_tasks_seconds=0.3)
    for _ in range(5):
        testing.run("stash_plugin", **({} if StashTask.objects.exists() else {"scene_ids": [1]}))
    assert len(ready.asked("runPluginTask")) == 3
    assert outcomes("plugin") == {1: ("quarantined", "")}


def test_a_cancel_in_stashs_own_pages_is_said_and_the_next_run_asks_again(
    ready: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = ready.add_foreign_job()
    pause = JobContext.pause

    def paused(self: JobContext, seconds: float) -> None:
        if row := StashJob.objects.exclude(added="").filter(ended_at=None).first():
            ready.do(lambda: ready.simulator.jobs.stop(int(row.stash_id)))
        pause(self, seconds)

    with monkeypatch.context() as patched:
        patched.setattr(JobContext, "pause", paused)
        job = testing.run("stash_identify", scene_ids=[1])
    assert (job.status, job.error_code) == (Status.FAILED, "stash_job_cancelled")
    ready.end_foreign_job(foreign)
    testing.run("stash_identify")
    assert outcomes("identify") == {1: ("done", "changed")}


def test_it_waits_for_a_scan_or_generation_of_ours_and_the_other_way_round(ready: RunningStash) -> None:
    generate = testing.context("stash_generate")
    started = [engine.start(f"stash_{kind}", {"scene_ids": [1]}, source="test") for kind in FIELDS]
    assert engine.claim_next() is None
    assert {job.lock for job in (generate.job, *started)} == {"stash"}
