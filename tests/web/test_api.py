"""The REST API: starting, listing, reading and cancelling jobs."""

from __future__ import annotations

import uuid
from datetime import datetime

import pytest
from django.test import Client

from jobs.models import Job, Status, Supervisor
from tests.web.factories import change, make_job, make_run, make_step, make_sub_job

pytestmark = pytest.mark.django_db


def start(client: Client, job_type: str = "process_new_scenes", **params):
    return client.post("/api/jobs", {"job_type": job_type, "params": params}, content_type="application/json")


def test_starting_answers_201_with_the_job_and_warns_when_no_worker_is_alive(program):
    answer = start(program, batch_size=7)
    assert answer.status_code == 201
    job = answer.json()
    assert job["type"] == "process_new_scenes" and job["status"] == "queued" and job["percent"] == 0
    assert job["params"]["batch_size"] == 7
    assert [step["status"] for step in job["metadata"]["steps"]] == ["pending"] * 6
    assert "no worker is running" in job["warning"]
    assert Job.objects.get(pk=job["id"]).source == "api"


def test_nothing_is_warned_of_while_a_worker_is_alive(program):
    Supervisor.objects.create(process="somebody", host="here", workers=4)
    assert start(program, "sync").json()["warning"] is None


def test_a_second_run_is_refused_with_the_id_of_the_active_one(program):
    first = start(program).json()["id"]
    answer = start(program)
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["code"] == "already_running" and error["detail"]["active_job_id"] == first


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ('{"job_type": "make_coffee"}', "make_coffee"),
        ('{"job_type": "process_new_scenes", "params": {"colour": 1}}', "colour"),
        ('{"job_type": "process_new_scenes", "params": {"batch_size": 0}}', "batch_size"),
        ('{"job_type": "process_new_scenes", "params": {"batch_size": "many"}}', "batch_size"),
        ('{"job_type": "process_new_scenes", "params": []}', "params"),
        ('{"job_type": "process_new_scenes", "param": {}}', "param"),
        ("{}", "job_type"),
        ("[]", ""),
        ("{", ""),
        ("", ""),
    ],
)
def test_what_can_not_be_started_is_answered_400_with_what_is_wrong(program, body, word):
    answer = program.post("/api/jobs", body, content_type="application/json")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "detail"} and word in error["message"]
    assert not Job.objects.exists()


def step(key: str, name: str, status: str, *shown: int) -> dict:
    return {"key": key, "name": name, "status": status, "message": "", "shown": list(shown)}


def test_a_run_tells_its_metadata(program):
    run = make_run(at=4, percent=65)
    make_sub_job(run, "analysis_batches", "analysis", number=1, status="completed")
    second = make_sub_job(
        run, "analysis_batches", "analysis", number=2, percent=37, message="Scene 37 of 100: A day at the sea"
    )
    state = program.get(f"/api/jobs/{run.pk}").json()
    assert state["metadata"] == {
        "current_step": "analysis_batches",
        "step_name": "Analyse scenes",
        "step_index": 4,
        "total_steps": 6,
        "message": "Batch 2 of 2: scene 37 of 100: A day at the sea",
        "active_sub_jobs": [
            {
                "id": str(second.pk),
                "type": "analysis",
                "status": "running",
                "percent": 37,
                "message": "Scene 37 of 100: A day at the sea",
            }
        ],
        "steps": [
            step("process_downloads", "Process downloads", "completed", 5, 15),
            step("stash_scan", "Stash metadata scan", "completed", 20, 30),
            step("incremental_sync", "Incremental sync", "completed", 35, 45),
            step("analysis_batches", "Analyse scenes", "running", 50, 80),
            step("stash_generate", "Generate metadata", "pending", 85, 95),
            step("completion", "Completion", "pending", 95, 100),
        ],
    }


def test_times_have_a_zone_percentages_are_whole_and_durations_are_floats(program):
    job = make_job(status=Status.COMPLETED)
    state = program.get(f"/api/jobs/{job.pk}").json()
    for key in ("created_at", "started_at", "finished_at"):
        assert datetime.fromisoformat(state[key]).tzinfo is not None
    assert isinstance(state["percent"], int) and isinstance(state["duration_seconds"], float)
    assert state["metadata"] is None and state["url"] == f"/jobs/{job.pk}/"


def test_the_version_rises_with_a_change_of_a_sub_job(program):
    run = make_run(at=1)
    sub_job = make_sub_job(run, "process_downloads", "process_downloads")
    before = program.get(f"/api/jobs/{run.pk}").json()["version"]
    change(sub_job, percent=50)
    assert program.get(f"/api/jobs/{run.pk}").json()["version"] == before + 1


def test_the_list_holds_runs_only_newest_first_unless_sub_jobs_are_asked_for(program):
    run = make_run(at=1)
    sub_job = make_sub_job(run, "process_downloads", "process_downloads")
    later = make_job("sync")
    ids = [item["id"] for item in program.get("/api/jobs").json()["items"]]
    assert ids == [str(later.pk), str(run.pk)]
    ids = [item["id"] for item in program.get("/api/jobs?sub_jobs=true").json()["items"]]
    assert ids == [str(later.pk), str(sub_job.pk), str(run.pk)]


def test_the_list_is_filtered_by_status_and_type(program):
    make_job("sync", Status.COMPLETED)
    failed = make_job("sync", Status.FAILED)
    make_job("analysis", Status.FAILED)
    items = program.get("/api/jobs?status=failed&type=sync").json()["items"]
    assert [item["id"] for item in items] == [str(failed.pk)]
    answer = program.get("/api/jobs?status=great")
    assert answer.status_code == 400 and "status" in answer.json()["error"]["message"]


def test_the_pages_of_the_list_hold_each_job_once_also_when_jobs_are_added_meanwhile(program):
    jobs = [str(make_job("sync", Status.COMPLETED).pk) for _ in range(7)]
    seen, cursor = [], ""
    while cursor is not None:
        page = program.get(f"/api/jobs?limit=3&cursor={cursor}").json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        make_job("analysis", Status.COMPLETED)
    assert seen == jobs[::-1]


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "MjAyNnx4"])
def test_a_made_up_cursor_is_answered_400(program, cursor):
    job = make_job()
    for address in ("/api/jobs", f"/api/jobs/{job.pk}/events"):
        answer = program.get(f"{address}?cursor={cursor}")
        assert answer.status_code == 400 and "cursor" in answer.json()["error"]["message"]


def test_the_list_takes_as_many_queries_for_many_runs_as_for_one(program, django_assert_num_queries):
    def add_run():
        run = make_job("process_new_scenes", Status.COMPLETED)
        make_step(run, 1, "process_downloads", "Process downloads", 5, 15, Status.COMPLETED)
        make_sub_job(run, "process_downloads", "process_downloads", Status.QUEUED)

    add_run()
    program.get("/api/jobs")
    with django_assert_num_queries(5):  # the token; jobs, steps, active sub-jobs, batches
        program.get("/api/jobs")
    for _ in range(5):
        add_run()
    with django_assert_num_queries(5):
        assert len(program.get("/api/jobs").json()["items"]) == 6


def test_cancelling_a_run_cancels_all_of_it_and_a_second_time_is_409(program):
    job_id = start(program).json()["id"]
    answer = program.post(f"/api/jobs/{job_id}/cancel")
    assert answer.status_code == 200 and answer.json()["status"] == "cancelled"
    answer = program.post(f"/api/jobs/{job_id}/cancel")
    assert answer.status_code == 409 and answer.json()["error"]["code"] == "not_possible"


def test_events_are_those_of_the_job_and_its_sub_jobs_oldest_first_by_pages(program):
    run = make_run(at=1)
    sub_job = make_sub_job(run, "process_downloads", "process_downloads")
    make_job("sync")
    page = program.get(f"/api/jobs/{run.pk}/events?limit=1").json()
    assert [event["job_id"] for event in page["items"]] == [str(run.pk)]
    page = program.get(f"/api/jobs/{run.pk}/events?limit=1&cursor={page['next']}").json()
    assert [event["job_id"] for event in page["items"]] == [str(sub_job.pk)]
    assert page["next"] is None and page["items"][0]["kind"] == "started"


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_job_is_answered_404(program, method):
    nobody = uuid.uuid4()
    addresses = {"get": ["", "/events"], "post": ["/cancel"]}[method]
    for address in addresses:
        answer = getattr(program, method)(f"/api/jobs/{nobody}{address}")
        assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"
