"""`manage.py prepare`, which runs before each start: a backup first, where it will change a database in use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection

from jobs.models import Job
from stashhog.ops import backups
from tests.operations.conftest import everything
from tests.operations.rows import make_run
from tests.processes import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


@pytest.fixture(autouse=True)
def _no_static_files_here(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "static"


@pytest.fixture
def older() -> Iterator[None]:
    """The database as a version without sessions left it."""
    call_command("migrate", "sessions", "zero", verbosity=0)
    yield
    call_command("migrate", verbosity=0)


def test_an_upgrade_takes_a_backup_first_or_says_that_one_is_needed(
    older: None, backups_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run()
    before = everything()
    call_command("prepare")
    output = capsys.readouterr().err
    assert not Session.objects.exists()
    assert Job.objects.filter(pk=run.pk).exists()
    if connection.vendor == "postgresql":
        assert "keep backups of PostgreSQL: `manage.py backup` before each upgrade" in output
        assert not backups_folder.exists()
        return
    (file,) = backups_folder.iterdir()
    assert file.name.endswith("-before-upgrade.sqlite3") and str(file) in output
    call_command("migrate", "sessions", "zero", verbosity=0)
    Job.objects.all().delete()
    backups.sqlite.load(file)
    assert everything() == before


def test_a_start_without_an_upgrade_takes_no_backup(backups_folder: Path) -> None:
    call_command("prepare")
    assert not backups_folder.exists()


def test_without_room_for_a_backup_nothing_is_upgraded(older: None, backups_folder: Path) -> None:
    backups_folder.touch()  # a file where the folder belongs
    if connection.vendor == "postgresql":
        call_command("prepare")
        return
    with pytest.raises(CommandError, match="Not upgraded, since no backup could be made first"):
        call_command("prepare")
    assert "django_session" not in connection.introspection.table_names()


def test_the_first_start_has_nothing_to_back_up(tmp_path: Path) -> None:
    environment = {**os.environ, "STASHHOG_DATA_DIR": str(tmp_path), "DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "stashhog.sqlite3").exists() and not (tmp_path / "backups").exists()
    assert "changes the database" not in done.stderr
