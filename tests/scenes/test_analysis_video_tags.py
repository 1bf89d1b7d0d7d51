"""detect_video_tags: what the tagger says becomes tags and markers; its refusals and its absence are two things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobs import engine
from jobs.models import Event, Job, Status
from jobs.testing import run, work
from scenes.crash_points import CrashPoint
from scenes.models import Change, Detection, Marker, Outcome, Plan, Scene, TagRule
from scenes.paths import PathMap
from tests.scenes.analysis_factories import crash_at, due_scenes, make_plan, make_scene, make_tag
from tests.scenes.tagger_server import ScriptedTagger

pytestmark = pytest.mark.django_db(transaction=True)


def analyse(*scene_ids: int, **params: Any) -> Job:
    return run("analysis", scene_ids=list(scene_ids), **params)


def values(kind: str, scene_id: int = 1) -> list[dict[str, Any]]:
    return [change.value for change in Change.objects.filter(kind=kind, scene=scene_id)]


def tags(scene_id: int = 1) -> list[str]:
    return [value["name"] for value in values("add_tag", scene_id)]


def spans(scene_id: int = 1) -> list[tuple[str, str, float, float | None]]:
    return [(v["tag"], v["title"], v["start"], v["end"]) for v in values("add_marker", scene_id)]


def test_tags_get_the_suffix_and_spans_become_markers_all_approved(tagger: ScriptedTagger) -> None:
    make_scene(1)
    tagger.films["/data/1.mp4"] = [("Dog", 1.0, 5.5), ("Cat", 8.0, None), ("Dog", 20.0, 22.0)]
    job = analyse(1)
    assert job.status == Status.COMPLETED
    assert tags() == ["Dog_AI", "Cat_AI"]
    assert spans() == [
        ("Dog_AI", "Dog_AI", 1.0, 5.5),
        ("Dog_AI", "Dog_AI", 20.0, 22.0),
        ("Cat_AI", "Cat_AI", 8.0, None),
    ]
    assert set(Change.objects.values_list("status", "confidence", "detector")) == {
        ("approved", 0.75, "detect_video_tags")
    }
    assert job.result == {
        "plan_id": Plan.objects.get().pk,
        "scenes_analyzed": 1,
        "changes_proposed": 5,
        "changes_approved": 5,
        "changes_waiting": 0,
        "changes_refused": 0,
        "failed": 0,
        "errors": [],
    }


def test_the_flag_and_a_row_for_each_detector_say_that_it_was_handled(tagger: ScriptedTagger) -> None:
    make_scene(1)
    job = analyse(1)
    assert Scene.objects.get().video_analyzed
    rows = Detection.objects.values_list("detector", "job", "attempts", "message")
    assert sorted(rows) == [("detect_tags", job.pk, 0, ""), ("detect_video_tags", job.pk, 0, "")]
    assert not due_scenes().exists()
    assert job.result is not None and job.result["plan_id"] is None


def test_the_path_goes_from_stash_to_us_to_the_tagger(tagger: ScriptedTagger, configure: Callable[..., Any]) -> None:
    configure(path_map=PathMap.parse("stash:/data=/mnt/library;tagger:/media=/mnt/library"))
    make_scene(1, path="/data/sub/größe.mp4")
    analyse(1)
    assert tagger.asked_for() == ["/media/sub/größe.mp4"]


def test_rules_and_threshold_are_heeded(tagger: ScriptedTagger, configure: Callable[..., Any]) -> None:
    configure(tagger_threshold=0.6, tagger_frame_interval=4.0)
    TagRule.objects.default().update(wanted=False, min_marker_duration=3)
    TagRule.objects.create(tag_name="dog", wanted=True)
    TagRule.objects.create(tag_name="Puma", wanted=True, stash_name="Mountain lion")
    TagRule.objects.create(tag_name="CAT", wanted=False)
    make_scene(1)
    tagger.films["/data/1.mp4"] = [
        ("Dog", 1.0, 3.5),
        ("Cat", 1.0, 30.0),
        ("puma", 2.0, 5.0),
        ("Dog", 9.0, None),
        ("Horse", 1.0, 30.0),
    ]
    analyse(1)
    assert tags() == ["Dog_AI", "Mountain lion_AI"]
    assert spans() == [
        ("Dog_AI", "Dog_AI", 9.0, None),
        ("Mountain lion_AI", "Mountain lion_AI", 2.0, 5.0),
    ]
    asked = tagger.server.control.asked("process_video")[0].body
    assert '"threshold": 0.6' in asked and '"frame_interval": 4.0' in asked


def test_spans_end_where_the_film_ends(tagger: ScriptedTagger) -> None:
    make_scene(1)
    tagger.films["/data/1.mp4"] = [("Dog", 58.0, 62.0), ("Cat", 60.0, 61.0), ("Cow", 59.9994, None)]
    analyse(1)
    assert spans() == [("Dog_AI", "Dog_AI", 58.0, 60.0), ("Cow_AI", "Cow_AI", 59.999, None)]


def test_what_the_scene_has_already_is_not_proposed(tagger: ScriptedTagger) -> None:
    dog, puppy = make_tag(5, "dog_ai"), make_tag(6, "Puppy", "Whelp_AI")
    make_scene(1, tags=(dog, puppy))
    Marker.objects.create(id=9, scene_id=1, title="Dog_AI", seconds=1.0002, end_seconds=2, primary_tag=dog)
    tagger.films["/data/1.mp4"] = [("Dog", 1.0, 2.0), ("Whelp", 1.0, 2.0), ("Dog", 1.0, 3.0)]
    analyse(1)
    assert tags() == []
    assert spans() == [("Dog_AI", "Dog_AI", 1.0, 3.0), ("Whelp_AI", "Whelp_AI", 1.0, 2.0)]


def test_a_refused_file_fails_its_scene_alone(tagger: ScriptedTagger) -> None:
    for pk in (1, 2, 3):
        make_scene(pk)
    tagger.films["/data/2.mp4"] = "moov atom not found"
    job = analyse(1, 2, 3)
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1)
    assert job.result is not None
    assert (job.result["scenes_analyzed"], job.result["failed"]) == (2, 1)
    assert "Scene 2" in job.result["errors"][0] and "moov atom not found" in job.result["errors"][0]
    row = Detection.objects.get(scene=2, detector="detect_video_tags")
    assert (row.handled_at, row.attempts, row.outcome) == (None, 1, Outcome.FAILED)
    assert "no file at /data/2.mp4" in row.message
    assert list(Scene.objects.filter(video_analyzed=True).values_list("pk", flat=True)) == [3, 1]
    assert Detection.objects.get(scene=2, detector="detect_tags").handled_at
    assert [scene.pk for scene in due_scenes()] == [2]
    assert Event.objects.filter(job=job, level="warning", message__contains="moov").exists()


def test_a_file_refused_too_often_is_quarantined(tagger: ScriptedTagger, configure: Callable[..., Any]) -> None:
    configure(max_item_attempts=2)
    make_scene(1)
    make_scene(2)
    tagger.films["/data/1.mp4"] = "no frames"
    assert analyse().errors == 1 and due_scenes().exists()
    assert analyse().errors == 1 and not due_scenes().exists()
    assert Detection.objects.get(scene=1, detector="detect_video_tags").is_quarantined
    assert analyse(1).status == Status.COMPLETED
    assert len(tagger.asked_for()) == 3, "a person has to release it"


def test_a_file_that_is_mended_is_handled_at_the_next_try(tagger: ScriptedTagger) -> None:
    make_scene(1)
    make_scene(2)
    tagger.films["/data/1.mp4"] = "no frames"
    assert analyse().errors == 1
    tagger.films["/data/1.mp4"] = [("Dog", 1.0, 2.0)]
    assert analyse().status == Status.COMPLETED
    row = Detection.objects.get(scene=1, detector="detect_video_tags")
    assert row.handled_at and (row.attempts, row.failed_at, row.message) == (0, None, "")
    assert tags() == ["Dog_AI"]


@pytest.mark.parametrize("fault", [{"kind": "reset"}, {"kind": "http", "status": 500}, {"kind": "http", "status": 503}])
def test_tagger_away_means_no_scene_handled_and_the_next_run_does_them_all(
    tagger: ScriptedTagger, fault: dict[str, Any]
) -> None:
    make_tag(1, "Dog")
    for pk in (1, 2, 3):
        make_scene(pk, title="A dog")
    tagger.server.control.arm(**fault)
    job = analyse()
    assert (job.status, job.attempt) == (Status.FAILED, 3)
    assert job.error_message.startswith("Video tagger: ")
    assert not Detection.objects.exists() and not Change.objects.exists()
    assert not Scene.objects.filter(video_analyzed=True).exists()
    tagger.server.control.clear()
    assert analyse().result["scenes_analyzed"] == 3  # type: ignore[index]


def test_no_connection_at_all_is_the_same(tagger: ScriptedTagger) -> None:
    make_scene(1)
    tagger.server.go_away()
    assert analyse().error_code == "unreachable"
    assert not Detection.objects.exists()


def test_scenes_done_before_the_tagger_went_away_stay_done_and_are_not_asked_for_again(
    tagger: ScriptedTagger,
) -> None:
    for pk in (1, 2, 3):
        make_scene(pk)
        tagger.films[f"/data/{pk}.mp4"] = [("Dog", 1.0, 2.0)]
    tagger.server.control.arm("http", status=500, path="process_video", after=1)
    failed = analyse()
    assert failed.status == Status.FAILED and failed.result is not None
    assert failed.result["scenes_analyzed"] == 1 and failed.result["changes_approved"] == 2
    assert list(Scene.objects.filter(video_analyzed=True).values_list("pk", flat=True)) == [3]
    tagger.server.control.clear()
    tagger.server.control.forget()
    assert analyse().status == Status.COMPLETED
    assert tagger.asked_for() == ["/data/2.mp4", "/data/1.mp4"]


def test_an_outage_of_the_tagger_for_one_attempt_is_bridged_by_the_next_one(tagger: ScriptedTagger) -> None:
    for pk in (1, 2, 3):
        make_scene(pk)
        tagger.films[f"/data/{pk}.mp4"] = [("Dog", 1.0, 2.0)]
    tagger.server.control.arm("http", status=500, path="process_video", times=1)
    job = analyse()
    assert (job.status, job.attempt) == (Status.COMPLETED, 2)
    assert sorted(tagger.asked_for()) == ["/data/1.mp4", "/data/2.mp4", "/data/3.mp4", "/data/3.mp4"]
    assert Plan.objects.count() == 1 and Change.objects.count() == 6


def test_short_outages_in_the_midst_of_a_batch_use_up_no_attempts(tagger: ScriptedTagger) -> None:
    for pk in range(1, 9):
        make_scene(pk)
    for pk in (7, 5, 3, 1):
        tagger.server.control.arm("http", status=502, body=f"/data/{pk}.mp4", times=1)
    job = analyse()
    assert (job.status, job.attempt) == (Status.COMPLETED, 1)
    assert Event.objects.filter(job=job, level="warning", message__contains="It is asked again in").count() == 4


def test_a_tagger_that_stays_away_in_the_midst_of_a_batch_costs_an_attempt(tagger: ScriptedTagger) -> None:
    for pk in (1, 2, 3):
        make_scene(pk)
    tagger.server.control.arm("http", status=502, body="/data/2.mp4", times=3)
    job = analyse()
    assert (job.status, job.attempt) == (Status.COMPLETED, 2)


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("point", "recorded"),
    [(CrashPoint.SCENE_TAGGED, [0]), (CrashPoint.SCENE_RECORDED, [1, 2, 3]), (CrashPoint.PLAN_APPROVED, [3])],
)
def test_after_a_crash_only_the_films_that_were_not_recorded_are_asked_for_again(
    tagger: ScriptedTagger, point: CrashPoint, recorded: list[int]
) -> None:
    for pk in (1, 2, 3):
        make_scene(pk)
        tagger.films[f"/data/{pk}.mp4"] = [("Dog", 1.0, 2.0)]
    started = engine.start("analysis", {}, source="test")
    crash_at(point, STASHHOG_TAGGER_URL=tagger.url)
    tagger.server.control.forget()
    left = set(Scene.objects.filter(video_analyzed=False).values_list("pk", flat=True))
    assert 3 - len(left) in recorded
    assert engine.recover() == 1
    work()
    job = Job.objects.get(pk=started.pk)
    assert job.status == Status.COMPLETED and job.result is not None
    assert (job.result["scenes_analyzed"], job.result["changes_approved"]) == (3, 6)
    assert sorted(tagger.asked_for()) == [f"/data/{pk}.mp4" for pk in sorted(left)]


def test_markers_of_ours_that_are_not_given_any_more_are_proposed_for_removal(tagger: ScriptedTagger) -> None:
    tag = make_tag(5, "Dog_AI")
    make_scene(1, tags=(tag,))
    old = make_plan()
    for pk, start, before, after_tag in [
        (11, 1.0, False, 5),  # ours, still given
        (12, 10.0, False, 5),  # ours, no longer given
        (13, 20.0, True, 5),  # was there before us
        (14, 30.0, False, 5),  # ours, moved by somebody
        (15, 40.0, False, 6),  # ours, given another tag by somebody
    ]:
        moved = 0.5 if pk == 14 else 0.0
        Marker.objects.create(
            id=pk, scene_id=1, title="Dog_AI", seconds=start + moved, end_seconds=start + 2, primary_tag=tag
        )
        Change.objects.create(
            plan=old,
            scene_id=1,
            kind="add_marker",
            key=str(pk),
            status="applied",
            value={"tag": "Dog_AI", "title": "Dog_AI", "start": start, "end": start + 2},
            before={"present": before},
            after={"present": True, "marker_id": pk, "tag_id": after_tag},
        )
    Marker.objects.create(id=16, scene_id=1, title="Dog_AI", seconds=50, end_seconds=52, primary_tag=tag)
    tagger.films["/data/1.mp4"] = [("Dog", 1.0, 3.0)]
    analyse(1)
    assert values("remove_marker") == [
        {"marker_id": 12, "tag": "Dog_AI", "title": "Dog_AI", "start": 10.0, "end": 12.0}
    ]
    assert not Change.objects.filter(kind="add_marker").exclude(plan=old).exists()


@pytest.mark.parametrize("status", ["rejected", "reverted"])
def test_what_was_rejected_or_reverted_is_not_proposed_again(tagger: ScriptedTagger, status: str) -> None:
    for pk in (1, 2):
        make_scene(pk)
        tagger.films[f"/data/{pk}.mp4"] = [("Dog", 1.0, 2.0)]
    analyse(1)
    Change.objects.update(status=status)
    analyse(1, 2)
    assert set(Change.objects.filter(status="approved").values_list("scene", flat=True)) == {2}


def test_a_scene_named_by_a_person_is_analysed_again(tagger: ScriptedTagger) -> None:
    make_scene(1)
    analyse(1)
    tagger.films["/data/1.mp4"] = [("Dog", 1.0, 2.0)]
    assert analyse().result["scenes_analyzed"] == 0  # type: ignore[index]
    assert analyse(1).result["scenes_analyzed"] == 1  # type: ignore[index]
    assert tags() == ["Dog_AI"]


def test_a_scene_that_waits_for_another_detector_only_does_not_go_to_the_tagger_again(
    tagger: ScriptedTagger,
) -> None:
    make_scene(1)
    analyse(1, detect_tags=False)
    assert analyse().result["scenes_analyzed"] == 1  # type: ignore[index]
    assert len(tagger.asked_for()) == 1 and not due_scenes().exists()


def test_an_unknown_scene_is_said_and_nothing_is_done(tagger: ScriptedTagger) -> None:
    make_scene(1)
    job = analyse(1, 77)
    assert (job.status, job.error_code) == (Status.FAILED, "not_found") and "scene 77" in job.error_message
    assert tagger.asked_for() == []
