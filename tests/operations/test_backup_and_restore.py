"""A backup is the whole database at one moment, and a restore brings exactly that back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from jobs import engine, testing
from jobs.engine import process_id
from jobs.models import Event, Job, Status, Supervisor
from stashhog.ops import backups
from tests.jobs import examples  # noqa: F401 - registers the examples
from tests.operations.conftest import everything
from tests.operations.rows import ago, make_run, make_traces
from tests.processes import ROOT, environment, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]

DEAD = process_id.current().rpartition("|")[0] + "|1"  # this pid, but started at another time


def test_after_a_restore_every_row_is_as_it_was_at_the_backup() -> None:
    make_traces(make_run())
    before = everything()
    file = backups.backup()
    Job.objects.all().delete()
    engine.start("example", source="test")
    assert everything() != before
    backups.restore(file)
    assert everything() == before


def test_a_restored_database_counts_on_from_where_it_was() -> None:
    run = make_run()
    last = Event.objects.order_by("-id")[0].pk
    file = backups.backup()
    Event.objects.all().delete()
    backups.restore(file)
    assert Event.objects.create(job=run, kind="log").pk > last


def test_what_was_there_before_a_restore_is_in_a_backup_of_its_own(backups_folder: Path) -> None:
    file = backups.backup()
    kept = make_run()
    before = backups.restore(file)
    assert before is not None and before.parent == backups_folder and "before-restore" in before.name
    assert not Job.objects.exists()
    backups.restore(before)
    assert Job.objects.filter(pk=kept.pk).exists()


def test_a_backup_made_while_others_write_is_of_one_moment() -> None:
    Event.objects.bulk_create((Event(job=make_run(), kind="log", message="x" * 500) for _ in range(20)), 100)
    Job.objects.all().delete()
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            with transaction.atomic():
                job = Job.objects.create(type="example", status=Status.COMPLETED)
                Event.objects.create(job=job, kind="first")
                Event.objects.create(job=job, kind="second")
            written.append(job.pk)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until(lambda: len(written) > 5, "the writer to be at work")
        begun = len(written)
        file = backups.backup()
        until(lambda: len(written) > begun, "the writer to go on")
    finally:
        stop.set()
        writer.join()
    backups.restore(file)
    assert len(written) >= Job.objects.count() >= begun
    assert Event.objects.count() == 2 * Job.objects.count()


def test_a_job_that_ran_at_the_backup_is_due_again_at_no_cost_of_an_attempt() -> None:
    job = engine.start("example", source="test")
    assert engine.claim_next(job.pk) is not None
    Supervisor.objects.create(process=DEAD, host="here")
    file = backups.backup()
    Job.objects.all().delete()
    backups.restore(file)
    job.refresh_from_db()
    assert (job.status, job.attempt, job.claim_token, job.held_lock) == (Status.QUEUED, 1, None, "")
    assert not Supervisor.objects.exists()
    testing.work()
    job.refresh_from_db()
    assert job.status == Status.COMPLETED


KILLED = """
import os, signal, sys, django
django.setup()
from django.core.management import call_command
from django.db.models.signals import post_migrate
post_migrate.connect(lambda **_: os.kill(os.getpid(), signal.SIGKILL), weak=False)
call_command("restore", sys.argv[1])
"""


def test_a_restore_killed_before_its_jobs_were_ready_costs_no_attempt_either(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    job = engine.start("example", source="test")
    assert engine.claim_next(job.pk) is not None
    Job.objects.filter(pk=job.pk).update(claimed_by=DEAD, attempt=3, max_attempts=3)
    file = backups.backup()
    Job.objects.all().delete()
    connection.close()
    values = environment(STASHHOG_DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="stashhog.settings")
    done = subprocess.run([sys.executable, "-c", KILLED, str(file)], cwd=ROOT, env=values, check=False)
    assert done.returncode == -signal.SIGKILL
    call_command("prepare")
    job.refresh_from_db()
    assert (job.status, job.attempt, job.claim_token) == (Status.QUEUED, 3, None)
    testing.work()
    call_command("prepare")
    job.refresh_from_db()
    assert job.status == Status.COMPLETED
    assert not (tmp_path / "backups" / ".restoring").exists()


def test_nothing_is_restored_while_a_worker_is_alive_unless_forced() -> None:
    file = backups.backup()
    Supervisor.objects.create(process=process_id.current(), host="here")
    with pytest.raises(CommandError, match=r"A worker is running on .*: stop StashHog first, or use --force"):
        call_command("restore", str(file))
    assert Supervisor.objects.exists()
    call_command("restore", str(file), "--force")
    assert not Supervisor.objects.exists()


def test_nothing_is_restored_while_a_command_works_on_a_job_inline() -> None:
    file = backups.backup()
    job = engine.start("example", source="test")
    engine.claim_next(job.pk)
    with pytest.raises(backups.BackupError, match=r"A worker is running"):
        backups.restore(file)


def test_workers_that_died_or_fell_silent_do_not_stand_in_the_way() -> None:
    file = backups.backup()
    Supervisor.objects.create(process=DEAD, host="here")
    Supervisor.objects.create(process="nas|boot|ns|7|8", host="nas", heartbeat_at=timezone.now() - timedelta(minutes=1))
    backups.restore(file)


def test_a_backup_of_a_newer_version_is_refused_and_nothing_changes() -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("scenes", "9999_of_the_future")
    file = backups.backup()
    recorder.record_unapplied("scenes", "9999_of_the_future")
    run = make_run()
    with pytest.raises(backups.BackupError, match=r"newer StashHog .*scenes\.9999_of_the_future.*upgrade first"):
        backups.restore(file)
    assert Job.objects.filter(pk=run.pk).exists()


def test_a_backup_of_an_older_version_is_brought_up_to_date() -> None:
    call_command("migrate", "sessions", "zero", verbosity=0)
    call_command("migrate", "auth", "0011", verbosity=0)
    file = backups.backup()
    call_command("migrate", verbosity=0)
    make_run()
    backups.restore(file)
    assert not Job.objects.exists()
    assert "django_session" in everything()
    call_command("migrate", check_unapplied=True, verbosity=0)


def other_kind() -> bytes:
    return b"PGDMP\1\16" if connection.vendor == "sqlite" else b"SQLite format 3\0"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (lambda whole: b"", "is not a backup of StashHog"),
        (lambda whole: b"a film" * 1000, "is not a backup of StashHog"),
        (lambda whole: whole[: len(whole) * 2 // 3], "damaged|can't be read|failed"),
        (lambda whole: whole[:3000] + b"\xff" * 9000 + whole[12000:], "damaged|can't be read|failed"),
        (lambda whole: other_kind() + b"\0" * 500, "and the database in use is not"),
    ],
    ids=["empty", "something else", "cut off", "overwritten", "of the other database"],
)
def test_a_file_that_is_no_whole_backup_is_refused_and_nothing_changes(
    tmp_path: Path, content: Any, complaint: str
) -> None:
    make_traces(make_run())
    file = backups.backup(tmp_path / "backup")
    file.write_bytes(content(file.read_bytes()))
    before = everything()
    with pytest.raises(CommandError, match=complaint):
        call_command("restore", str(file))
    assert everything() == before


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="gone can't be read: No such file"):
        call_command("restore", str(tmp_path / "gone"))


def test_the_database_of_another_program_is_refused() -> None:
    file = backups.backup()
    recorder = MigrationRecorder(connection)
    ours = list(recorder.migration_qs.filter(app="jobs").values_list("name", flat=True))
    for name in ours:
        recorder.record_unapplied("jobs", name)
    foreign = backups.backup()
    for name in ours:
        recorder.record_applied("jobs", name)
    with pytest.raises(backups.BackupError, match="is not a backup of StashHog"):
        backups.restore(foreign)
    backups.restore(file)


def test_a_folder_that_can_not_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="could not be written to"):
        call_command("backup", str(tmp_path / "file" / "backup"))


def test_the_command_prints_the_path_and_only_its_owner_may_read_the_file(
    backups_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("backup")
    (file,) = backups_folder.iterdir()
    assert capsys.readouterr().out == f"{file}\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_folder_gets_a_file_with_a_name_of_its_own(tmp_path: Path, backups_folder: Path) -> None:
    file = backups.backup(tmp_path)
    assert file.parent == tmp_path and file.name.startswith(f"{ago(0):%Y-}")
    assert not backups_folder.exists()


def test_only_the_newest_are_kept_and_what_is_not_ours_stays(backups_folder: Path, settings: Any) -> None:
    settings.BACKUPS_KEPT = 2
    backups_folder.mkdir()
    (backups_folder / "my own.sqlite3").touch()
    made = [backups.backup() for _ in range(4)]
    assert {path.name for path in backups_folder.iterdir()} == {"my own.sqlite3", made[2].name, made[3].name}
    settings.BACKUPS_KEPT = 0
    backups.backup()
    assert len(list(backups_folder.iterdir())) == 4


def test_a_new_backup_stays_when_older_ones_are_of_times_to_come(backups_folder: Path, settings: Any) -> None:
    settings.BACKUPS_KEPT = 2
    backups_folder.mkdir()
    for year in (2091, 2092, 2093):
        (backups_folder / f"{year}-01-01_000000.sqlite3").touch()
    new = backups.backup()
    assert {path.name for path in backups_folder.iterdir()} == {new.name, "2093-01-01_000000.sqlite3"}
    settings.BACKUPS_KEPT = 1
    newer = backups.backup()
    assert list(backups_folder.iterdir()) == [newer]


@pytest.mark.parametrize("target", ["nas/stashhog/", "nas/stashhog/backup.sqlite3"])
def test_a_folder_that_is_missing_is_said_and_not_made(tmp_path: Path, target: str) -> None:
    """A disk that is not mounted: what was written in its place would fill another one, and be found by nobody."""
    (tmp_path / "nas").mkdir()
    with pytest.raises(CommandError, match=r"there is no folder .*/nas/stashhog\. Is it mounted\?"):
        call_command("backup", f"{tmp_path}/{target}")
    assert list((tmp_path / "nas").iterdir()) == []
    (tmp_path / "nas" / "stashhog").mkdir()
    call_command("backup", f"{tmp_path}/{target}")
    assert len(list((tmp_path / "nas" / "stashhog").iterdir())) == 1


@pytest.mark.parametrize("kind", ["a pipe", "a link to nothing", "a link to a pipe"])
def test_what_is_there_and_is_no_file_is_not_replaced(tmp_path: Path, kind: str) -> None:
    target = pipe = tmp_path / "target"
    if kind != "a pipe":
        pipe = tmp_path / "pipe"
        target.symlink_to(pipe)
    if kind != "a link to nothing":
        os.mkfifo(pipe)
    before = target.lstat()
    with pytest.raises(CommandError, match="what is there is not a file"):
        call_command("backup", str(target))
    after = target.lstat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (before.st_ino, before.st_mode, before.st_mtime_ns)


def test_restoring_the_oldest_backup_does_not_remove_it(settings: Any) -> None:
    settings.BACKUPS_KEPT = 1
    file = backups.backup()
    backups.restore(file)
    assert file.exists()


def test_what_a_power_cut_left_of_a_backup_is_removed_by_the_next_one(backups_folder: Path) -> None:
    left, at_work = backups_folder / ".a.stashhog-unfinished", backups_folder / ".b.stashhog-unfinished"
    for folder in (left, at_work):
        folder.mkdir(parents=True)
    os.utime(left, (0, 0))
    backups.backup()
    assert not left.exists() and at_work.exists()
