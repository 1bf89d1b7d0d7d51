"""Following a job of Stash: through its restarts, behind others' jobs, and until it is really over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from jobs.context import JobContext
from jobs.errors import JobError
from jobs.models import Event, Job
from scenes import services
from scenes.clients.stash.client import GenerateOptions, StashClient
from scenes.models import StashJob
from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.jobs.queue import Job as TheirJob
from scenes.stash.stash_jobs import GENERATE, MAX_ASKS, NOT_FOUND, SCAN, monitor, open_row, stop
from tests.processes import until

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

WANTED = GenerateOptions(sprites=False, markers=False, marker_screenshots=False)


@pytest.fixture
def stash(context: JobContext) -> StashClient:
    return services.stash(context)


def at_look(context: JobContext, number: int, act: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`act` once after that many looks; the messages shown so far are collected in the list returned."""
    looks: list[str] = []
    pause = context.pause

    def watched(seconds: float) -> None:
        looks.append(Job.objects.get(pk=context.id).message)
        if len(looks) == number:
            act()
        pause(seconds)

    monkeypatch.setattr(context, "pause", watched)
    return looks


def ask_for(stash: StashClient, *ids: str) -> Callable[[], str]:
    return lambda: stash.generate(ids or ("1", "2"), WANTED)


def test_the_intent_is_saved_before_stash_is_asked(context: JobContext, stash: StashClient) -> None:
    seen: list[StashJob] = []

    def ask() -> str:
        seen.extend(StashJob.objects.filter(ended_at=None, stash_id=""))
        return stash.generate(["1"], WANTED)

    row = open_row(context, GENERATE)
    assert monitor(context, stash, row, ask) == "FINISHED"
    assert len(seen) == 1
    row.refresh_from_db()
    assert (row.stash_id, row.description, row.status) == ("1", "Generating...", "FINISHED")
    assert row.added
    assert row.ended_at is not None


def test_waiting_behind_somebody_elses_job_says_so_and_is_never_stalled(
    library: RunningStash,
    context: JobContext,
    stash: StashClient,
    be_stalled_after: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be_stalled_after(0.2)
    monkeypatch.setattr("jobs.context.PROGRESS_EVERY", 0.0)
    foreign = library.add_foreign_job("Generating...", progress=0.34)
    messages = at_look(context, 12, lambda: library.end_foreign_job(foreign), monkeypatch)
    assert monitor(context, stash, open_row(context, GENERATE), ask_for(stash)) == "FINISHED"
    assert "Stash is busy: Generating... 34 %" in messages


def test_a_running_job_without_progress_is_stalled(
    library: RunningStash, context: JobContext, stash: StashClient, be_stalled_after: Callable[[float], None]
) -> None:
    be_stalled_after(0.3)
    foreign = library.add_foreign_job("Generating...")
    with pytest.raises(JobError) as caught:
        monitor(context, stash, open_row(context, GENERATE), lambda: str(foreign.id))
    assert (caught.value.code, caught.value.permanent) == ("stalled", False)
    library.end_foreign_job(foreign)


def test_a_stash_that_was_restarted_is_asked_again(
    library: RunningStash, context: JobContext, stash: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add_foreign_job()
    at_look(context, 2, library.restart, monkeypatch)
    row = open_row(context, GENERATE)
    assert monitor(context, stash, row, ask_for(stash)) == "FINISHED"
    assert len(library.asked("metadataGenerate")) == 2
    assert Event.objects.filter(job=context.job, level="warning", message__contains="restarted").count() == 1


def test_another_job_under_the_same_id_is_not_taken_for_ours(
    library: RunningStash, context: JobContext, stash: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add_foreign_job()
    others: list[TheirJob] = []

    def end_others() -> None:
        for one in others:
            library.end_foreign_job(one)

    ender = threading.Timer(1.0, end_others)

    def restart() -> None:
        library.restart()
        others.extend(library.add_foreign_job() for _ in range(2))
        ender.start()

    at_look(context, 2, restart, monkeypatch)
    row = open_row(context, GENERATE)
    assert monitor(context, stash, row, ask_for(stash)) == "FINISHED"
    ender.join()
    assert row.stash_id == "3"


@pytest.mark.parametrize(("kind", "theirs"), [(SCAN, "Generating..."), (GENERATE, "Scanning...")])
def test_a_job_of_another_kind_under_our_id_is_not_ours_although_stash_restarted_before_the_first_look(
    library: RunningStash, context: JobContext, stash: StashClient, kind: str, theirs: str
) -> None:
    others: list[TheirJob] = []

    def ask() -> str:
        number = stash.scan(["/films"]) if kind == SCAN else stash.generate(["1"], WANTED)
        if not others:
            library.restart()
            others.append(library.add_foreign_job(theirs))
        else:
            library.end_foreign_job(others[0])
        return number

    row = open_row(context, kind)
    assert monitor(context, stash, row, ask) == "FINISHED"
    assert (row.stash_id, row.description == theirs) == ("2", False)


def test_a_job_of_the_same_kind_that_came_after_the_answer_is_not_ours(
    library: RunningStash, context: JobContext, stash: StashClient
) -> None:
    others: list[TheirJob] = []

    def ask() -> str:
        if others:
            library.end_foreign_job(others[0])
        return stash.generate(["1"], WANTED)

    def restart() -> None:
        """Between the answer and the first look, which a restart delays."""
        library.restart()
        answered = time.monotonic()
        until(lambda: time.monotonic() > answered + 1.5, "Stash to be up again")
        others.append(library.add_foreign_job("Generating..."))

    watch, restarts = stash.watch_job, iter([restart])

    def watched(job_id: str) -> Any:
        next(restarts, lambda: None)()
        return watch(job_id)

    stash.watch_job = watched  # type: ignore[method-assign]
    row = open_row(context, GENERATE)
    assert monitor(context, stash, row, ask) == "FINISHED"
    assert row.stash_id == "2"
    assert len(library.asked("metadataGenerate")) == 2


def test_a_proxy_with_another_clock_does_not_make_our_own_job_look_foreign(
    library: RunningStash, context: JobContext, stash: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours_ago = datetime.now(UTC) - timedelta(hours=3)
    monkeypatch.setattr(library.simulator.clock, "http_date", lambda: format_datetime(hours_ago, usegmt=True))
    assert monitor(context, stash, open_row(context, GENERATE), ask_for(stash)) == "FINISHED"
    assert len(library.asked("metadataGenerate")) == 1


def test_a_stash_that_keeps_losing_it_ends_the_attempt(
    library: RunningStash, context: JobContext, stash: StashClient
) -> None:
    def ask() -> str:
        number = stash.generate(["1"], WANTED)
        library.restart()
        return number

    with pytest.raises(JobError) as caught:
        monitor(context, stash, open_row(context, GENERATE), ask)
    assert (caught.value.code, caught.value.permanent) == ("stash_job_lost", False)
    assert len(library.asked("metadataGenerate")) == MAX_ASKS


def test_a_job_cancelled_in_stash_ends_the_attempt(
    library: RunningStash, context: JobContext, stash: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = library.add_foreign_job()
    row = open_row(context, GENERATE)
    at_look(context, 2, lambda: stash.stop_job(row.stash_id), monkeypatch)
    with pytest.raises(JobError) as caught:
        monitor(context, stash, row, ask_for(stash))
    assert (caught.value.code, caught.value.permanent) == ("stash_job_cancelled", True)
    library.end_foreign_job(foreign)


def test_after_a_crash_the_job_that_was_asked_for_is_followed(
    library: RunningStash, context: JobContext, stash: StashClient
) -> None:
    row = open_row(context, GENERATE)
    row.stash_id = stash.generate(["1"], WANTED)
    state = stash.find_job(row.stash_id)
    assert state is not None
    row.description, row.added = state.description, state.add_time
    row.save()
    left = open_row(context, GENERATE)
    assert left.pk == row.pk
    assert monitor(context, stash, left, None) == "FINISHED"
    assert len(library.asked("metadataGenerate")) == 1


def test_after_a_crash_before_the_marks_were_kept_nothing_is_taken_for_ours(
    library: RunningStash, context: JobContext, stash: StashClient
) -> None:
    foreign = library.add_foreign_job()
    StashJob.objects.create(job=context.job, kind=GENERATE, stash_id=str(foreign.id))
    assert monitor(context, stash, open_row(context, GENERATE), None) == NOT_FOUND
    library.end_foreign_job(foreign)


def test_a_job_of_stash_that_is_not_ours_is_never_stopped(library: RunningStash, context: JobContext) -> None:
    foreign = library.add_foreign_job("Scanning...")
    stash = services.stash(context)
    stale = StashJob(job=context.job, kind=GENERATE, stash_id=str(foreign.id))
    assert not stop(stash, stale)
    stale.description, stale.added = "Generating...", "2026-01-01T00:00:00Z"
    assert not stop(stash, stale)
    assert foreign.status == "RUNNING"
    library.end_foreign_job(foreign)
