"""`make demo`, as a newcomer starts it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.processes import ROOT, alive, descendants, until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]


def demo(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "manage.py", "demo", "--folder", str(folder), *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_demo_once_ends_completed_with_its_result_as_the_last_thing_on_stdout(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", "--once") as process:
        output, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    result = json.loads(output[output.index("\n{") :])
    assert result["status"] == "completed"
    assert result["summary"]["total_scenes_analyzed"] == 12
    assert len(result["steps"]["analysis_batches"]) == 3


def test_the_demo_stays_up_until_ctrl_c_and_leaves_no_process_behind(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        url = next(match[1] for line in lines if (match := re.search(r"on (http://\S+) - log in as admin", line)))
        assert requests.get(f"{url}/healthz", timeout=10).ok
        processes = descendants(process.pid)
        assert len(processes) >= 5  # three simulators, web and worker; the worker's own come in a moment
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    until(lambda: not alive(processes), "all processes of the demo to be gone", 10)


def test_the_demo_does_not_empty_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with demo(tmp_path) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "is not empty" in errors
    assert (tmp_path / "mine.txt").read_text() == "precious"
