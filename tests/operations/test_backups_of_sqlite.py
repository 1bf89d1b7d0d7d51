"""What is only so with SQLite."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from jobs.models import Job
from scenes.models import Scene
from scenes.search.finding import with_word
from stashhog.ops import backups
from tests.operations.conftest import manage
from tests.operations.rows import make_run
from tests.scenes.analysis_factories import make_scene

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


def test_a_backup_is_one_whole_file_without_the_secret_key() -> None:
    file = backups.backup()
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert database.execute("SELECT count(*) FROM django_migrations").fetchone()[0] > 10
    assert settings.SECRET_KEY.encode() not in file.read_bytes()


def test_whoever_reads_during_a_restore_sees_the_old_rows_and_then_the_new_ones() -> None:
    make_run()
    file = backups.backup()
    Job.objects.all().delete()
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM jobs_job").fetchone() == (0,)
        backups.restore(file)
        assert reader.execute("SELECT count(*) FROM jobs_job").fetchone() == (0,)
        reader.execute("COMMIT")
        assert reader.execute("SELECT count(*) FROM jobs_job").fetchone() == (5,)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
def test_the_database_itself_is_never_the_target_nor_what_belongs_to_it(end: str) -> None:
    assert not Job.objects.exists()  # connected: what belongs to it is there
    path = Path(f"{connection.settings_dict['NAME']}{end}")
    before = path.stat() if path.exists() else None
    for target in (path, path.parent / "." / ".." / path.parent.name / path.name):
        with pytest.raises(backups.BackupError, match="is the database itself, or belongs to it"):
            backups.backup(target)
    assert (path.stat().st_ino if path.exists() else None) == (before.st_ino if before else None)


def test_a_hard_link_to_the_database_is_not_the_target() -> None:
    database = Path(connection.settings_dict["NAME"])
    with tempfile.TemporaryDirectory(dir=database.parent) as folder:
        link = Path(folder) / "other"
        link.hardlink_to(database)
        with pytest.raises(backups.BackupError, match="is the database itself"):
            backups.backup(link)


def test_a_restore_to_an_empty_folder_makes_a_database_for_its_owner_alone(tmp_path: Path) -> None:
    assert manage(tmp_path, "restore", str(backups.backup())).returncode == 0
    assert (tmp_path / "stashhog.sqlite3").stat().st_mode & 0o777 == 0o600


def test_an_empty_database_has_nothing_to_back_up_and_takes_a_restore(tmp_path: Path) -> None:
    assert "nothing to back up yet" in manage(tmp_path, "backup").stderr
    make_run()
    file = backups.backup()
    restored = manage(tmp_path, "restore", str(file))
    assert restored.stdout == f"Restored {file}.\n", restored.stderr
    with closing(sqlite3.connect(tmp_path / "stashhog.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM jobs_job").fetchone() == (5,)


def test_a_damaged_database_is_neither_backed_up_nor_overwritten(tmp_path: Path) -> None:
    file = backups.backup()
    shutil.copy(file, tmp_path / "stashhog.sqlite3")
    damaged = (tmp_path / "stashhog.sqlite3").read_bytes()
    damaged = damaged[:100_000] + b"\xff" * 60_000 + damaged[160_000:]
    (tmp_path / "stashhog.sqlite3").write_bytes(damaged)
    for command in (["backup", str(tmp_path / "new.sqlite3")], ["restore", str(file)]):
        refused = manage(tmp_path, *command)
        assert refused.returncode == 1
        assert "docs/operations.md says what to do" in refused.stderr, refused.stderr
    header = 100  # bytes; whoever opens it turns the write-ahead log on
    assert (tmp_path / "stashhog.sqlite3").read_bytes()[header:] == damaged[header:]
    assert not (tmp_path / "new.sqlite3").exists()


def test_after_a_restore_scenes_are_found_by_the_words_that_they_have_again() -> None:
    make_scene(1, "Lighthouse")
    file = backups.backup()
    Scene.objects.filter(pk=1).update(title="Harbour")
    make_scene(2, "Lighthouse")
    backups.restore(file)
    Scene.objects.filter(pk=1).update(title="Garden")
    Scene.objects.filter(pk=1).update(title="Lighthouse again")
    found = with_word("lighthouse", names=False)
    assert found is not None and {row["pk"] for row in found} == {1}
