"""Old events and jobs go by themselves, as whole runs, in short pieces; what is at work or names them stays."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ, Task

from jobs import engine
from jobs.models import Event, Job, Maintenance, Occurrence, Schedule, Status, Step, Supervisor
from jobs.worker import retention
from jobs.worker.retention import PRUNING
from scenes.models import Change, Detection, Download, PlacedFile, Plan, Scene, StashJob
from tests.jobs import examples, worker_examples  # noqa: F401 - registers the examples
from tests.operations.rows import ago, make_run, make_traces
from tests.processes import started, until
from tests.web.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limits(settings: Any) -> None:
    settings.JOBS_KEEP_EVENTS, settings.JOBS_KEEP_JOBS = 90, 365


def test_a_run_goes_with_its_sub_jobs_steps_and_events() -> None:
    make_run(days=366)
    kept = make_run(days=364)
    call_command("prune")
    assert {job.root_id for job in Job.objects.all()} == {kept.pk}
    assert [step.run_id for step in Step.objects.all()] == [kept.pk]
    assert Job.objects.count() == 5


def test_what_became_of_the_times_of_a_schedule_goes_with_the_jobs_of_that_time() -> None:
    schedule = Schedule.objects.create(name="Nightly", job_type="example", cron="0 3 * * *")
    for days in (366, 364):
        schedule.occurrences.create(due_at=ago(days), recorded_at=ago(days), outcome=Occurrence.Outcome.STARTED)
    call_command("prune")
    assert schedule.occurrences.get().recorded_at > ago(365)


def test_rows_that_name_a_job_stay_and_name_none() -> None:
    run = make_run(days=400)
    make_traces(run)
    call_command("prune")
    assert not Job.objects.exists() and not StashJob.objects.exists()
    scene = Scene.objects.get()
    assert scene.added_by_id is scene.synced_by_id is scene.generation.job_id is None
    assert Plan.objects.get().job_id is None and Detection.objects.get().job_id is None
    assert Download.objects.get().job_id is None and PlacedFile.objects.get().placed_by_id is None
    change = Change.objects.get()
    assert (change.job_id, change.status, change.value) == (None, Change.Status.PROPOSED, {"name": "x_AI"})


def test_old_events_go_and_the_job_they_tell_of_keeps_its_page_and_its_result() -> None:
    old, kept = make_run(days=91), make_run(days=89)
    call_command("prune")
    assert not Event.objects.filter(job__in=Job.objects.of_run(old.pk)).exists()
    assert Event.objects.filter(job__in=Job.objects.of_run(kept.pk)).count() == 10
    client = Client()
    client.force_login(make_user())
    page = client.get(f"/jobs/{old.pk}/")
    assert page.status_code == 200 and "Analyse" in page.text
    assert client.get(f"/api/jobs/{old.pk}").json()["result"] == {"job_id": "…"}
    assert client.get(f"/api/jobs/{old.pk}/events").status_code == 200


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING])
def test_what_is_not_finished_stays_however_old_it_is(status: Status) -> None:
    run = make_run(days=1000, status=status)
    call_command("prune")
    assert Job.objects.of_run(run.pk).count() == 5 and Event.objects.count() == 10


def test_a_run_of_which_one_sub_job_is_at_work_stays_whole() -> None:
    retried, held = make_run(days=1000), make_run(days=1000)
    Job.objects.filter(pk=retried.sub_jobs.all()[0].pk).update(status=Status.QUEUED, finished_at=None)
    # Cancelled, but its worker has still to record what it did.
    Job.objects.filter(pk=held.sub_jobs.all()[0].pk).update(status=Status.CANCELLED, claim_token=uuid.uuid4())
    call_command("prune")
    assert Job.objects.count() == 10


def test_a_run_that_was_retried_lately_is_as_young_as_its_end() -> None:
    run = make_run(days=1000)
    Job.objects.filter(pk=run.pk).update(finished_at=ago(1))
    call_command("prune")
    assert Job.objects.of_run(run.pk).count() == 5


def test_zero_keeps_for_ever(settings: Any) -> None:
    settings.JOBS_KEEP_EVENTS = settings.JOBS_KEEP_JOBS = 0
    make_run(days=10_000)
    call_command("prune")
    assert (Job.objects.count(), Event.objects.count()) == (5, 10)


def test_ended_sessions_unreceived_wakeups_and_dead_workers_go() -> None:
    for days in (2, -2):
        Session.objects.create(session_key=f"s{days}", session_data="", expire_date=ago(days))
    for days in (2, 0):
        OrmQ.objects.create(key=f"q{days}", payload="", lock=ago(days))
        Task.objects.create(id=f"t{days}", name="t", func="f", started=ago(days), stopped=ago(days), success=True)
        Supervisor.objects.create(process=f"nas|b|n|{days}|1", host="nas", heartbeat_at=ago(days))
    call_command("prune")
    assert [session.session_key for session in Session.objects.all()] == ["s-2"]
    assert [message.key for message in OrmQ.objects.all()] == ["q0"]
    assert [task.id for task in Task.objects.all()] == ["t0"]
    assert [row.process for row in Supervisor.objects.all()] == ["nas|b|n|0|1"]


def statements(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def many(runs: int, events: int) -> None:
    made = [make_run(days=400, batches=1) for _ in range(runs)]
    Event.objects.bulk_create((Event(job=run, at=ago(400), kind="log") for run in made for _ in range(events)), 500)


def test_statements_count_pieces_and_not_rows() -> None:
    many(runs=5, events=10)
    few = statements(lambda: call_command("prune"))
    assert not Job.objects.exists()
    many(runs=20, events=95)
    assert statements(lambda: call_command("prune")) <= few + 4
    assert not Job.objects.exists() and not Event.objects.exists()


def test_a_piece_is_never_much_more_than_so_many_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "JOBS_AT_ONCE", 10)
    for batches in (1, 1, 1, 20, 1):
        make_run(days=400, batches=batches)
    sizes, left = [], Job.objects.count()
    for _ in retention.prune():
        sizes.append(left - Job.objects.count())
        left -= sizes[-1]
    assert [size for size in sizes if size] == [9, 41, 3]


def test_one_supervisor_a_day_takes_the_turn() -> None:
    assert retention.claim_pruning()
    assert not retention.claim_pruning()
    Maintenance.objects.update(last_started_at=ago(1.01))
    assert retention.claim_pruning() and not retention.claim_pruning()
    Maintenance.objects.update(last_started_at=ago(-30))
    assert retention.claim_pruning(), "a clock that was wrong for a moment stops it for a month"


@pytest.mark.django_db(transaction=True)
def test_of_many_supervisors_that_ask_at_once_one_prunes() -> None:
    barrier, claims = threading.Barrier(8), []

    def ask() -> None:
        barrier.wait()
        claims.append(retention.claim_pruning())
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claims) == [False] * 7 + [True]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_being_retried_at_this_moment_stays() -> None:
    run = make_run(days=1000, status=Status.FAILED)
    locked, done = threading.Event(), threading.Event()

    def retry() -> None:
        with transaction.atomic():
            Job.objects.select_for_update(no_key=True).get(pk=run.pk)
            Job.objects.filter(pk=run.pk).update(status=Status.QUEUED, finished_at=None)
            locked.set()
            # SQLite lets only one write: there the other waits, on PostgreSQL it goes by.
            done.wait(1 if connection.vendor == "sqlite" else 30)
        connection.close()

    other = threading.Thread(target=retry)
    other.start()
    locked.wait(30)
    call_command("prune")
    done.set()
    other.join()
    assert Job.objects.of_run(run.pk).count() == 5


def last_pruned() -> datetime | None:
    return Maintenance.objects.get(name=PRUNING).last_started_at


@pytest.mark.django_db(transaction=True)
@pytest.mark.acceptance
def test_a_worker_prunes_by_itself_while_it_works() -> None:
    make_run(days=1000)
    with started("manage.py", "worker", DJANGO_SETTINGS_MODULE="tests.jobs.example_app.settings"):
        until(lambda: not Job.objects.exists(), "the old run to be gone")
        job = engine.start("quick_example", source="test")
        until(lambda: Job.objects.filter(pk=job.pk, status=Status.COMPLETED).exists(), "the job to end")
    taken = last_pruned()
    make_run(days=1000)
    with started("manage.py", "worker", DJANGO_SETTINGS_MODULE="tests.jobs.example_app.settings"):
        job = engine.start("quick_example", source="test")
        until(lambda: Job.objects.filter(pk=job.pk, status=Status.COMPLETED).exists(), "the job to end")
    assert Job.objects.count() == 7, "pruned again on the same day"
    assert last_pruned() == taken


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    make_run(days=366)
    make_run(days=100)
    call_command("prune")
    assert capsys.readouterr().out == f"Removed 5 jobs and 20 events.{os.linesep}"


def test_an_event_is_as_old_as_its_own_time_not_as_its_job() -> None:
    run = make_run()
    Event.objects.create(job=run, kind="log", at=timezone.now() - timedelta(days=91))
    call_command("prune")
    assert not Event.objects.filter(job=run, kind="log").exists()
    assert Event.objects.filter(job=run).count() == 2
