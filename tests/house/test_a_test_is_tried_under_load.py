"""`make flaky`: a test that fails now and then is found before CI meets it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.house.test_a_flaky_test_fails import FINE, FLAKY
from tests.processes import ROOT

pytestmark = pytest.mark.acceptance


def run(pytester: pytest.Pytester, text: str) -> subprocess.CompletedProcess[str]:
    pytester.makeini("[pytest]")
    path = pytester.makepyfile(test_some=text)
    options = ["-p", "no:django", f"-c{pytester.path / 'tox.ini'}", f"--rootdir={pytester.path}", str(path)]
    return subprocess.run(
        [sys.executable, "-m", "tests.under_load", *options],
        cwd=ROOT,
        env=os.environ | {"STASHHOG_TIMES": "2"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_test_that_failed_once_is_named_with_its_reason(pytester: pytest.Pytester) -> None:
    done = run(pytester, FLAKY)
    assert "FAILED 1 of 2 times: test_some.py::test_every_second_time: AssertionError: the first time" in done.stdout
    assert done.returncode == 1


def test_what_passes_each_time_passes(pytester: pytest.Pytester) -> None:
    done = run(pytester, FINE)
    assert "2 of 2: 0 failed" in done.stdout
    assert done.returncode == 0
