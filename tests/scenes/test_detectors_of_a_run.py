"""Which detectors a run has is chosen when it is started; its scenes are due by those."""

from __future__ import annotations

from typing import Any

import pytest

from jobs import engine, testing
from jobs.declare.registry import params_of
from jobs.models import Job, Status
from scenes.configuration.run_defaults import DETECTORS
from scenes.models import Change, Detection
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import due_scenes
from tests.scenes.tagger_server import ScriptedTagger

pytestmark = pytest.mark.django_db(transaction=True)
OTHERS = ["process_downloads", "stash_scan", "incremental_sync", "stash_generate", "completion"]


def run(*detectors: str, **params: Any) -> Job:
    return testing.run("process_new_scenes", skip=OTHERS, detectors=list(detectors), **params)


def message(job: Job) -> str:
    return job.steps.get(key="analysis_batches").message


def test_the_tagger_is_not_asked_when_it_is_not_chosen(stash: RunningStash, tagger: ScriptedTagger) -> None:
    job = run("detect_tags")
    assert job.status == Status.COMPLETED and tagger.asked_for() == []
    assert set(Detection.objects.values_list("detector", flat=True)) == {"detect_tags"}
    assert message(job) == "3 scenes analysed", "nothing is missing: it was not wanted"
    assert set(due_scenes(["detect_video_tags"]).values_list("pk", flat=True)) == {1, 2, 3}


def test_scenes_are_due_by_the_chosen_detectors_alone(stash: RunningStash, tagger: ScriptedTagger) -> None:
    run("detect_tags")
    assert message(run("detect_tags")) == "Skipped - No unanalyzed scenes"
    assert run("detect_video_tags").result["summary"]["total_scenes_analyzed"] == 3  # type: ignore[index]
    assert len(tagger.asked_for()) == 3


def test_without_any_the_step_is_skipped_and_says_why(stash: RunningStash, tagger: ScriptedTagger) -> None:
    job = run()
    assert (job.status, message(job)) == (Status.COMPLETED, "Skipped - No detector chosen")
    assert tagger.asked_for() == [] and not Detection.objects.exists()


def test_the_tagger_alone_without_its_address_is_said(stash: RunningStash) -> None:
    assert message(run("detect_video_tags")) == "Skipped - No tagger set, and no other detector chosen"


def test_changes_that_an_earlier_run_left_are_applied_without_any_detector(
    stash: RunningStash, tagger: ScriptedTagger
) -> None:
    for file in stash.state.files.values():
        tagger.films[file.path] = [("Dog", 1.0, 2.0)]
    testing.run("analysis")
    assert run().message == "6 changes applied"
    assert set(Change.objects.values_list("status", flat=True)) == {"applied"}


def test_an_analysis_without_any_says_so(stash: RunningStash, tagger: ScriptedTagger) -> None:
    job = testing.run("analysis", scene_ids=[1], detect_video_tags=False, detect_tags=False)
    assert (job.status, job.message) == (Status.COMPLETED, "No detector chosen")


def test_a_run_of_an_earlier_version_has_all_that_there_were(stash: RunningStash, tagger: ScriptedTagger) -> None:
    job = engine.start("process_new_scenes", {"skip": OTHERS}, source="test")
    Job.objects.filter(pk=job.pk).update(params={k: v for k, v in job.params.items() if k != "detectors"})
    testing.work()
    assert len(tagger.asked_for()) == 3


def test_the_most_scenes_are_the_newest_and_a_retry_has_no_more(stash: RunningStash, tagger: ScriptedTagger) -> None:
    newest = max(stash.state.scenes)
    tagger.server.go_away()
    job = run("detect_video_tags", max_scenes=1, max_attempts=1)
    assert job.sub_jobs.get().params["scene_ids"] == [newest]
    assert job.status == Status.COMPLETED_WITH_ERRORS
    tagger.server.come_back()
    engine.retry(job.pk)
    testing.work()
    job.refresh_from_db()
    assert job.result["summary"]["total_scenes_analyzed"] == 1  # type: ignore[index]
    assert len(job.sub_jobs.all()) == 1


def test_each_detector_that_an_analysis_has_can_be_chosen_for_a_run() -> None:
    parameters = params_of("analysis").parameters()
    usable = {one.name for one in parameters if one.name.startswith("detect_") and "const" not in one.schema}
    assert usable == set(DETECTORS)
