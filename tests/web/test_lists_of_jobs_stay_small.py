"""A list of jobs stays small however large their parameters and results are; a job's own address has all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from jobs.declare.ids import BIGGEST_ID, MAX_IDS
from jobs.errors import JobError
from jobs.live.audience import PAGE, Audience
from jobs.live.messages import list_message, row_message
from jobs.models import Job, Status
from jobs.web.cards.snapshot import load
from tests.web.factories import STEPS, make_job, make_run, make_sub_job

pytestmark = pytest.mark.django_db

MANY = list(range(BIGGEST_ID - MAX_IDS + 1, BIGGEST_ID + 1))
ERROR = {"code": "failed", "message": "Scene 12345: the tagger said: " + "something long " * 20}


def batch(number: int) -> dict[str, Any]:
    return {
        "batch_num": number, "job_id": "0" * 36, "status": "completed", "scenes_analyzed": 100,
        "changes_approved": 1, "changes_applied": 1, "errors": [ERROR] * 100,
    }  # fmt: skip


def run_result(batches: int) -> dict[str, Any]:
    step = {"job_id": "0" * 36, "status": "failed", "result": {"errors": ["x" * 500] * 100}, "error": ERROR}
    steps: dict[str, Any] = {key: step for key, *_ in STEPS}
    steps["analysis_batches"] = [batch(number) for number in range(batches)]
    return {"job_id": "0" * 36, "status": "failed", "steps": steps, "summary": {"total_errors": 7}}


def fill(jobs: int) -> None:
    for _ in range(jobs):
        make_job("analysis", Status.FAILED, params={"scene_ids": MANY}, result={"errors": ["x" * 500] * 100})


def test_fifty_jobs_with_the_most_parameters_make_a_small_list(program: Client) -> None:
    fill(50)
    answer = program.get("/api/jobs?limit=50")
    assert len(answer.content) < 200_000
    first = answer.json()["items"][0]
    assert first["params"] == {"scene_ids": MANY[:3]}
    assert first["shortened"]["params.scene_ids"] == MAX_IDS
    assert first["shortened"]["result.errors"] == 100
    whole = program.get(f"/api/jobs/{first['id']}").json()
    assert whole["params"] == {"scene_ids": MANY}
    assert len(whole["result"]["errors"]) == 100
    assert "shortened" not in whole


def test_runs_of_hundreds_of_batches_make_a_small_list_that_tells_all_their_steps(program: Client) -> None:
    run = make_run(Status.FAILED)
    Job.objects.filter(pk=run.pk).update(result=run_result(300))
    answer = program.get("/api/jobs")
    assert len(answer.content) < 20_000
    (item,) = answer.json()["items"]
    assert set(item["result"]["steps"]) == {key for key, *_ in STEPS}
    assert item["result"]["summary"] == {"total_errors": 7}
    assert item["shortened"]["result.steps.analysis_batches"] == 300
    assert len(program.get(f"/api/jobs/{run.pk}").json()["result"]["steps"]["analysis_batches"]) == 300


def test_small_parameters_and_results_are_given_whole(program: Client) -> None:
    ids = list(range(1, 101))
    make_job("analysis", Status.COMPLETED, params={"scene_ids": ids}, result={"scenes_analyzed": 100})
    (item,) = program.get("/api/jobs").json()["items"]
    assert (item["params"], item["result"], item["shortened"]) == ({"scene_ids": ids}, {"scenes_analyzed": 100}, {})


def test_the_pages_of_jobs_and_their_messages_are_small(browser: Client) -> None:
    fill(25)
    snapshots = load(Job.objects.all())
    programs, pages = Audience(None), Audience(None, PAGE)
    for audience in (programs, pages):
        assert len(list_message(snapshots, audience)) < 100_000
        assert len(row_message(snapshots[0], audience)) < 4_000
    assert json.loads(row_message(snapshots[0], programs))["job"]["shortened"]["params.scene_ids"] == MAX_IDS
    for address in ("/", "/jobs/", "/admin/jobs/job/"):
        assert len(browser.get(address).content) < 200_000


def test_the_page_of_a_run_does_not_hold_the_parameters_of_its_batches(browser: Client) -> None:
    run = make_run(at=4)
    for number in range(1, 31):
        make_sub_job(run, "analysis_batches", "analysis", number=number, params={"scene_ids": MANY[:1000]})
    assert len(browser.get(f"/jobs/{run.pk}/").content) < 100_000
    assert len(browser.get("/api/jobs").content) < 20_000
    assert len(browser.get("/api/jobs?sub_jobs=true&limit=200").content) < 100_000


def test_an_error_that_says_megabytes_is_kept_in_its_beginning() -> None:
    assert JobError("x", "It said: " + "x" * 10**7).message.startswith("It said: xxx")
    assert len(JobError("x", "x" * 10**7).message) == 2000
