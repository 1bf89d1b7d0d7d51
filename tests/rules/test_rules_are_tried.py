"""Changed rules are tried on what the tagger saw before: nothing is asked, and nothing written until it is approved."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from jobs import engine
from jobs.models import Job, Status
from jobs.testing import run, work
from scenes.analysis.spans import packed
from scenes.clients.tagger.answers import TagSpan
from scenes.crash_points import CrashPoint
from scenes.models import Change, Plan, Scene, SceneFile, TaggerModel, TaggerResult, TagRule
from scenes.models.library import SceneTag
from scenes.rules.trying import AT_ONCE, trial
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import crash_at, make_scene, make_tag, markers_of, tags_of
from tests.scenes.tagger_server import ScriptedTagger

pytestmark = pytest.mark.django_db(transaction=True)


def saw(scene: int, *spans: tuple[str, float, float | None], category: str = "actions", duration: float = 600) -> None:
    """What the tagger saw in a scene, as it is kept."""
    model, _ = TaggerModel.objects.get_or_create(name="gentler", identifier="1", version="2.0")
    SceneFile.objects.filter(scene=scene).update(duration=duration)
    rows = [TagSpan(category, tag, start, end, 0.9) for tag, start, end in spans]
    TaggerResult.objects.create(
        scene_id=scene, category=category, model=model, frame_interval=2, threshold=0.3, duration=duration,
        spans=packed(rows),
    )  # fmt: skip


def proposed(kind: str = "") -> list[tuple[int, Any]]:
    changes = Change.objects.filter(status="proposed").order_by("id")
    return [(one.scene_id, one.value) for one in (changes.filter(kind=kind) if kind else changes)]


def ours(scene: int) -> tuple[set[str], set[str]]:
    """In our copy of Stash: the scene's tags and markers."""
    tags = set(SceneTag.objects.filter(scene=scene).values_list("tag__name", flat=True))
    return tags, set(Scene.objects.get(pk=scene).markers.values_list("title", flat=True))


def test_rules_that_did_not_change_change_nothing_whatever_the_times_of_the_frames(
    stash: RunningStash, tagger: ScriptedTagger
) -> None:
    path = Scene.objects.get(pk=1).files.get().path
    frames = [number * 1001 / 30_000 for number in (15, 45, 75, 105, 375, 405)]  # 0.5005 s, 1.5015 s, …
    moments: list[tuple[str, float, float | None]] = [(f"Tag {n}", start, None) for n, start in enumerate(frames)]
    tagger.films[path] = [*moments, ("Dog", frames[0], frames[3]), ("Cat", frames[1], frames[4])]
    run("apply_plan", plan_id=run("analysis", scene_ids=[1]).result["plan_id"])  # type: ignore[index]
    assert trial().described()["examples"] == []


def test_a_changed_rule_adds_and_removes_what_is_ours_and_nothing_else(
    stash: RunningStash, tagger: ScriptedTagger
) -> None:
    path = Scene.objects.get(pk=1).files.get().path
    tagger.films[path] = [("Dog", 1.0, 20.0), ("Cat", 5.0, 9.0), ("Cow", 30.0, 33.0)]
    plan = run("analysis", scene_ids=[1]).result["plan_id"]  # type: ignore[index]
    run("apply_plan", plan_id=plan)
    before, theirs = tags_of(stash)[1], tags_of(stash)[2]
    tagger.server.control.forget()
    TagRule.objects.create(tag_name="Cow", scene_tag_enabled=False, min_marker_duration=5)
    TagRule.objects.create(tag_name="Dog", stash_name="Hound")
    result = trial()
    assert result.described()["counts"] == {"add_tag": 1, "remove_tag": 2, "add_marker": 1, "remove_marker": 2}
    assert result.summary.startswith("1 scene tried, 1 of them would change: 1 tags added, 2 tags of ours removed")
    assert tags_of(stash)[1] == before and not proposed()
    job = run("apply_rules")
    assert job.result == {
        "plan_id": Plan.objects.latest("id").pk,
        "scenes_tried": 1,
        "changes_proposed": 6,
        "changes_approved": 0,
        "changes_waiting": 6,
    }
    assert job.message == "1 scene tried: 6 changes wait for review"
    assert tags_of(stash)[1] == before
    Change.objects.filter(status="proposed").update(status="approved")
    assert run("apply_plan", plan_id=job.result["plan_id"]).status == Status.COMPLETED
    assert set(tags_of(stash)[1]) == {*before, "Hound_AI"} - {"Dog_AI", "Cow_AI"}
    assert [(title, start) for _, title, start, _ in markers_of(stash, 1)] == [("Hound_AI", 1.0), ("Cat_AI", 5.0)]
    assert tags_of(stash)[2] == theirs and not tagger.asked_for()
    assert trial().summary == "1 scene tried: nothing changes."
    TagRule.objects.of_tags().delete()
    assert trial().described()["counts"] == {"add_tag": 2, "remove_tag": 1, "add_marker": 2, "remove_marker": 1}


def test_what_was_rejected_or_waits_already_is_not_proposed_again() -> None:
    for scene in (1, 2, 3):
        make_scene(scene)
        saw(scene, ("Dog", 0.0, 300.0))
    run("apply_rules", scene_ids=[1, 2])
    Change.objects.filter(scene=1).update(status="rejected")
    run("apply_rules")
    assert sorted(scene for scene, _ in proposed("add_tag")) == [2, 3]
    assert trial().summary == "3 scenes tried: nothing changes."


def test_scenes_that_are_not_ours_to_change_are_left_out(configure: Callable[..., Any]) -> None:
    for scene in (1, 2, 3, 4):
        make_scene(scene, organized=scene == 2)
        saw(scene, ("Dog", 0.0, 300.0))
    Scene.objects.filter(pk=3).update(deleted_at="2026-11-01T00:00:00Z")
    TaggerResult.objects.filter(scene=4).update(spans=b"\x01no zlib")
    make_scene(5)
    assert trial().scenes == 1
    configure(organized_scenes="tag")
    assert trial().scenes == 2
    make_tag(9, "Dog_AI").__class__.objects.update(ignore_auto_tag=True)
    assert not trial().counts


def test_tags_of_several_categories_are_evaluated_together() -> None:
    make_scene(1)
    saw(1, ("Dog", 0.0, 8.0), category="actions", duration=600)
    saw(1, ("Dog", 100.0, 108.0), ("Cat", 0.0, 300.0), category="body", duration=600)
    counts = trial().tags
    assert counts["add_tag", "Dog_AI"] == counts["add_tag", "Cat_AI"] == 1
    run("apply_rules", auto_approve=True)
    change = Change.objects.get(kind="add_tag", tag="cat_ai")
    assert change.status == "approved" and change.evidence
    assert change.evidence["model"] == {
        "name": "gentler", "identifier": "1", "version": "2.0", "category": "body",
    }  # fmt: skip
    assert change.evidence["rule"].startswith("Default rule: seen for 300 s, 50% of the film")


def test_the_newest_come_first_and_only_so_many() -> None:
    for scene in (1, 2, 3):
        make_scene(scene)
        saw(scene, ("Dog", 0.0, 300.0))
    assert [example["scene"] for example in trial(most=2).examples] == [3, 3, 2, 2]
    job = run("apply_rules", max_scenes=1)
    assert {scene for scene, _ in proposed()} == {3} and job.result and job.result["scenes_tried"] == 1


def test_a_scene_that_another_job_is_at_is_left_to_it(tagger: ScriptedTagger) -> None:
    make_scene(1)
    saw(1, ("Dog", 0.0, 300.0))
    engine.start("analysis", {"scene_ids": [1]}, source="test")
    job = Job.objects.get(pk=engine.start("apply_rules", {}, source="test").pk)
    claimed = engine.claim_next(job.pk)
    assert claimed is not None
    from jobs.testing import run_job

    run_job(claimed, watch=False)
    job.refresh_from_db()
    assert job.status == Status.COMPLETED and job.result and job.result["scenes_tried"] == 0
    work()


@pytest.mark.acceptance
@pytest.mark.parametrize("point", [CrashPoint.PLAN_MADE, CrashPoint.SCENE_RECORDED, CrashPoint.PLAN_APPROVED])
def test_after_a_crash_each_change_is_proposed_once(point: CrashPoint) -> None:
    for scene in range(1, 61):
        make_scene(scene)
        saw(scene, ("Dog", 0.0, 300.0))
    started = engine.start("apply_rules", {}, source="test")
    TagRule.objects.create(tag_name="Dog", wanted=False)  # too late for this job
    crash_at(point)
    engine.recover()
    work()
    job = Job.objects.get(pk=started.pk)
    assert job.status == Status.COMPLETED and job.result
    assert (job.result["changes_proposed"], Plan.objects.count()) == (120, 1)


def test_the_number_of_queries_does_not_grow_with_the_scenes(django_assert_max_num_queries: Any) -> None:
    for scene in range(1, 41):
        make_scene(scene)
        saw(scene, ("Dog", 0.0, 300.0))
    assert AT_ONCE > 40
    with django_assert_max_num_queries(18):
        assert trial().scenes == 40


def test_a_table_is_tried_before_it_is_taken_over(tmp_path: Path) -> None:
    make_scene(1, title="Sunset\x1b[31m")
    saw(1, ("Dog", 0.0, 300.0), ("Cat", 10.0, 12.0))
    TagRule.objects.create(tag_name="Dog", wanted=False)
    table = tmp_path / "rules.csv"
    table.write_text("tag_name,required_scene_tag_duration,markers_enabled\nCat,1s,no\n")

    def tried(*options: str) -> Any:
        out = io.StringIO()
        call_command("rules", "try", "--json", *options, stdout=out)
        return json.loads(out.getvalue())

    assert tried()["counts"]["add_tag"] == 0
    assert tried("--csv", str(table))["tags"] == [{"kind": "add_tag", "tag": "Cat_AI", "count": 1}]
    replaced = tried("--csv", str(table), "--replace", "--scene", "1", "--max-scenes", "5")
    assert replaced["counts"] == {"add_tag": 2, "remove_tag": 0, "add_marker": 1, "remove_marker": 0}
    assert not TagRule.objects.filter(key="cat").exists() and not Change.objects.exists()
    out = io.StringIO()
    call_command("rules", "try", "--csv", str(table), stdout=out)
    assert "  1 × tags added: Cat_AI" in out.getvalue() and "\x1b" not in out.getvalue()
    for options in (["--max-scenes", "0"], ["--csv", str(tmp_path / "none.csv")]):
        with pytest.raises(CommandError):
            tried(*options)


def test_the_command_lists_takes_over_and_writes(tmp_path: Path) -> None:
    table, copy = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_bytes("tag_name;max_gap\r\nGröße;2,5\r\n".encode("utf-8-sig"))

    def output(*options: str) -> str:
        out = io.StringIO()
        call_command("rules", *options, stdout=out)
        return out.getvalue()

    assert output("import", str(table), "--dry-run") == "Rules: 1 new, 0 as they were. Nothing was changed.\n"
    assert TagRule.objects.count() == 1
    assert output("import", str(table)) == "Rules: 1 new, 0 as they were.\n"
    assert "Größe: max_gap 2.5" in output("list") and "All other tags: " in output("list")
    assert json.loads(output("list", "--json"))[1]["tag_name"] == "Größe"
    assert output("export").splitlines()[2].startswith("Größe,")
    output("export", str(copy))
    assert output("import", str(copy), "--replace") == "Rules: 2 as they were.\n"
    copy.write_text("tag_name,max_gap\nA,x\nB,y\n")
    with pytest.raises(CommandError, match=r"(?s)Line 2: max_gap.*Line 3: max_gap"):
        output("import", str(copy))


def test_newer_rules_withdraw_what_older_ones_proposed_and_nobody_decided_on() -> None:
    for pk in (1, 2):
        make_scene(pk)
        saw(pk, ("Dog", 0, 300), ("Cat", 0, 300))
    run("apply_rules")
    assert {value["name"] for _, value in proposed("add_tag")} == {"Dog_AI", "Cat_AI"}
    Change.objects.filter(scene=2, tag="cat_ai", kind="add_tag").update(status="approved")
    TagRule.objects.create(tag_name="Cat", wanted=False)
    result = run("apply_rules").result
    assert proposed("add_tag") == [(2, {"name": "Dog_AI"}), (1, {"name": "Dog_AI"})]
    assert {value["tag"] for _, value in proposed("add_marker")} == {"Dog_AI"}
    assert Change.objects.filter(status="approved").count() == 1, "somebody decided on it"
    assert result is not None and result["changes_waiting"] == 4


def test_an_analysis_that_waits_for_review_loses_nothing_by_other_rules(tagger: ScriptedTagger) -> None:
    make_scene(1)
    tagger.films["/data/1.mp4"] = [("Dog", 0.0, 60.0)]
    run("analysis", scene_ids=[1], auto_approve=False)
    before = set(Change.objects.values_list("pk", flat=True))
    TagRule.objects.create(tag_name="Cow", wanted=False)
    run("apply_rules")
    assert before and set(Change.objects.values_list("pk", flat=True)) == before
