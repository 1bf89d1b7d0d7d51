"""CI runs what failed once more to say whether it is flaky. It fails all the same, if it is not told otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.acceptance
FLAKY = """
    from pathlib import Path

    def test_every_second_time():
        seen = Path(__file__).with_name("seen")
        if not seen.exists():
            seen.touch()
            raise AssertionError("the first time")
"""
BROKEN = """
    def test_never():
        assert False, "every time"
"""
FINE = """
    def test_always():
        pass
"""


def run(pytester: pytest.Pytester, *files: str, flaky: str = "fail") -> subprocess.CompletedProcess[str]:
    """`python -m tests.flaky` on tests with these contents."""
    pytester.makeini("[pytest]")
    paths = [pytester.makepyfile(**{f"test_{number}": text}) for number, text in enumerate(files)]
    options = ["-p", "no:django", f"-c{pytester.path / 'tox.ini'}", f"--rootdir={pytester.path}", *map(str, paths)]
    return subprocess.run(
        [sys.executable, "-m", "tests.flaky", *options],
        cwd=ROOT,
        env=os.environ | {"STASHHOG_FLAKY": flaky},
        capture_output=True,
        text=True,
        check=False,
    )


def summary(output: str) -> list[str]:
    """The lines of the report, with the names of the tests alone."""
    lines = [line for line in output.splitlines() if line.startswith(("FLAKY test", "FAILED TWICE"))]
    return [line.partition("::")[0].rpartition(" ")[0] + " " + line.partition("::")[2] for line in lines]


def test_what_failed_and_passed_alone_is_told_as_flaky_and_fails(pytester: pytest.Pytester) -> None:
    done = run(pytester, FLAKY, FINE)
    assert summary(done.stdout) == ["FLAKY test_every_second_time: AssertionError: the first time"]
    assert done.returncode == 1


def test_it_may_be_told_only(pytester: pytest.Pytester) -> None:
    done = run(pytester, FLAKY, FINE, flaky="tell")
    assert summary(done.stdout) == ["FLAKY test_every_second_time: AssertionError: the first time"]
    assert done.returncode == 0
    assert run(pytester, BROKEN, flaky="tell").returncode == 1


def test_what_failed_twice_is_told_as_that(pytester: pytest.Pytester) -> None:
    done = run(pytester, FLAKY, BROKEN)
    assert sorted(summary(done.stdout)) == [
        "FAILED TWICE test_never: AssertionError: every time",
        "FLAKY test_every_second_time: AssertionError: the first time",
    ]
    assert done.returncode == 1


def test_where_all_passed_nothing_is_run_again(pytester: pytest.Pytester) -> None:
    done = run(pytester, FINE)
    assert done.returncode == 0
    assert summary(done.stdout) == []
    assert done.stdout.count("1 passed") == 1


def test_what_can_not_even_be_collected_is_a_failure_and_not_run_again(pytester: pytest.Pytester) -> None:
    done = run(pytester, "import no_such_module")
    assert done.returncode not in (0, 1)
    assert summary(done.stdout) == []
