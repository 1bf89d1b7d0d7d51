"""A backup that fails, is killed half-way or never begins is told of, whoever should have made it."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from jobs.engine import process_id
from scenes.configuration.saving import save
from stashhog.ops import backups
from stashhog.ops.backups import files, restoring, sqlite
from stashhog.ops.backups.errors import DamagedDatabaseError
from stashhog.ops.doctor.database import of_backups
from stashhog.ops.doctor.findings import Finding, Level
from stashhog.ops.notifications import channels, rounds
from stashhog.ops.notifications.models import BackupAttempt, Cause, Channel, Message

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, settings: Any, migrations_as_they_were: None) -> Path:
    """An installation of a year ago, whose backups go to another disk, with somebody who is told."""
    settings.BACKUPS_DIR = tmp_path / "data" / "backups"
    channels.save(Channel(), {"name": "phone", "url": "json://127.0.0.1:9/", "causes": Cause.values})
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - 365 * DAY)
    (tmp_path / "nas").mkdir()
    return tmp_path / "nas"


def messages() -> list[str]:
    """After the looks that it takes."""
    for _ in range(3):
        rounds.remember(rounds.observe_backups())
    return list(Message.objects.filter(cause=Cause.BACKUP_FAILED).order_by("id").values_list("text", flat=True))


def doctor() -> Finding:
    return of_backups()


def back_up(place: Path) -> None:
    call_command("backup", f"{place}/")


def let_pass(time_passed: timedelta) -> None:
    """For what was recorded, and the files."""
    for attempt in BackupAttempt.objects.all():
        attempt.begun_at -= time_passed
        attempt.ended_at = attempt.ended_at and attempt.ended_at - time_passed
        attempt.save()


def test_one_that_goes_to_another_folder_counts(place: Path) -> None:
    back_up(place)
    finding = doctor()
    assert finding.level is Level.OK and str(place) in finding.text and messages() == []


def test_when_none_is_made_for_longer_than_expected_that_is_told_once(place: Path) -> None:
    back_up(place)
    let_pass(9 * DAY)  # cron does not run, the disk is full, the timer was never enabled
    assert doctor().level is Level.WARN and len(messages()) == 1
    (text,) = messages()
    assert "None was made for 9 days" in text and "every 8 days" in text
    back_up(place)
    assert len(messages()) == 1 and doctor().level is Level.OK
    let_pass(9 * DAY)
    assert len(messages()) == 2, "the next time, too"


def test_how_often_one_is_expected_is_a_setting(place: Path) -> None:
    back_up(place)
    let_pass(3 * DAY)
    assert messages() == []
    save({"backup_expected_days": "2"})
    assert len(messages()) == 1 and doctor().level is Level.WARN
    save({"backup_expected_days": "0"})
    assert doctor().level is Level.OK


def test_that_none_was_ever_made_is_told_once_it_was_to_be_expected() -> None:
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - 2 * DAY)
    assert messages() == [] and doctor().level is Level.OK
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - 9 * DAY)
    (text,) = messages()
    assert "None was made" in text


def test_files_in_the_folder_count_also_if_nothing_else_knows_of_them(settings: Any) -> None:
    settings.BACKUPS_DIR.mkdir(parents=True)
    made = files.new_name(".sqlite3")
    made.write_bytes(b"of a version that recorded nothing")
    assert messages() == [] and doctor().level is Level.OK
    os.utime(made, (time.time() + 400 * 86400,) * 2)  # a clock that was ahead
    assert doctor().level is Level.WARN and len(messages()) == 1


def test_one_that_was_killed_half_way_is_told(place: Path) -> None:
    back_up(place)
    name, boot, namespace, pid, _started = process_id.current().split("|")
    killed = "|".join((name, boot, namespace, pid, "1"))
    BackupAttempt.objects.create(process=killed, path=f"{place}/x")
    finding = doctor()
    assert finding.level is Level.WARN and "did not end" in finding.text and "killed" in finding.text
    (text,) = messages()
    assert "did not end" in text
    back_up(place)
    assert doctor().level is Level.OK and len(messages()) == 1


def test_one_that_is_at_work_is_no_failure_for_half_a_day(place: Path) -> None:
    back_up(place)
    let_pass(DAY)
    BackupAttempt.objects.create(process=process_id.current())
    assert doctor().level is Level.OK and messages() == []
    BackupAttempt.objects.update(begun_at=timezone.now() - timedelta(hours=13))
    assert doctor().level is Level.WARN and len(messages()) == 1


def test_one_that_failed_is_told_at_once_and_stays_with_the_doctor(place: Path) -> None:
    back_up(place)
    with pytest.raises(CommandError):
        back_up(place / "not-mounted")
    (text,) = messages()
    finding = doctor()
    assert "not-mounted" in text and finding.level is Level.WARN and "not-mounted" in finding.text
    back_up(place)
    assert doctor().level is Level.OK and len(messages()) == 1


def test_what_fails_before_an_upgrade_is_told_too(settings: Any) -> None:
    settings.BACKUPS_DIR.parent.mkdir()
    settings.BACKUPS_DIR.touch()  # no folder
    with pytest.raises(backups.BackupError):
        backups.backup_unless_there("before-upgrade")
    assert "could not be written" in messages()[0]


def test_a_restore_leaves_no_attempt_that_seems_to_be_at_work(place: Path, settings: Any) -> None:
    settings.BACKUPS_DIR.mkdir(parents=True)
    BackupAttempt.objects.create(process="elsewhere|b|n|1|1")
    (settings.BACKUPS_DIR / ".restoring").touch()
    restoring.finish()
    assert doctor().level is Level.OK


def test_only_the_newest_attempts_are_kept(place: Path) -> None:
    BackupAttempt.objects.bulk_create(BackupAttempt(process="x", ended_at=timezone.now()) for _ in range(150))
    back_up(place)
    assert BackupAttempt.objects.count() == 100


def test_of_a_damaged_database_people_hear_at_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but that is written to it."""

    def damaged() -> None:
        raise DamagedDatabaseError("The database is damaged.")

    monkeypatch.setattr(sqlite, "refuse_damaged", damaged)
    with pytest.raises(CommandError, match="damaged"):
        back_up(place)
    assert messages()[0] == "The database is damaged." and not BackupAttempt.objects.exists()
