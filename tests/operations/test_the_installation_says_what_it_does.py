"""`make demo`, `make test` and `make run` say what they install and that it takes its time, or why they can't."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

pytestmark = [pytest.mark.one_database, pytest.mark.timeout(300), pytest.mark.acceptance]
DEAD_INDEX = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
OLD = "import sys; sys.version_info = (3, 10, 12); sys.argv = sys.argv[1:]; exec(sys.argv[1])"
BARE = "import sys; sys.modules['ensurepip'] = None; sys.argv = sys.argv[1:]; exec(sys.argv[1])"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with StashHog's Makefile, nothing to install and a demo that says who runs it."""
    (tmp_path / "Makefile").symlink_to(ROOT / "Makefile")
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "requirements-demo.txt").touch()
    (tmp_path / "requirements-test.txt").touch()
    (tmp_path / "manage.py").write_text("import sys; print(sys.prefix)")
    return tmp_path


def python(home: Path, code: str) -> str:
    """A Python that is another one: runs what it is asked to by ``code``."""
    path = home / "other-python"
    path.write_text(f'#!/bin/sh\nshift; exec {sys.executable} -c "{code}" -c "$@"\n')
    path.chmod(0o755)
    return str(path)


def make(home: Path, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    values = {**os.environ, "MAKEFLAGS": "", "MAKELEVEL": "0", "PYTHON": sys.executable, **DEAD_INDEX, **extra}
    return subprocess.run(["make", *words], cwd=home, env=values, capture_output=True, text=True, check=False)


def test_it_says_what_comes_and_how_long_it_takes_on_stderr_and_once_only(home: Path) -> None:
    done = make(home, "demo")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{home}/.venv\n"
    assert "Installing the packages that StashHog needs into .venv; the first time this takes a few" in done.stderr
    assert make(home, "demo").stderr == ""


def test_without_a_network_it_says_that_the_index_cant_be_reached_and_the_next_try_goes_on(home: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / ".venv"], check=True)  # one that was cut off
    (home / "requirements.txt").write_text("no-such-package-at-all==1.0\n")
    failed = make(home, "run")
    assert failed.returncode == 2
    assert "pip can not reach its package index: is the network there" in failed.stderr
    (home / "requirements.txt").write_text("")
    assert make(home, "demo").stdout == f"{home}/.venv\n"


@pytest.mark.parametrize("goal", ["demo", "test", "run"])
def test_a_python_that_is_too_old_or_missing_is_said_before_anything_is_made(home: Path, goal: str) -> None:
    assert "is too old: StashHog needs Python 3.11." in make(home, goal, PYTHON=python(home, OLD)).stderr
    assert "python9 was not found. Install Python 3.11 or newer" in make(home, goal, PYTHON="python9").stderr
    assert not (home / ".venv").exists()


def test_a_python_without_venv_is_said_and_leaves_no_half_environment(home: Path) -> None:
    done = make(home, "demo", PYTHON=python(home, BARE))
    assert done.returncode == 2
    assert "apt install python3-venv" in done.stderr
    assert not (home / ".venv").exists()


def test_an_environment_of_an_older_python_is_said(home: Path) -> None:
    (home / ".venv" / "bin").mkdir(parents=True)
    Path(python(home, OLD)).rename(home / ".venv" / "bin" / "python")
    done = make(home, "demo")
    assert done.returncode == 2
    assert "`make clean` removes it" in done.stderr
