"""A folder for backups, and looks at the whole database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

IS_SQLITE = "sqlite" in settings.DATABASES["default"]["ENGINE"]
SQLITE_ONLY = ["test_backups_of_sqlite.py", "test_an_upgrade_that_fails.py"]
collect_ignore = ["test_backups_of_postgresql.py"] if IS_SQLITE else SQLITE_ONLY


@pytest.fixture(autouse=True)
def backups_folder(tmp_path: Path, settings: Any) -> Path:
    """Where backups go by default."""
    settings.BACKUPS_DIR = tmp_path / "backups"
    return settings.BACKUPS_DIR


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, by the table's name."""
    tables: dict[str, list[tuple[Any, ...]]] = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            tables[name] = sorted(cursor.fetchall(), key=repr)
    return tables
