"""What Stash would not write is listed, and opened again by a person; trouble of Stash itself costs no change a try."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from jobs.models import Job, Status
from jobs.testing import run
from scenes import releasing
from scenes.models import Change, Outcome, Plan, Scene
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import add_marker, add_tag, make_plan, markers_of, plans_to_finish, tags_of
from tests.scenes.needing import counts, named, release
from tests.web.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = "UNIQUE constraint failed"


def apply(plan: Plan) -> Job:
    return run("apply_plan", plan_id=plan.pk)


@pytest.fixture
def plan(stash: RunningStash) -> Plan:
    """Two markers of one scene, and one of another, refused in three runs."""
    plan = make_plan()
    for scene, start in [(1, 1.0), (1, 5.0), (2, 1.0)]:
        add_marker(plan, scene, "Dog_AI", start, start + 1)
    stash.fault("resolver_error", operation="sceneMarkerCreate", message=REFUSED, times=None)
    for _ in range(3):
        assert plans_to_finish() == [plan.pk]
        assert apply(plan).errors == 3
    stash.clear_faults()
    return plan


def statuses(plan: Plan) -> list[str]:
    """Or "quarantined"."""
    rows = plan.changes.values_list("status", "outcome")
    return [outcome if outcome == Outcome.QUARANTINED else status for status, outcome in rows]


@pytest.fixture
def browser() -> Client:
    made = Client()
    made.force_login(make_user())
    return made


def assert_applied_by_the_next_run(stash: RunningStash, plan: Plan) -> None:
    assert plans_to_finish() == [plan.pk]
    assert apply(plan).status == Status.COMPLETED
    assert statuses(plan) == ["applied"] * 3
    assert [len(markers_of(stash, scene)) for scene in (1, 2)] == [2, 1]
    assert not named()


def test_quarantined_changes_are_told_a_line_a_scene_with_the_reason(plan: Plan, browser: Client) -> None:
    assert statuses(plan) == ["quarantined"] * 3 and plans_to_finish() == []
    second, first = named()
    assert (first.address, second.address, first.is_quarantined) == ("/scenes/1/", "/scenes/2/", True)
    assert first.message.startswith("2 changes could not be written to Stash: ") and REFUSED in first.message
    assert second.message.startswith("1 change could not be written to Stash: ")
    page = browser.get("/needs/").text
    assert REFUSED in page and "Quarantined" in page
    assert counts() == {"Changes failed": 2}, "two scenes"


def test_a_change_that_was_refused_once_is_told_as_failed_but_not_quarantined(stash: RunningStash) -> None:
    plan = make_plan()
    add_marker(plan, 1, "Dog_AI", 1.0, 2.0)
    stash.fault("resolver_error", operation="sceneMarkerCreate", message=REFUSED)
    apply(plan)
    (item,) = named()
    assert (item.address, item.is_quarantined) == ("/scenes/1/", False)


def test_releasing_a_scene_opens_its_changes_again(stash: RunningStash, plan: Plan) -> None:
    assert releasing.release(Scene.objects.filter(pk=1)) == 2
    assert statuses(plan) == ["approved", "approved", "quarantined"]
    assert not plan.changes.filter(scene=1).exclude(attempts=0, message="", failed_at=None).exists()
    assert releasing.release(Scene.objects.all()) == 1
    assert_applied_by_the_next_run(stash, plan)


def test_changes_are_released_by_command(stash: RunningStash, plan: Plan) -> None:
    output = StringIO()
    call_command("release", stdout=output)
    assert "3 failures of scenes" in output.getvalue()
    assert_applied_by_the_next_run(stash, plan)


def test_changes_are_released_on_the_page_of_what_needs_you(browser: Client, stash: RunningStash, plan: Plan) -> None:
    for item in named():
        assert "tries again" in release(browser, item)
    assert_applied_by_the_next_run(stash, plan)


@pytest.mark.parametrize(("page", "model"), [("change", Change), ("plan", Plan), ("scene", Scene)])
def test_changes_are_released_in_the_admin(
    browser: Client, stash: RunningStash, plan: Plan, page: str, model: Any
) -> None:
    chosen = [str(pk) for pk in model.objects.values_list("pk", flat=True)]
    data = {"action": "release", "_selected_action": chosen}
    assert "3 released" in browser.post(f"/admin/scenes/{page}/", data, follow=True).text
    assert_applied_by_the_next_run(stash, plan)


@pytest.mark.parametrize("by", ["scenes", "changes"])
def test_changes_are_released_by_the_api(browser: Client, stash: RunningStash, plan: Plan, by: str) -> None:
    ids = [1, 2] if by == "scenes" else list(plan.changes.values_list("pk", flat=True))
    answer = browser.post("/api/release", {by: ids}, content_type="application/json")
    assert answer.status_code == 200 and answer.json()[by] == 3
    assert_applied_by_the_next_run(stash, plan)


def test_what_is_applied_rejected_or_proposed_is_not_opened(stash: RunningStash) -> None:
    plan = make_plan()
    for status in ("applied", "rejected", "proposed", "reverted", "approved"):
        add_tag(plan, 1, f"{status}_AI", status=status)
    assert releasing.release(Scene.objects.all()) == 0
    assert statuses(plan) == ["applied", "rejected", "proposed", "reverted", "approved"]


@pytest.mark.parametrize(
    "message",
    [
        "database or disk is full",
        "write /root/.stash/stash-go.sqlite: no space left on device",
        "disk I/O error: input/output error",
        "attempt to write a readonly database",
        "unable to open database file: too many open files",
        "context deadline exceeded",
    ],
)
@pytest.mark.parametrize("operation", ["sceneMarkerCreate", "bulkSceneUpdate", "tagCreate"])
def test_trouble_of_stash_itself_is_an_outage_and_no_failure_of_the_change(
    stash: RunningStash, message: str, operation: str
) -> None:
    plan = make_plan()
    add_tag(plan, 1, "Dog_AI")
    add_marker(plan, 1, "Dog_AI", 1.0, 2.0)
    stash.fault("resolver_error", operation=operation, message=message, times=None)
    job = apply(plan)
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "server_error", 3)
    assert message in job.error_message and "disk of Stash" in job.error_message
    assert not plan.changes.filter(attempts__gt=0).exists()
    stash.clear_faults()
    assert apply(plan).status == Status.COMPLETED
    assert statuses(plan) == ["applied"] * 2


def test_two_outages_of_stash_in_one_run_cost_a_refused_change_one_try(stash: RunningStash) -> None:
    plan, known = make_plan(), tags_of(stash)[1][0]
    bad, good = add_tag(plan, 1, "Bad_AI"), add_marker(plan, 1, known, 1.0, 2.0)
    stash.fault("resolver_error", operation="CreateTag", message="name must be nice", times=None)
    stash.fault("http_502", operation="EachMarkerCreate", times=2)
    job = apply(plan)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (job.attempt, job.status, job.errors) == (3, Status.COMPLETED_WITH_ERRORS, 1)
    assert (bad.attempts, bad.status, good.status) == (1, Change.Status.APPROVED, Change.Status.APPLIED)
    assert len(stash.asked("CreateTag")) == 1
    apply(plan)
    bad.refresh_from_db()
    assert bad.attempts == 2, "the next run tries it again"
