"""A database error in a report, or in what is to follow, ends there: the transaction around it goes on."""

from __future__ import annotations

from typing import Any

import pytest

from jobs import engine, testing
from jobs.declare.registry import Report, get_task
from jobs.models import Job, Status
from tests.jobs.test_engine_faults import claimed

pytestmark = pytest.mark.django_db(transaction=True)


def break_a_constraint(job: Job) -> Any:
    Job(pk=job.pk, type="twice").save(force_insert=True)


def test_a_follow_up_that_breaks_a_constraint_does_not_keep_its_job_from_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(get_task("model_after").__dict__, "follow_up", break_a_constraint)
    run = testing.run("model_workflow", batches=1)
    batch = run.sub_jobs.get(type="model_batch")
    assert (run.status, batch.status) == (Status.COMPLETED, Status.COMPLETED)
    assert batch.events.filter(kind="follow_up_failed").count() == 1


def test_a_report_that_breaks_a_constraint_does_not_keep_its_job_from_being_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = claimed("model_plain")
    monkeypatch.setitem(get_task("model_plain").__dict__, "report", break_a_constraint)
    engine.cancel(job.pk)
    job.refresh_from_db()
    assert (job.status, job.errors) == (Status.CANCELLED, 1)


@pytest.mark.parametrize(
    "value", [object(), float("nan"), "a\0b", "\ud800"], ids=["no JSON", "no number", "NUL", "half a character"]
)
def test_a_result_that_can_not_be_stored_does_not_keep_its_job_from_ending(
    monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    monkeypatch.setitem(get_task("model_plain").__dict__, "report", lambda job: Report({"value": value}))
    job = testing.run("model_plain")
    assert (job.status, job.errors, job.result) == (Status.COMPLETED_WITH_ERRORS, 1, {})


def test_a_result_may_say_how_a_nul_character_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    value = r"json.dumps writes \u0000"
    monkeypatch.setitem(get_task("model_plain").__dict__, "report", lambda job: Report({"value": value}))
    job = testing.run("model_plain")
    assert (job.status, job.errors, job.result) == (Status.COMPLETED, 0, {"value": value})
