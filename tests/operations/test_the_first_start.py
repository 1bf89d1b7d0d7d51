"""The first start makes a secret key and a database that only their owner may read, or says why it can't."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.operations.conftest import manage
from tests.operations.test_a_full_disk import fill, mounted
from tests.processes import ROOT, environment

# Each starts with a database of SQLite of its own.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance, pytest.mark.one_database]
NOBODY = 65534  # on Linux
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may be another user")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def output_of(process: subprocess.CompletedProcess[str]) -> str:
    """The one sentence that the process ended with."""
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    return line


def test_a_full_disk_at_the_first_start_is_said_and_leaves_nothing_that_breaks_the_next_one() -> None:
    with mounted("24m") as disk:
        film = fill(disk)
        assert "No space left on device" in output_of(manage(disk, "prepare"))
        film.unlink()
        done = manage(disk, "prepare")
        assert done.returncode == 0, done.stderr
        assert len((disk / "secret_key").read_text()) > 50


def test_an_empty_key_is_none(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    assert manage(tmp_path, "check").returncode == 0
    key = (tmp_path / "secret_key").read_text()
    assert len(key) > 50
    assert manage(tmp_path, "check").returncode == 0
    assert (tmp_path / "secret_key").read_text() == key


@pytest.mark.parametrize("left", [False, True], ids=["no key", "an empty key"])
def test_processes_that_start_at_once_have_one_key(tmp_path: Path, left: bool) -> None:
    if left:
        (tmp_path / "secret_key").touch()
    code = "import sys; from pathlib import Path; from stashhog.data_folder import kept_secret_key as k; input(); "
    command = [sys.executable, "-c", code + "print(k(Path(sys.argv[1])))", str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(8)]  # type: ignore[call-overload]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    keys = {process.communicate()[0].strip() for process in processes}
    assert keys == {(tmp_path / "secret_key").read_text()} and keys != {""}
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_file_in_place_of_the_data_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    assert "STASHHOG_DATA_DIR" in output_of(manage(tmp_path / "data", "prepare"))


def test_a_data_folder_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for path in (tmp_path / "circle", Path("~nobody-of-this-name/data")):
        assert "give the path of a folder" in output_of(manage(path, "check"))


@needs_root
def test_a_key_of_another_user_is_said(tmp_path: Path) -> None:
    assert manage(tmp_path, "check").returncode == 0
    os.chown(tmp_path / "secret_key", NOBODY, NOBODY)
    assert f"{tmp_path}/secret_key: Permission denied" in output_of(as_anybody(tmp_path, "check"))


@needs_root
def test_a_database_that_can_only_be_read_is_said_before_the_start(tmp_path: Path) -> None:
    assert manage(tmp_path, "prepare").returncode == 0
    (tmp_path / "stashhog.sqlite3").chmod(0o644)
    os.chown(tmp_path / "stashhog.sqlite3", NOBODY, NOBODY)
    refused = as_anybody(tmp_path, "prepare")
    assert refused.returncode == 1 and "Traceback" not in refused.stderr, refused.stderr
    assert "The database can't be written to" in refused.stderr and "belong to this user" in refused.stderr


def as_anybody(data: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """As a root for whom the rights of files count as for anybody."""
    values = environment(STASHHOG_DATA_DIR=str(data), DATABASE_URL="", STASHHOG_SECRET_KEY="")
    words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", sys.executable, "manage.py", *command]
    return subprocess.run(words, cwd=ROOT, env=values, capture_output=True, text=True, check=False)


def test_a_new_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert manage(data, "prepare").returncode == 0
    assert (mode(data), mode(data / "stashhog.sqlite3"), mode(data / "secret_key")) == (0o700, 0o600, 0o600)
    with closing(sqlite3.connect(data / "stashhog.sqlite3")) as database:
        database.execute("UPDATE django_migrations SET app = app")
        assert {mode(data / f"stashhog.sqlite3{end}") for end in ("-wal", "-shm")} == {0o600}


def test_an_older_database_is_closed_to_others_and_a_group_that_shares_it_stays(tmp_path: Path) -> None:
    assert manage(tmp_path, "prepare").returncode == 0
    tmp_path.chmod(0o755)
    database = tmp_path / "stashhog.sqlite3"
    for before, after in ((0o644, 0o600), (0o664, 0o660), (0o400, 0o400)):
        database.chmod(before)
        manage(tmp_path, "prepare")
        assert mode(database) == after
    assert mode(tmp_path) == 0o755, "a folder that was there is its owner's"


@needs_root
def test_a_database_of_another_user_keeps_its_rights(tmp_path: Path) -> None:
    assert manage(tmp_path, "prepare").returncode == 0
    database = tmp_path / "stashhog.sqlite3"
    os.chown(database, NOBODY, NOBODY)
    database.chmod(0o666)
    assert manage(tmp_path, "prepare").returncode == 0
    assert mode(database) == 0o666
