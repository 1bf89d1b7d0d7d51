"""A NUL character in an address or in a service's words: PostgreSQL takes it nowhere, and no page fails of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs import engine, testing
from jobs.context import JobContext
from jobs.errors import JobError
from jobs.models import Event, Job, Status
from tests.jobs import engine_examples as examples

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/api/jobs?type=%00",
    "/api/jobs?cursor=a%00",
    "/jobs/?type=%00",
    "/admin/jobs/job/?type=%00",
    "/admin/jobs/job/?q=%00",
    "/admin/jobs/event/%00/change/",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_with_a_nul_is_answered_400(admin_client: Client, address: str) -> None:
    answer = admin_client.get(address)
    assert answer.status_code == 400
    assert "NUL" in answer.text


def failed_run() -> Job:
    with examples.acting(raising("model_batch", JobError("broken", "It is broken.", permanent=True))):
        return testing.run("model_workflow", batches=1)


def test_a_retry_of_a_step_with_a_nul_in_its_name_is_refused(admin_client: Client) -> None:
    run = failed_run()
    answer: Any = admin_client.post(f"/api/jobs/{run.pk}/retry?step=%00")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert admin_client.post(reverse("retry_job", args=[run.pk]), {"step": "\0"}).status_code == 302
    assert Job.objects.get(pk=run.pk).status == Status.COMPLETED_WITH_ERRORS


def raising(key: str, error: Exception) -> examples.Act:
    def act(name: str, context: JobContext) -> None:
        if name == key:
            raise error

    return act


@pytest.mark.parametrize(
    "error", [JobError("broken", "It said \0.", permanent=True), ValueError("It said \0.")], ids=["service", "ours"]
)
def test_an_error_keeps_its_reason_without_the_nul(error: Exception) -> None:
    with examples.acting(raising("model_plain", error)):
        job = testing.run("model_plain")
    assert job.status == Status.FAILED
    assert "It said" in job.error_message
    assert "\0" not in job.error_message


def test_progress_and_the_log_take_a_nul() -> None:
    def act(name: str, context: JobContext) -> None:
        context.progress(2, 2, "A \0 title")
        seen.append(Job.objects.get(pk=context.id).message)
        context.log("Another \0 title")

    seen: list[str] = []
    job = engine.start("model_plain", source="test")
    with examples.acting(act):
        testing.work()
    assert seen == ["A  title"]
    assert Event.objects.filter(job=job, message="Another  title").exists()
