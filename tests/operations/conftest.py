"""A folder for backups, and looks at the whole database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from stashhog.ops.notifications.models import BackupAttempt
from tests.processes import ROOT, environment

IS_SQLITE = "sqlite" in settings.DATABASES["default"]["ENGINE"]
# The last one makes backups, for which PostgreSQL starts a process.
SQLITE_ONLY = ["test_backups_of_sqlite.py", "test_an_upgrade_that_fails.py", "test_backups_that_do_not_come.py"]
collect_ignore = ["test_backups_of_postgresql.py"] if IS_SQLITE else SQLITE_ONLY


@pytest.fixture(autouse=True)
def backups_folder(tmp_path: Path, settings: Any) -> Path:
    """Where backups go by default."""
    settings.BACKUPS_DIR = tmp_path / "backups"
    return settings.BACKUPS_DIR


@pytest.fixture
def migrations_as_they_were(transactional_db: None) -> Iterator[None]:
    """When each was applied is as before: no flush touches their table, and later tests read it."""
    migrations = list(MigrationRecorder.Migration.objects.all())
    yield
    MigrationRecorder.Migration.objects.bulk_update(migrations, ["applied"])


def manage(data: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command of a StashHog that has its SQLite database and all else in this folder."""
    values = environment(STASHHOG_DATA_DIR=str(data), DATABASE_URL="", STASHHOG_SECRET_KEY="")
    words = [sys.executable, "manage.py", *command]
    return subprocess.run(words, cwd=ROOT, env=values, capture_output=True, text=True, check=False)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, by the table's name, but for what is recorded of backups themselves."""
    tables: dict[str, list[tuple[Any, ...]]] = {}
    with connection.cursor() as cursor:
        for name in {*connection.introspection.table_names(cursor)} - {BackupAttempt._meta.db_table}:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            tables[name] = sorted(cursor.fetchall(), key=repr)
    return tables
