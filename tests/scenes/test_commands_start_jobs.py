"""`manage.py process_new_scenes` and the command of each sub-job: options, output and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from jobs import engine
from jobs.declare.registry import types
from jobs.models import Job, Status
from scenes.configuration.run_defaults import STEPS
from scenes.models import PlacedFile
from tests.processes import ROOT, environment, until

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "http://127.0.0.1:9"  # nobody listens on the port "discard"


def command(name: str, *options: str) -> tuple[int, str]:
    """The exit code and what was printed on stdout."""
    output = StringIO()
    try:
        call_command(name, *options, stdout=output)
    except SystemExit as ended:
        return int(str(ended.code)), output.getvalue()
    return 0, output.getvalue()


def skipping(*kept: str) -> list[str]:
    return [word for key in STEPS if key not in kept for word in ("--skip", key)]


@pytest.fixture
def nothing_answers(configure: Any, tmp_path: Path) -> None:
    configure(stash_url=NOWHERE, qbittorrent_url=NOWHERE, library_path=tmp_path)


def test_a_run_that_completes_exits_with_0_and_prints_the_result_alone(nothing_answers: None) -> None:
    code, output = command("process_new_scenes", "--inline", "--json", *skipping())
    result = json.loads(output)
    assert (code, result["status"]) == (0, "completed")
    assert {step["message"] for step in result["steps"].values() if step} == {"Skipped - Left out"}


def test_a_run_that_fails_exits_with_1_and_says_why(nothing_answers: None) -> None:
    options = ["--inline", "--max-attempts", "1"]
    code, output = command("process_new_scenes", *options)
    assert code == 1
    assert "failed: Process downloads failed: qBittorrent" in output


def test_a_run_with_errors_exits_with_2(nothing_answers: None) -> None:
    options = ["--inline", "--json", "--max-attempts", "1", *skipping("incremental_sync")]
    code, output = command("process_new_scenes", *options)
    assert (code, json.loads(output)["status"]) == (2, "completed_with_errors")


def test_a_second_run_exits_with_4_and_names_the_first() -> None:
    first = engine.start("process_new_scenes", {}, source="test")
    with pytest.raises(CommandError, match=str(first.pk)) as refused:
        call_command("process_new_scenes")
    assert refused.value.returncode == 4


@pytest.mark.acceptance
def test_a_cancelled_run_that_is_followed_exits_with_3() -> None:
    follower = subprocess.Popen(
        [sys.executable, "manage.py", "process_new_scenes", "--wait"], cwd=ROOT, env=environment()
    )
    job = until(Job.objects.runs().first, "the run to be started")
    engine.cancel(job.pk)
    assert follower.wait(30) == 3


def test_inline_goes_on_with_a_run_that_a_crash_left(nothing_answers: None) -> None:
    left = engine.start("process_new_scenes", {"skip": list(STEPS)}, source="test")
    code, output = command("process_new_scenes", "--inline")
    assert code == 0
    assert str(left.pk) in output


def test_without_following_it_only_starts_the_job() -> None:
    code, output = command("process_new_scenes", "--batch-size", "7")
    job = Job.objects.get()
    assert (code, job.status, job.params["batch_size"]) == (0, Status.QUEUED, 7)
    assert str(job.pk) in output


@pytest.mark.parametrize("options", [["--batch-size", "0"], ["--skip", "nonsense"], ["--detectors", "all"]])
def test_what_is_not_possible_is_refused_with_a_sentence(options: list[str]) -> None:
    with pytest.raises(CommandError, match="must be"):
        call_command("process_new_scenes", *options)
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", [name for name in types() if name in {*STEPS, "sync", "analysis", "apply_plan"}])
def test_there_is_a_command_for_each_sub_job(name: str) -> None:
    options = ["--plan-id", "1"] if name == "apply_plan" else []
    assert command(name, *options)[0] == 0
    assert Job.objects.get().type == name


def test_a_scan_with_nothing_waiting_is_no_error(nothing_answers: None) -> None:
    assert not PlacedFile.objects.exists()
    assert command("stash_scan", "--inline")[0] == 0
