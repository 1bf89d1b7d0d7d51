"""A run that failed, completed with errors, quarantined items or left changes to review is told, with its end."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jobs import engine, testing
from jobs.context import JobContext
from jobs.errors import JobError
from jobs.models import Job, Occurrence, Schedule, Status
from jobs.scheduling import schedules
from jobs.signals import runs_ended
from scenes.models import Download, Outcome, Plan, Scene
from stashhog.ops import backups
from stashhog.ops.notifications import outbox
from stashhog.ops.notifications.models import Cause, Message
from stashhog.ops.notifications.of_runs import tell_of_run
from tests.notifications.conftest import MakeChannel
from tests.web.factories import make_job, make_run, make_sub_job

pytestmark = pytest.mark.django_db(transaction=True)


def messages() -> dict[str, tuple[str, str, str]]:
    """By cause: title, text and path."""
    return {one.cause: (one.title, one.text, one.path) for one in Message.objects.all()}


@pytest.fixture(autouse=True)
def channel(make_channel: MakeChannel) -> None:
    make_channel()


def test_a_run_that_fails_is_told_with_why_and_its_page() -> None:
    job = testing.run("sync")
    assert job.status == Status.FAILED
    assert messages() == {Cause.RUN_FAILED: ("Sync failed", job.error_message, f"/jobs/{job.pk}/")}


def test_it_is_written_in_the_transaction_that_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    context = testing.context("sync")
    ended: list[Any] = []

    def last_of_all(*args: Any, **options: Any) -> None:
        ended.append(Message.objects.count())
        raise DatabaseError("no commit")

    monkeypatch.setattr("jobs.engine.finishing.wake_others", last_of_all)
    with pytest.raises(DatabaseError):
        engine.finish(context, JobError("x", "Why."))
    assert ended == [1], "it was there"
    assert not Message.objects.exists() and Job.objects.get().status == Status.RUNNING


def test_a_run_that_is_cancelled_and_one_that_is_well_are_not_told() -> None:
    engine.cancel(engine.start("sync", {}, source="test").pk)
    tell_of_run(make_run(Status.COMPLETED))
    assert messages() == {}


def test_a_run_with_errors_is_told_with_what_it_did() -> None:
    tell_of_run(make_run(Status.COMPLETED_WITH_ERRORS, message="3 torrents placed; Generate metadata failed: x"))
    assert messages()[Cause.RUN_WITH_ERRORS][:2] == (
        "Process new scenes completed with errors",
        "3 torrents placed; Generate metadata failed: x",
    )


def test_items_that_a_run_quarantined_are_counted_by_kind() -> None:
    run = make_run(Status.COMPLETED_WITH_ERRORS)
    job = make_sub_job(run, "process_downloads", "process_downloads", Status.COMPLETED)
    for number, (outcome, of) in enumerate(
        [(Outcome.QUARANTINED, job), (Outcome.QUARANTINED, job), (Outcome.FAILED, job), (Outcome.QUARANTINED, None)]
    ):
        Download.objects.create(hash=str(number) * 40, name="x", outcome=outcome, job=of)
    old = Download.objects.create(hash="f" * 40, name="x", outcome=Outcome.QUARANTINED, job=job)
    assert run.started_at is not None
    Download.objects.filter(pk=old.pk).update(updated_at=run.created_at - (timezone.now() - run.started_at) * 2)
    tell_of_run(run)
    title, text, _ = messages()[Cause.QUARANTINED]
    assert title == "2 items were quarantined" and "downloads: 2." in text


def test_changes_that_wait_for_a_person_are_told() -> None:
    tell_of_run(make_run(Status.COMPLETED, result={"summary": {"total_changes_waiting": 12}}))
    title, _, path = messages()[Cause.REVIEW]
    assert title == "12 changes wait for review" and path.startswith("/admin/scenes/change/")


def test_the_pages_that_messages_lead_to_are_those_of_the_url_conf() -> None:
    job = make_run(Status.FAILED)
    assert outbox.page_of(job) == job.get_absolute_url()
    assert (reverse("home"), reverse("health")) == (outbox.HOME, outbox.HEALTH)
    assert outbox.REVIEW.partition("?")[0] == reverse("admin:scenes_change_changelist")
    assert reverse("admin:jobs_schedule_changelist") == outbox.SCHEDULES
    assert reverse("admin:jobs_runrequest_changelist") == outbox.REQUESTS


def test_an_analysis_that_was_started_on_its_own_tells_of_its_changes() -> None:
    tell_of_run(make_job("analysis", Status.COMPLETED, result={"changes_waiting": 1}))
    assert messages()[Cause.REVIEW][0] == "1 change waits for review"


def test_what_goes_wrong_with_telling_keeps_no_run_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**kwargs: Any) -> None:
        Scene.objects.create(pk=1, title="half", created_at=timezone.now(), remote_updated_at="x")
        raise ZeroDivisionError

    runs_ended.connect(broken, weak=False, dispatch_uid="broken")
    try:
        job = testing.run("sync")
    finally:
        runs_ended.disconnect(dispatch_uid="broken")
    assert job.status == Status.FAILED and not Scene.objects.exists()


def test_the_end_of_a_run_costs_the_same_number_of_statements_however_much_there_is() -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            tell_of_run(run)
        return len(captured)

    run = make_run(Status.FAILED)
    few = statements()
    Plan.objects.bulk_create(Plan() for _ in range(20))
    Download.objects.bulk_create(Download(hash=f"{n:040}", name="x", outcome="quarantined") for n in range(200))
    assert statements() == few <= 10


def test_times_that_a_schedule_missed_are_told_and_one_that_went_well_is_not() -> None:
    schedule = Schedule.objects.create(name="Nightly", job_type="sync", cron="30 3 * * *", enabled=True)
    schedules.record(schedule, timezone.now(), Occurrence.Outcome.STARTED)
    assert messages() == {}
    schedules.record_missed(schedule, [timezone.now()])
    title, text, path = messages()[Cause.RUN_MISSED]
    assert title == "A scheduled run was missed: Nightly" and text.startswith("No worker was running, so 1 time was")
    assert path == "/admin/jobs/schedule/"


def test_a_backup_that_fails_is_told(tmp_path: Any) -> None:
    with pytest.raises(CommandError):
        call_command("backup", f"{tmp_path}/not-there/x/")
    title, text, path = messages()[Cause.BACKUP_FAILED]
    assert title == "A backup failed" and "not-there" in text and path == "/health/"


def test_a_database_that_can_not_be_written_to_is_what_the_command_complains_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def damaged(*args: Any, **options: Any) -> None:
        raise backups.BackupError("The database can't be read.")

    def unwritable(*args: Any, **options: Any) -> None:
        raise DatabaseError("damaged")

    monkeypatch.setattr("stashhog.ops.backups.taking.path_for", damaged)
    monkeypatch.setattr("stashhog.ops.backups.attempts.write", unwritable)
    with pytest.raises(CommandError, match="can't be read"):
        call_command("backup")


def test_a_context_of_a_job_is_what_the_engine_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Job] = []

    def listen(jobs: list[Job], **kwargs: Any) -> None:
        seen.extend(jobs)

    runs_ended.connect(listen, weak=False, dispatch_uid="seen")
    try:
        context: JobContext = testing.context("sync")
        engine.finish(context)
    finally:
        runs_ended.disconnect(dispatch_uid="seen")
    assert [(job.pk, job.status) for job in seen] == [(context.id, Status.COMPLETED)]
