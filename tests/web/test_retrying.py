"""What failed is done again from the page, the admin, the API and the command line."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from jobs.models import Job, Status
from tests.web.factories import make_job, make_run, make_sub_job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def failed() -> Job:
    return make_job("sync", Status.FAILED, error_code="unreachable", error_message="Stash: no answer.")


def is_queued_again(job: Job) -> bool:
    job.refresh_from_db()
    return (job.status, job.attempt, job.error) == (Status.QUEUED, 2, None)


def test_the_page_offers_it_for_what_failed_only(browser: Client, failed: Job) -> None:
    assert f"/jobs/{failed.pk}/retry" in browser.get(f"/jobs/{failed.pk}/").text
    completed = make_job("sync", Status.COMPLETED)
    assert "/retry" not in browser.get(f"/jobs/{completed.pk}/").text


def test_a_failed_job_is_retried_from_its_page(browser: Client, failed: Job) -> None:
    assert browser.post(f"/jobs/{failed.pk}/retry").headers["Location"] == f"/jobs/{failed.pk}/"
    assert is_queued_again(failed)


def test_a_batch_of_a_run_is_retried_from_the_runs_page(browser: Client) -> None:
    run = make_run(Status.COMPLETED_WITH_ERRORS)
    batch = make_sub_job(run, "analysis_batches", "analysis", Status.FAILED, number=2, params={"scene_ids": [1]})
    other = make_sub_job(run, "analysis_batches", "analysis", Status.FAILED, number=3)
    assert "Retry Analysis batch 2" in browser.get(f"/jobs/{run.pk}/").text
    browser.post(f"/jobs/{batch.pk}/retry")
    assert is_queued_again(batch) and not is_queued_again(other)
    run.refresh_from_db()
    assert run.status == Status.QUEUED


def test_a_step_that_failed_is_retried_from_the_page_of_its_run_while_that_goes_on(browser: Client) -> None:
    run = make_run(Status.RUNNING)
    run.steps.filter(key="incremental_sync").update(status=Status.FAILED, error_message="No answer.")
    assert 'aria-label="Retry Incremental sync"' in browser.get(f"/jobs/{run.pk}/").text
    browser.post(f"/jobs/{run.pk}/retry", {"step": "incremental_sync"})
    assert run.steps.get(key="incremental_sync").status == Status.PENDING


@pytest.fixture
def run() -> Job:
    """Two of its steps failed."""
    run = make_run(Status.COMPLETED_WITH_ERRORS)
    for key, type in (("incremental_sync", "sync"), ("stash_generate", "stash_generate")):
        run.steps.filter(key=key).update(status=Status.FAILED, error_code="unreachable", error_message="No answer.")
        make_sub_job(run, key, type, Status.FAILED)
    return run


def in_the_admin(way: Client, run: Job) -> None:
    step = run.steps.get(key="incremental_sync")
    data = {"action": "retry", "_selected_action": [str(step.pk)]}
    assert "1 queued again." in way.post("/admin/jobs/step/", data, follow=True).text


WAYS = {
    "page": lambda browser, program, run: browser.post(f"/jobs/{run.pk}/retry", {"step": "incremental_sync"}),
    "admin": lambda browser, program, run: in_the_admin(browser, run),
    "api": lambda browser, program, run: program.post(f"/api/jobs/{run.pk}/retry?step=incremental_sync"),
    "command": lambda browser, program, run: call_command("retry", str(run.pk), step="incremental_sync"),
}


@pytest.mark.parametrize("way", WAYS)
def test_one_step_of_a_run_is_retried_from_everywhere(browser: Client, program: Client, run: Job, way: str) -> None:
    assert browser.get(f"/jobs/{run.pk}/").text.count('name="step" value="incremental_sync"') == 1
    WAYS[way](browser, program, run)
    run.refresh_from_db()
    assert run.status == Status.QUEUED
    assert run.sub_jobs.get(type="sync").status == Status.QUEUED
    assert run.sub_jobs.get(type="stash_generate").status == Status.FAILED


def test_a_failed_job_is_retried_by_the_api_and_a_second_time_is_409(program: Client, failed: Job) -> None:
    answer = program.post(f"/api/jobs/{failed.pk}/retry")
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    assert is_queued_again(failed)
    answer = program.post(f"/api/jobs/{failed.pk}/retry")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_possible")


def test_a_failed_job_is_retried_in_the_admin(browser: Client, failed: Job) -> None:
    data = {"action": "retry", "_selected_action": [str(failed.pk)]}
    assert "1 queued again." in browser.post("/admin/jobs/job/", data, follow=True).text
    assert is_queued_again(failed)


def test_a_failed_job_is_retried_by_command(failed: Job) -> None:
    output = StringIO()
    call_command("retry", str(failed.pk), stdout=output)
    assert "queued again (attempt 2)" in output.getvalue()
    assert is_queued_again(failed)
    with pytest.raises(CommandError, match="nothing to do again"):
        call_command("retry", str(failed.pk))


def test_a_run_is_not_retried_beside_an_active_one(browser: Client) -> None:
    failed = make_run(Status.FAILED, at=1, single_flight="process_new_scenes")
    active = make_run()
    page = browser.post(f"/jobs/{failed.pk}/retry", follow=True).text
    assert "One is running already" in page and str(active.pk) in page
    failed.refresh_from_db()
    assert failed.status == Status.FAILED


def a_task(run: Job) -> Job:
    return make_job("sync", Status.FAILED)


def a_batch(run: Job) -> Job:
    return run.sub_jobs.get(type="sync")


@pytest.mark.parametrize(
    ("what", "says"), [(lambda run: run, "has no step"), (a_task, "has no steps"), (a_batch, "has no steps")]
)
@pytest.mark.parametrize("step", ["nonsense", "process_downloads"])
def test_a_step_that_can_not_be_retried_is_said_everywhere_and_nothing_changes(
    browser: Client, program: Client, run: Job, what: Callable[[Job], Job], says: str, step: str
) -> None:
    job = what(run)
    before = list(Job.objects.order_by("pk").values_list("pk", "status", "attempt"))
    answer = program.post(f"/api/jobs/{job.pk}/retry?step={step}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "not_possible") and says in error["message"]
    assert says in browser.post(f"/jobs/{job.pk}/retry", {"step": step}, follow=True).text
    with pytest.raises(CommandError, match=says):
        call_command("retry", str(job.pk), step=step)
    assert list(Job.objects.order_by("pk").values_list("pk", "status", "attempt")) == before
