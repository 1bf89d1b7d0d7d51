"""detect_video_tags proposes what the rules give, takes back what they no longer give, and leaves alone all else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobs import engine
from jobs.models import Job
from jobs.testing import run, work
from scenes.models import Change, Tag, TagRule
from scenes.models.library import SceneTag
from tests.scenes.analysis_factories import make_plan, make_scene, make_tag
from tests.scenes.tagger_server import ScriptedTagger

pytestmark = pytest.mark.django_db(transaction=True)


def analyse(*scene_ids: int, **params: Any) -> Job:
    return run("analysis", scene_ids=list(scene_ids), **params)


def proposed(kind: str) -> list[dict[str, Any]]:
    return [change.value for change in Change.objects.filter(kind=kind).exclude(status="applied")]


def we_added(tag: Tag, before: bool = False, detector: str = "detect_video_tags", kind: str = "add_tag") -> None:
    """The scene 1 has the tag, by an applied change of ours."""
    SceneTag.objects.get_or_create(scene_id=1, tag=tag)
    Change.objects.create(
        plan=make_plan(),
        scene_id=1,
        kind=kind,
        key=f"{tag} {kind}",
        detector=detector,
        status="applied",
        value={"name": tag.name, "tag_id": tag.pk},
        before={"present": before},
        after={"present": kind == "add_tag", "tag_id": tag.pk},
        stash_tag=tag.pk,
    )


def test_tags_of_ours_that_are_not_given_any_more_are_proposed_for_removal(tagger: ScriptedTagger) -> None:
    make_scene(1)
    ours, given, theirs, by_name, ignored, renewed = [
        make_tag(pk, f"{name}_AI")
        for pk, name in enumerate(["Ours", "Given", "Theirs", "Named", "Ignored", "Renewed"], 5)
    ]
    Tag.objects.filter(pk=ignored.pk).update(ignore_auto_tag=True)
    for tag in (ours, given, ignored, renewed):
        we_added(tag)
    we_added(theirs, before=True)
    we_added(by_name, detector="detect_tags")
    we_added(renewed, before=True, kind="remove_tag")  # and somebody gave it back by hand
    tagger.films["/data/1.mp4"] = [("Given", 1.0, 5.0)]
    analyse(1)
    assert proposed("remove_tag") == [{"tag_id": ours.pk, "name": "Ours_AI"}]
    assert proposed("add_tag") == []


def test_what_somebody_has_taken_away_is_not_taken_away_again(tagger: ScriptedTagger) -> None:
    make_scene(1)
    we_added(make_tag(5, "Dog_AI"))
    SceneTag.objects.all().delete()
    analyse(1)
    assert not proposed("remove_tag")


def test_a_removal_that_was_rejected_is_not_proposed_again(tagger: ScriptedTagger) -> None:
    make_scene(1)
    we_added(make_tag(5, "Dog_AI"))
    analyse(1)
    Change.objects.filter(kind="remove_tag").update(status="rejected")
    analyse(1)
    assert Change.objects.filter(kind="remove_tag").count() == 1


def test_what_is_not_wanted_comes_in_no_way_at_all(tagger: ScriptedTagger) -> None:
    make_tag(5, "Dog"), make_tag(6, "Cat"), make_tag(7, "Cow")
    make_scene(1, title="A dog, a cat and a cow")
    TagRule.objects.create(tag_name="DOG", wanted=False)
    TagRule.objects.create(tag_name="cat_AI", wanted=False)
    tagger.films["/data/1.mp4"] = [(name, 1.0, 5.0) for name in ("Dog", "Cat", "Cow")]
    analyse(1)
    assert proposed("add_tag") == [{"name": "Cow_AI"}, {"name": "Cow"}]
    assert [value["tag"] for value in proposed("add_marker")] == ["Cow_AI"]


def test_a_run_keeps_the_rules_that_it_was_started_with(tagger: ScriptedTagger) -> None:
    make_scene(1)
    TagRule.objects.create(tag_name="Dog", stash_name="Hound")
    tagger.films["/data/1.mp4"] = [("Dog", 1.0, 5.0), ("Cat", 1.0, 5.0)]
    engine.start("analysis", {"scene_ids": [1]}, source="test")
    TagRule.objects.of_tags().update(stash_name="Mutt")
    TagRule.objects.create(tag_name="Cat", wanted=False)
    work()
    assert proposed("add_tag") == [{"name": "Hound_AI"}, {"name": "Cat_AI"}]
    analyse(1)
    assert proposed("add_tag")[2:] == [{"name": "Mutt_AI"}]


def test_a_film_gets_no_more_markers_than_the_settings_say(
    tagger: ScriptedTagger, configure: Callable[..., Any]
) -> None:
    make_scene(1)
    tagger.films["/data/1.mp4"] = [("Dog", start, start + 1.0 + start / 100) for start in (0.0, 10.0, 20.0, 30.0)]
    configure(max_markers=2)
    analyse(1)
    assert [value["start"] for value in proposed("add_marker")] == [20.0, 30.0]
    configure(max_markers=0)
    analyse(1)
    assert len(proposed("add_marker")) == 4


def test_why_a_change_is_proposed_is_kept_with_it(tagger: ScriptedTagger) -> None:
    make_scene(1)
    TagRule.objects.create(tag_name="Dog", required_scene_tag_duration="5%", max_gap=4)
    tagger.films["/data/1.mp4"] = [("Dog", 1.0, 5.0), ("Dog", 8.0, None), ("Dog", 50.0, 52.0)]
    analyse(1)
    tag, first, second = Change.objects.order_by("id")
    assert tag.evidence and first.evidence and second.evidence
    assert tag.evidence["rule"] == "Rule of “Dog”: seen for 8 s, 13% of the film; 5% is enough"
    assert tag.evidence["spans"] == [[1.0, 5.0, 0.75], [8.0, None, 0.75], [50.0, 52.0, 0.75]]
    assert first.value["end"] == 10.0 and first.evidence["spans"] == [[1.0, 5.0, 0.75], [8.0, None, 0.75]]
    assert second.evidence["rule"] == "Rule of “Dog”: at least 0 s, over gaps of at most 4 s"
