"""Writing to Stash, and taking that back, needs the permission to review, on every way to start a job of that type."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.models import Job, Status
from tests.scenes.analysis_factories import add_tag, make_plan, make_scene
from tests.web.factories import make_job, make_run, make_sub_job, make_token

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of permissions
TYPES = ["apply_plan", "revert_plan"]


def somebody(*codenames: str) -> User:
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["start_job", "view_job", *codenames]))
    return user


@pytest.fixture
def plan() -> int:
    make_scene(1)
    plan = make_plan()
    add_tag(plan, 1, "Dog", status="approved")
    return plan.pk


def start(user: User, type: str, **params: Any) -> Any:
    client = Client(headers={"authorization": f"Bearer {make_token(user)}"})
    return client.post("/api/jobs", {"job_type": type, "params": params}, content_type="application/json")


@pytest.mark.parametrize("type", TYPES)
def test_the_api_starts_it_for_who_may_review(plan: int, type: str) -> None:
    user = somebody()
    answer = start(user, type, plan_id=plan)
    assert (answer.status_code, answer.json()["error"]["detail"]) == (403, {"permission": "scenes.review_change"})
    assert start(user, "sync").status_code == 201
    user.user_permissions.add(Permission.objects.get(codename="review_change"))
    assert start(User.objects.get(), type, plan_id=plan).status_code == 201


@pytest.mark.parametrize("type", TYPES)
def test_so_does_the_admin_when_it_runs_one_again(plan: int, type: str) -> None:
    jobs = [make_job(type, Status.FAILED, params={"plan_id": plan}), make_job("sync", Status.FAILED)]
    data = {"action": "run_again", "_selected_action": [str(job.pk) for job in jobs]}
    client = Client()
    client.force_login(somebody())
    assert client.post("/admin/jobs/job/", data).status_code == 403
    assert Job.objects.count() == 2, "and nothing of what was chosen with it"
    User.objects.get().user_permissions.add(Permission.objects.get(codename="review_change"))
    assert client.post("/admin/jobs/job/", data).status_code == 302
    assert Job.objects.filter(status=Status.QUEUED).count() == 2


@pytest.mark.parametrize("type", TYPES)
def test_so_does_the_page(plan: int, type: str) -> None:
    client = Client()
    client.force_login(somebody())
    assert client.post("/jobs/start", {"job_type": type}).status_code == 403
    assert client.post("/admin/jobs/job/start/" + type + "/").status_code == 403
    assert not Job.objects.exists()


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("way", ["retry", "run-now"])
def test_whoever_may_not_start_it_may_not_have_it_done_again_or_now(plan: int, type: str, way: str) -> None:
    job = make_job(type, Status.FAILED if way == "retry" else Status.QUEUED, params={"plan_id": plan})
    user = somebody("retry_job")
    program = Client(headers={"authorization": f"Bearer {make_token(user)}"})
    browser = Client()
    browser.force_login(user)
    answers = [program.post(f"/api/jobs/{job.pk}/{way}"), browser.post(f"/jobs/{job.pk}/{way}")]
    if way == "retry":
        answers.append(browser.post("/admin/jobs/job/", {"action": "retry", "_selected_action": [str(job.pk)]}))
        answers.append(browser.post("/needs/act", {"retry-job": str(job.pk)}))
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    user.user_permissions.add(Permission.objects.get(codename="review_change"))
    assert program.post(f"/api/jobs/{job.pk}/{way}").status_code == 200


def test_parts_of_a_run_need_nothing_beside_the_runs_permission() -> None:
    job = make_sub_job(make_run(), "analysis_batches", "apply_plan", Status.FAILED)
    client = Client(headers={"authorization": f"Bearer {make_token(somebody('retry_job'))}"})
    assert client.post(f"/api/jobs/{job.pk}/retry").status_code != 403
