"""deploy/docker/entrypoint.sh, as root: it becomes StashHog as somebody else, with their umask and data folder."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.files import ENTRYPOINT

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user"),
]
SAYS_WHO_IT_IS = """#!/bin/sh
echo "$(id -u):$(id -g) groups=$(id -G) umask=$(umask) home=$HOME pid=$$ args=$*"
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """With the entrypoint and a `stashhog` that says who it is.

    Open to everybody like a container, which folders of pytest are not, nor is each checkout.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copy(ENTRYPOINT, folder)
        program = folder / "bin" / "stashhog"
        program.parent.mkdir()
        program.write_text(SAYS_WHO_IT_IS)
        program.chmod(0o755)
        yield folder


def start(place: Path, *words: str, user: int = 0, **values: str) -> subprocess.CompletedProcess[str]:
    path = f"{place / 'bin'}:/usr/bin:/bin:/usr/sbin:/sbin"
    environment = {"PATH": path, "STASHHOG_DATA_DIR": str(place / "data"), "HOME": "/root"} | values
    command = ["/bin/sh", str(place / ENTRYPOINT.name), *words]
    return subprocess.run(command, env=environment, user=user, capture_output=True, text=True, check=False)


def test_it_becomes_the_user_and_the_group_with_their_umask(place: Path) -> None:
    done = start(place, "run", "a b", PUID="1234", PGID="2345", UMASK="002", EXTRA_GIDS="3456,4567")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1234:2345 groups=2345 3456 4567 umask=0002 ")
    assert done.stdout.endswith("args=run a b\n") and f"home={place}/data" in done.stdout


def test_by_default_that_is_nobody_special(place: Path) -> None:
    assert start(place, "run").stdout.startswith("1000:1000 groups=1000 umask=0022 ")


def test_it_is_replaced_by_stashhog_which_gets_the_signals(place: Path) -> None:
    process = subprocess.Popen(
        ["/bin/sh", str(place / ENTRYPOINT.name), "run"],
        env={"PATH": f"{place / 'bin'}:/usr/bin:/bin", "STASHHOG_DATA_DIR": str(place / "data")},
        stdout=subprocess.PIPE,
        text=True,
    )
    output, _ = process.communicate(timeout=60)
    assert f"pid={process.pid} " in output


def test_the_data_folder_is_given_to_them_and_nothing_that_it_points_to(place: Path) -> None:
    data, library = place / "data", place / "library"
    for folder in (data / "backups", library):
        folder.mkdir(parents=True)
    (data / "backups" / "old").touch()
    (data / "link").symlink_to(library)
    assert start(place, "run", PUID="1234", PGID="2345").returncode == 0
    owners = {path.name: (path.lstat().st_uid, path.lstat().st_gid) for path in [data, *data.rglob("*")]}
    assert owners == dict.fromkeys(["data", "backups", "old", "link"], (1234, 2345))
    assert library.stat().st_uid == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("PUID", value) for value in ("0", "root", "-1", "00", "1000 0", "12345678901")),
        *(("PGID", value) for value in ("0", "users")),
        *(("UMASK", value) for value in ("9", "22", "u=rwx", "0888", "00022")),
        *(("EXTRA_GIDS", value) for value in ("media", "1,,2", ",1", "1;2")),
    ],
)
def test_a_value_that_can_not_be_used_ends_the_start_with_a_sentence(place: Path, name: str, value: str) -> None:
    done = start(place, "run", **{name: value})  # type: ignore[arg-type]
    assert done.returncode == 1 and not done.stdout
    (output,) = done.stderr.splitlines()
    assert name in output and "can't be used: give" in output


def test_who_is_started_as_another_user_stays_that(place: Path) -> None:
    done = start(place, "web", user=1234, PUID="1000")
    assert done.returncode == 0 and done.stdout.startswith("1234:")


def test_both_programs_of_the_image_may_be_run() -> None:
    for path in (ENTRYPOINT, ENTRYPOINT.with_name("healthcheck.py")):
        assert path.stat().st_mode & stat.S_IXUSR and os.access(path, os.X_OK)
