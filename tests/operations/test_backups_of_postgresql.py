"""What is only so with PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from jobs.models import Job
from stashhog.ops import backups
from stashhog.ops.backups import postgresql
from tests.operations.rows import make_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]

STAND_IN = """#!{python}
import json, os, sys
from pathlib import Path
Path({seen!r}).write_text(json.dumps([sys.argv, os.environ.get("PGPASSWORD")]))
sys.exit("pg_dump: error: enough seen")
"""


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backups_folder: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backups.BackupError, match=r"pg_dump was not found: install .*postgresql-client"):
        backups.backup()
    assert list(backups_folder.iterdir()) == []


def test_the_password_is_on_no_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "hush hush")
    program = tmp_path / "pg_dump"
    program.write_text(STAND_IN.format(python=sys.executable, seen=str(tmp_path / "seen")))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(backups.BackupError, match=r"pg_dump failed: .*enough seen"):
        backups.backup()
    command, password = json.loads((tmp_path / "seen").read_text())
    assert password == "hush hush"
    assert not [word for word in command if "hush" in word]
    assert f"dbname={connection.settings_dict['NAME']}" in command[-1]


def test_a_restore_that_fails_half_way_changes_nothing() -> None:
    make_run()
    file = backups.backup()
    with connection.cursor() as cursor:  # somebody's view, of which the restore knows nothing
        cursor.execute("CREATE TYPE colour AS ENUM ('red')")
        cursor.execute("CREATE TABLE other (id int)")
    with_more = backups.backup()
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION paint(colour) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    before = Job.objects.count()
    try:
        # Its --clean can't drop the type that the function takes, after it has dropped all tables.
        with pytest.raises(backups.BackupError, match="psql failed"):
            backups.restore(with_more)
        assert Job.objects.count() == before
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION paint(colour); DROP TYPE colour; DROP TABLE other")
    backups.restore(file)


def test_tables_of_others_are_left_alone() -> None:
    file = backups.backup()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE other (id int); INSERT INTO other VALUES (7)")
    backups.restore(file)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM other")
        assert cursor.fetchall() == [(7,)]
        cursor.execute("DROP TABLE other")


def test_the_secret_key_is_not_in_a_backup() -> None:
    script = subprocess.run(["pg_restore", "--file=-", str(backups.backup())], capture_output=True, check=True)
    assert b"django_migrations" in script.stdout
    assert settings.SECRET_KEY.encode() not in script.stdout


def test_whoever_waits_for_a_table_during_a_restore_reads_the_restored_rows() -> None:
    make_run()
    file = backups.backup()
    Job.objects.all().delete()
    params = connection.get_connection_params()
    with psycopg.connect(**{key: params[key] for key in ("host", "port", "user", "dbname")}) as reader:
        backups.restore(file)
        assert reader.execute("SELECT count(*) FROM jobs_job").fetchone() == (5,)


def test_the_extension_of_the_index_of_words_is_left_as_it_is_and_the_index_made_again() -> None:
    file = backups.backup()
    listed = postgresql.contents(file)
    assert "scenes_scene" in listed and "EXTENSION" not in listed and "_trigrams" not in listed
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX scenes_scene_trigrams")
    backups.restore(file)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('scenes_scene_trigrams') IS NOT NULL")
        assert cursor.fetchone() == (True,)
