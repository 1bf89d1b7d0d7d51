"""A job's state: the same in the API, in its lists and in the WebSockets' messages, and as it is documented."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from jobs.live.audience import Audience
from jobs.live.messages import list_message, row_message
from jobs.models import Job, Status
from jobs.web.cards.snapshot import load
from tests.web.factories import make_job, make_run, make_sub_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Job:
    run = make_run(at=4, percent=65)
    make_sub_job(run, "analysis_batches", "analysis", number=1, percent=37, message="Scene 37 of 100: 海 ✓")
    return run


@pytest.fixture
def ended() -> Job:
    return make_job("sync", Status.FAILED, error_code="away", error_message="Gone.", result={"synced_scenes": 3})


def without_duration(state: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key != "duration_seconds"}


def test_api_lists_and_messages_give_the_same_state(program: Client, run: Job, ended: Job) -> None:
    for job in (run, ended):
        alone = program.get(f"/api/jobs/{job.pk}").json()
        listed = next(item for item in program.get("/api/jobs").json()["items"] if item["id"] == str(job.pk))
        snapshots, programs = load([Job.objects.get(pk=job.pk)]), Audience(None)
        row = json.loads(row_message(snapshots[0], programs))["job"]
        rows = json.loads(list_message(snapshots, programs))["jobs"][0]["job"]
        assert listed.pop("shortened") == row.pop("shortened") == rows.pop("shortened") == {}
        states = [without_duration(state) for state in (alone, listed, row, rows)]
        assert all(state == states[0] for state in states)


def test_times_are_written_with_their_zone_and_to_the_microsecond(program: Client, ended: Job) -> None:
    state = program.get(f"/api/jobs/{ended.pk}").json()
    assert state["created_at"] == ended.created_at.isoformat() and state["created_at"].endswith("+00:00")


def test_a_state_has_just_the_documented_fields(program: Client, browser: Client, run: Job) -> None:
    schemas = browser.get("/api/openapi.json").json()["components"]["schemas"]
    state = program.get(f"/api/jobs/{run.pk}").json()
    assert list(state) == list(schemas["JobState"]["properties"]) == schemas["JobState"]["required"]
    assert list(state["metadata"]) == list(schemas["Metadata"]["properties"])
    assert list(state["metadata"]["steps"][0]) == list(schemas["StepState"]["properties"])
    assert list(state["metadata"]["active_sub_jobs"][0]) == list(schemas["SubJob"]["properties"])


def test_messages_are_json(run: Job) -> None:
    Job.objects.filter(pk=run.pk).update(params={"title": 'A "quoted" </script> ✓'})
    message = row_message(load([Job.objects.get(pk=run.pk)])[0], Audience(None))
    assert json.loads(message)["job"]["params"] == {"title": 'A "quoted" </script> ✓'}
