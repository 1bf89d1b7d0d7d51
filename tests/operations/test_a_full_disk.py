"""A disk that is full, really: a small file system of its own, which only root may mount."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from jobs.models import Event
from tests.operations.conftest import manage
from tests.operations.rows import make_run

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


@contextmanager
def mounted(size: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("mounting a small tmpfs is not permitted here (it needs root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def fill(disk: Path, but: int = 0) -> Path:
    """A file that takes all room, but so many bytes."""
    with (disk / "film.mkv").open("wb", buffering=0) as film:
        film.write(b"\0" * (shutil.disk_usage(disk).free - but))
    return disk / "film.mkv"


def test_a_backup_that_finds_no_room_leaves_no_half_file_and_the_older_one_whole() -> None:
    run = make_run()
    Event.objects.bulk_create(Event(job=run, kind="log", message=os.urandom(500).hex()) for _ in range(300))
    with mounted("64k") as disk:
        older = disk / "stashhog"
        older.write_text("the backup of yesterday")
        with pytest.raises(CommandError, match=r"full|No space left"):
            call_command("backup", str(older))
        assert [path.name for path in disk.iterdir()] == ["stashhog"]
        assert older.read_text() == "the backup of yesterday"


@pytest.mark.parametrize("left", [0, 300_000], ids=["nothing left", "a little left"])
def test_an_upgrade_that_finds_no_room_changes_nothing_says_so_and_goes_on_when_there_is(left: int) -> None:
    """SQLite's database, backups and static files all lie in the data folder."""
    with mounted("24m") as disk:
        assert manage(disk, "prepare").returncode == 0
        assert manage(disk, "migrate", "sessions", "zero").returncode == 0
        film = fill(disk, but=left)
        refused = manage(disk, "prepare")
        assert (refused.returncode, "Traceback" in refused.stderr) == (1, False), refused.stderr
        assert re.search(r"full\.|No space left on device\.|has its disk room", refused.stderr), refused.stderr
        assert not list(disk.glob("backups/*"))
        film.unlink()
        assert "django_session" not in tables(disk)
        upgraded = manage(disk, "prepare")
        assert upgraded.returncode == 0, upgraded.stderr
        assert "django_session" in tables(disk) and len(list(disk.glob("backups/*-before-upgrade.sqlite3"))) == 1


def test_static_files_that_find_no_room_are_said() -> None:
    with mounted("24m") as disk:
        assert manage(disk, "prepare").returncode == 0
        shutil.rmtree(disk / "static")
        fill(disk, but=500_000)
        refused = manage(disk, "prepare")
        assert refused.returncode == 1
        assert f"The pages' files could not be written to {disk}/static: No space left on device." in refused.stderr


def tables(disk: Path) -> set[str]:
    with closing(sqlite3.connect(disk / "stashhog.sqlite3")) as database:
        return {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
