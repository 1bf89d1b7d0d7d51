"""``auto_approve: false``: what was found waits for a person, and the scenes count as analysed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs import testing
from jobs.models import Job, Status
from scenes.analysis.reporting import report
from scenes.models import Change, Plan, Scene
from scenes.simulators.stash import RunningStash
from scenes.web.library.counts import counts
from scenes.web.needing.questions import to_review
from tests.scenes.analysis_factories import due_scenes, tags_of
from tests.scenes.tagger_server import ScriptedTagger

pytestmark = pytest.mark.django_db(transaction=True)
OTHERS = ["process_downloads", "stash_scan", "incremental_sync", "stash_generate", "completion"]


@pytest.fixture(autouse=True)
def one_dog_each(stash: RunningStash, tagger: ScriptedTagger) -> None:
    for file in stash.state.files.values():
        tagger.films[file.path] = [("Dog", 1.0, 2.0)]


def run(**params: Any) -> Job:
    return testing.run("process_new_scenes", skip=OTHERS, **params)


def statuses() -> dict[str, int]:
    found = Change.objects.values_list("status", flat=True)
    return {status: list(found).count(status) for status in set(found)}


def waiting_on_the_home_page() -> int:
    need = to_review()
    return need.count if need else 0


def test_nothing_is_written_to_stash_and_no_plan_is_applied(stash: RunningStash) -> None:
    before = tags_of(stash)
    job = run(auto_approve=False)
    assert job.status == Status.COMPLETED
    assert tags_of(stash) == before and statuses() == {"proposed": 6}
    assert not Job.objects.filter(type="apply_plan").exists()


def test_the_result_says_how_many_changes_wait() -> None:
    job = run(auto_approve=False)
    assert job.message == "3 scenes analysed; 6 changes wait for review"
    assert job.result is not None
    (batch,) = job.result["steps"]["analysis_batches"]
    assert (batch["changes_approved"], batch["changes_applied"], batch["changes_waiting"]) == (0, 0, 6)
    assert job.result["summary"]["total_changes_waiting"] == 6
    assert job.result["summary"]["total_errors"] == 0
    assert job.sub_jobs.get().message == "3 scenes analysed; 6 changes wait for review"


def test_one_change_waits() -> None:
    run(auto_approve=False, max_scenes=1)
    Change.objects.filter(kind="add_marker").delete()
    assert report(Job.objects.get(type="analysis")).text == "1 scene analysed; 1 change waits for review"


def test_the_scenes_count_as_analysed() -> None:
    run(auto_approve=False)
    assert not due_scenes().exists() and Scene.objects.filter(video_analyzed=True).count() == 3
    again = run(auto_approve=False)
    assert again.steps.get(key="analysis_batches").message == "Skipped - No unanalyzed scenes"


def test_what_waits_is_not_proposed_a_second_time(stash: RunningStash) -> None:
    run(auto_approve=False)
    for approve in (False, True):
        job = testing.run("analysis", scene_ids=[1, 2, 3], auto_approve=approve)
        assert job.result is not None
        assert (job.result["scenes_analyzed"], job.result["changes_proposed"]) == (3, 0)
    assert statuses() == {"proposed": 6}


def test_a_later_run_that_approves_by_itself_leaves_them_to_a_person(
    stash: RunningStash, tagger: ScriptedTagger
) -> None:
    run(auto_approve=False, max_scenes=1)
    waiting = set(Change.objects.values_list("pk", flat=True))
    assert run().status == Status.COMPLETED
    assert statuses() == {"proposed": 2, "applied": 4}
    assert set(Change.objects.filter(status="proposed").values_list("pk", flat=True)) == waiting


def test_approved_ones_that_an_earlier_run_left_are_applied_all_the_same(stash: RunningStash) -> None:
    run(auto_approve=False)
    newest = Change.objects.filter(kind="add_tag").order_by("-scene").first()
    assert newest is not None
    Change.objects.filter(pk=newest.pk).update(status=Change.Status.APPROVED)  # as a person does
    job = run(auto_approve=False)
    assert job.status == Status.COMPLETED and statuses() == {"proposed": 5, "applied": 1}
    assert "Dog_AI" in tags_of(stash)[newest.scene_id]
    assert job.message == "1 change applied"


def test_the_home_page_counts_just_the_rows_of_its_list(admin_client: Client) -> None:
    run(auto_approve=False)
    assert waiting_on_the_home_page() == 6
    assert admin_client.get("/review/").text.count('class="change ') == 6
    assert "Changes to review" in admin_client.get("/").text
    assert next(count for one, count in counts() if one.label == "Changes to be applied") == 0


def test_a_scene_that_is_gone_from_stash_needs_no_review() -> None:
    run(auto_approve=False)
    Scene.objects.filter(pk=1).update(deleted_at=timezone.now())
    assert waiting_on_the_home_page() == 4


def test_a_setting_is_the_default_of_runs_and_of_single_analyses(configure: Callable[..., Any]) -> None:
    configure(auto_approve=False)
    assert run().params["auto_approve"] is False
    assert testing.run("analysis").params["auto_approve"] is False
    assert testing.run("analysis", auto_approve=True).params["auto_approve"] is True
    assert Plan.objects.exists()
