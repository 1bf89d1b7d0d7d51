"""With PostgreSQL, which several hosts may share, the secret key has to be given; with SQLite it is made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

pytestmark = [pytest.mark.acceptance, pytest.mark.one_database]  # Each process is told which one it has

POSTGRES = "postgres://stashhog:hidden@127.0.0.1:9/stashhog"  # nobody listens on the port "discard"
SHOW = "from django.conf import settings; print('loaded', len(settings.SECRET_KEY))"


def load(data: Path, **values: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "stashhog.settings", "STASHHOG_DATA_DIR": str(data)}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", SHOW]
    given = {"STASHHOG_SECRET_KEY": "", "DATABASE_URL": ""} | values
    return subprocess.run(command, cwd=ROOT, env=environment | given, capture_output=True, text=True, check=False)


def test_without_a_key_postgresql_stops_the_start_and_says_what_to_give(tmp_path: Path) -> None:
    answer = load(tmp_path, DATABASE_URL=POSTGRES)
    assert answer.returncode == 1
    (output,) = answer.stderr.splitlines()
    assert "STASHHOG_SECRET_KEY must be set with PostgreSQL" in output and "one long random text" in output
    assert "hidden" not in output
    assert not (tmp_path / "secret_key").exists(), "one that would be used later by mistake"


def test_a_key_that_this_host_has_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("made-before")
    output = load(tmp_path, DATABASE_URL=POSTGRES).stderr
    assert str(tmp_path / "secret_key") in output and "made-before" not in output


def test_with_a_key_it_starts(tmp_path: Path) -> None:
    assert load(tmp_path, DATABASE_URL=POSTGRES, STASHHOG_SECRET_KEY="x" * 50).stdout == "loaded 50\n"


def test_with_sqlite_none_has_to_be_given(tmp_path: Path) -> None:
    assert load(tmp_path).stdout.startswith("loaded ")
    assert (tmp_path / "secret_key").exists()
