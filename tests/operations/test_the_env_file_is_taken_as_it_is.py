"""The values of `.env` come to the processes unaltered, through the real `make` and honcho, or are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, environment

SHOW = """
import json, os, sys
path = sys.argv[1]
with open(path, "w") as file:
    json.dump(dict(os.environ), file)
"""
VALUES = {
    "STASHHOG_PATH_MAP": r"tagger:D:\media=/mnt/library;stash:\\nas\films=/mnt/films",
    "STASHHOG_QBITTORRENT_PASSWORD": r"pa ss#word\n\t$HOME ${HOME} `id` = ; & %s é",
    "STASHHOG_STASH_API_KEY": "it's",
    "STASHHOG_TAG_SUFFIX": 'a "b" c',
}
pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with StashHog's Makefile, whose processes write down what they are given."""
    for name in ("Makefile", "stashhog"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "manage.py").write_text(SHOW.replace("sys.argv[1]", '"seen-by-" + sys.argv[1]'))
    return tmp_path


def make(home: Path, *goals: str) -> subprocess.CompletedProcess[str]:
    """`make`, with everything installed already."""
    words = ["make", "-o", "install", *goals]
    return subprocess.run(
        words, cwd=home, env=environment(MAKEFLAGS="", MAKELEVEL="0"), capture_output=True, text=True, check=False
    )


def test_passwords_and_paths_of_windows_come_unaltered(home: Path) -> None:
    (home / ".env").write_text("".join(f"{name}={value}\n" for name, value in VALUES.items()))
    done = make(home, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    make(home, "manage", "ARGS=backup")
    make(home, "admin")
    for command in ("run", "backup", "createsuperuser"):
        seen = json.loads((home / f"seen-by-{command}").read_text())
        assert {name: seen[name] for name in VALUES} == VALUES


def test_comments_quotes_around_the_whole_and_the_mark_of_windows_are_no_part_of_a_value(home: Path) -> None:
    text = "\ufeffA=1\r\n\r\n# B=2\r\n C = ' three # \\3 ' \r\nD=\"it's\"\r\nE=\r\nF=''\r\n"
    (home / ".env").write_bytes(text.encode())
    done = make(home, "manage", "ARGS=show")
    assert done.returncode == 0, done.stderr
    seen = json.loads((home / "seen-by-show").read_text())
    assert [seen.get(name) for name in "ABCDEF"] == ["1", None, " three # \\3 ", "it's", "", ""]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("PASSWORD=secret # mine", "line 2 (PASSWORD): is the # a part of the value?"),
        ("PASSWORD='secret", "line 2 (PASSWORD): the quote at the start has none at the end"),
        ("PASSWORD='secret' # mine", "line 2 (PASSWORD): the quote at the start has none at the end"),
        ("secret", "line 2: write NAME=value"),
        ("export PASSWORD=secret", "line 2: write NAME=value"),
    ],
)
def test_what_can_be_meant_in_two_ways_is_refused_with_its_line(home: Path, line: str, message: str) -> None:
    (home / ".env").write_text(f"STASHHOG_WORKERS=2\n{line}\n")
    refused = make(home, "manage", "ARGS=show")
    assert refused.returncode == 2 and not (home / "seen-by-show").exists()
    assert message in refused.stderr and "secret" not in refused.stderr and "Traceback" not in refused.stderr


def test_a_file_in_another_encoding_is_refused(home: Path) -> None:
    (home / ".env").write_bytes("A=ä".encode("utf-16"))
    assert ".env can't be read: it is not UTF-8" in make(home, "manage", "ARGS=show").stderr


def test_without_the_file_everything_starts(home: Path) -> None:
    assert make(home, "run").returncode == 0
