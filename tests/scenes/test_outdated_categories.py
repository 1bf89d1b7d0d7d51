"""What an older model saw is counted, asked for again category by category, newest first, and replaced alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job, Status
from jobs.testing import run
from scenes.analysis.batches import outdated_batches
from scenes.analysis.spans import unpacked
from scenes.analysis.tagger.outdated import CategoryCount, counts, outdated
from scenes.clients.tagger.recent import recent
from scenes.models import Change, Detection, Marker, Scene, Tag, TaggerResult
from scenes.models.library import SceneTag
from scenes.simulators.tagger.simulator import TagsInFilm
from tests.scenes.analysis_factories import give_all, make_scene, make_tag
from tests.scenes.film_library import FilmLibrary

pytestmark = pytest.mark.django_db(transaction=True)
SEEN: TagsInFilm = {
    "actions": {"Dog": [(0.0, 1.0, 0.9)], "Both": [(0.5, 1.0, 0.9)]},
    "light": {"Night": [(0.25, 1.0, 0.625)], "Both": [(1.5, 2.0, 0.9)]},
}


@pytest.fixture(autouse=True)
def rules(transactional_db: None) -> None:
    """All that is seen is given."""
    give_all()


def upgrade(films: FilmLibrary, *models: dict[str, Any]) -> None:
    """The tagger is restarted with these models, and asked which it has."""
    films.tagger.models = list(models) or [LIGHT, MOVES | {"version": "2.0"}]
    recent.clear()


LIGHT = {"name": "light", "identifier": "l", "version": "1.0", "categories": ["light"]}
MOVES = {"name": "moves", "identifier": "m", "version": "1.0", "categories": ["actions", "moments"]}


def analysed(**params: Any) -> None:
    """By today's models; what they gave is in Stash."""
    assert run("analysis", detect_tags=False, **params).status == Status.COMPLETED
    write_to_stash()


def again(**params: Any) -> Job:
    return run("analysis", outdated=True, **params)


def skipped(films: FilmLibrary) -> list[list[str] | None]:
    return [question.get("categories_to_skip") for question in films.questions()]


def write_to_stash() -> None:
    """What was proposed is applied, as far as our tables show it."""
    ids = iter(range(1000, 2000))
    for change in Change.objects.filter(status="approved").order_by("id"):
        name = change.value.get("tag") or change.value["name"]
        tag = tag_named(name)
        after: dict[str, Any] = {"present": True, "tag_id": tag.pk}
        if change.kind == "add_tag":
            SceneTag.objects.get_or_create(scene=change.scene, tag=tag)
        if change.kind == "add_marker":
            after["marker_id"] = next(ids) + change.pk * 1000
            value = change.value
            times = {"seconds": value["start"], "end_seconds": value["end"]}
            Marker.objects.create(
                id=after["marker_id"], scene=change.scene, title=value["title"], primary_tag=tag, **times
            )
        Change.objects.filter(pk=change.pk).update(
            status="applied", outcome="done", before={"present": False}, after=after, stash_tag=tag.pk
        )


def tag_named(name: str) -> Tag:
    return Tag.objects.filter(name=name).first() or make_tag(Tag.objects.count() + 1, name)


def proposed(scene: int = 1) -> set[tuple[str, str]]:
    found = Change.objects.filter(status="approved", scene=scene)
    return {(change.kind, change.value.get("name") or change.value["tag"]) for change in found}


# What is outdated


def test_nothing_is_outdated_while_the_models_are_the_same(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    assert counts() == [] and not outdated().scenes().exists()


def test_what_an_older_model_saw_is_counted_by_category(films: FilmLibrary) -> None:
    for pk in (1, 2, 3):
        films.scene(pk, SEEN)
    analysed()
    upgrade(films)
    films.scene(4, SEEN)
    analysed(scene_ids=[4])
    assert counts() == [CategoryCount("actions", "moves 2.0", 3, 0), CategoryCount("moments", "moves 2.0", 3, 0)]
    assert list(outdated().scenes().values_list("pk", flat=True)) == [3, 2, 1], "newest first"


def test_a_category_that_is_new_was_seen_by_nobody(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    faces = {"name": "faces", "identifier": "f", "version": "1", "categories": ["faces"]}
    upgrade(films, LIGHT, MOVES, faces)
    films.scene(2, SEEN)
    analysed(scene_ids=[2])
    assert counts() == [CategoryCount("faces", "faces 1", 0, 1)]


def test_scenes_of_an_old_server_are_outdated_once_there_is_one_of_today(films: FilmLibrary) -> None:
    films.tagger.answers = "older"
    films.scene(1, {"actions": {"Dog": [(0.0, 1.0, 0.9)]}})
    analysed()
    assert counts() == [], "an old server does not tell of its models"
    films.tagger.answers = "v3"
    recent.clear()
    assert again(max_scenes=1).status == Status.COMPLETED
    assert skipped(films)[-1] == []
    assert counts() == []


def test_scenes_that_were_analysed_before_any_of_this_are_outdated_in_all(films: FilmLibrary) -> None:
    for pk in (1, 2):
        films.scene(pk, SEEN)
    analysed()
    Detection.objects.filter(scene=1).update(seen_with=None)
    TaggerResult.objects.filter(scene=1).delete()
    assert [(count.category, count.older) for count in counts()] == [("actions", 1), ("light", 1), ("moments", 1)]


@pytest.mark.parametrize(
    ("version", "is_outdated"), [("1.0", False), ("0.9", False), ("1.1", True), ("1.0.1", True), ("1.10", True)]
)
def test_a_step_back_to_an_earlier_version_outdates_nothing(
    films: FilmLibrary, version: str, is_outdated: bool
) -> None:
    films.scene(1, SEEN)
    analysed()
    upgrade(films, LIGHT, MOVES | {"version": version})
    assert again().status == Status.COMPLETED
    assert (len(films.questions()) == 2) is is_outdated


def test_another_model_of_the_same_category_outdates_it(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    upgrade(films, LIGHT, MOVES | {"name": "others", "identifier": "o"})
    again()
    assert skipped(films)[-1] == ["light"]


@pytest.mark.parametrize("who", ["deleted", "organized", "quarantined", "handled"])
def test_scenes_that_the_tagger_leaves_alone_are_not_counted(films: FilmLibrary, who: str) -> None:
    films.scene(1, SEEN)
    analysed()
    upgrade(films)
    films.scene(2, SEEN)
    analysed(scene_ids=[2])
    assert len(counts()) == 2
    if who == "deleted":
        Scene.objects.filter(pk=1).update(deleted_at="2026-11-01T00:00:00Z")
    if who == "organized":
        Scene.objects.filter(pk=1).update(organized=True)
    if who == "quarantined":
        Detection.objects.filter(scene=1).update(outcome="quarantined")
    if who == "handled":  # by a person's word, in the first run
        Detection.objects.filter(scene=1).delete()
    assert counts() == [] and not outdated().scenes().exists()


def test_the_counts_take_the_same_few_queries_for_any_number_of_scenes(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    films.scene(2, SEEN)
    analysed()
    upgrade(films)
    again(scene_ids=[2])
    detection = Detection.objects.get(scene=1, detector="detect_video_tags")
    numbers = []
    for begin in (10, 100):
        with CaptureQueriesContext(connection) as captured:
            assert counts()[0].older == (1 if begin == 10 else 91)
        numbers.append(len(captured))
        for pk in range(begin, begin + 90):
            make_scene(pk)
            Detection.objects.create(
                scene_id=pk,
                detector="detect_video_tags",
                handled_at=detection.handled_at,
                seen_with=detection.seen_with,
            )
    assert numbers[0] == numbers[1] <= 5


# Asking again


def test_only_the_outdated_categories_are_asked_for_newest_first_and_so_many(films: FilmLibrary) -> None:
    for pk in (1, 2, 3):
        films.scene(pk, SEEN)
    analysed()
    upgrade(films)
    films.tagger.server.control.forget()
    job = again(max_scenes=2)
    assert job.status == Status.COMPLETED and job.result is not None and job.result["scenes_analyzed"] == 2
    assert [question["path"] for question in films.questions()] == ["/media/3.mp4", "/media/2.mp4"]
    assert skipped(films) == [["light"]] * 2
    assert [count.older for count in counts()] == [1, 1]
    assert again().status == Status.COMPLETED and counts() == []
    nothing = again()
    assert (nothing.status, nothing.message, len(films.questions())) == (Status.COMPLETED, "Nothing is outdated", 3)


def test_what_was_seen_of_the_other_categories_is_kept_as_it_was(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    before = dict(TaggerResult.objects.values_list("category", "seen_at"))
    upgrade(films)
    films.sees(1, {"actions": {"Cat": [(0.0, 1.0, 0.9)]}, "light": {"Day": [(0.0, 1.0, 0.9)]}})
    again()
    rows = {row.category: row for row in TaggerResult.objects.select_related("model")}
    assert [span.tag for span in unpacked(rows["actions"].spans)] == ["Cat"]
    assert sorted(span.tag for span in unpacked(rows["light"].spans)) == ["Both", "Night"]
    assert {category: str(row.model) for category, row in rows.items()} == {
        "actions": "moves 2.0", "moments": "moves 2.0", "light": "light 1.0",
    }  # fmt: skip
    assert rows["light"].seen_at == before["light"] and rows["actions"].seen_at > before["actions"]


def test_what_the_old_model_gave_of_those_categories_is_replaced_and_nothing_else(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    theirs = tag_named("Mine")
    SceneTag.objects.create(scene_id=1, tag=theirs)
    Marker.objects.create(id=7, scene_id=1, title="Dog_AI", seconds=0.75, primary_tag=tag_named("Dog_AI"))
    upgrade(films)
    films.sees(1, {"actions": {"Cat": [(0.0, 1.0, 0.9)]}, "light": {"Day": [(0.0, 1.0, 0.9)]}})
    again(detect_tags=False)
    assert proposed() == {
        ("add_tag", "Cat_AI"),
        ("add_marker", "Cat_AI"),
        ("remove_tag", "Dog_AI"),
        ("remove_marker", "Dog_AI"),
        ("remove_marker", "Both_AI"),  # of actions; light still gives the tag, and its own marker
    }
    gone = [change.value["start"] for change in Change.objects.filter(kind="remove_marker")]
    assert sorted(gone) == [0.0, 0.5]


def test_a_tag_that_the_scene_had_before_us_is_not_removed(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    Change.objects.filter(kind="add_tag", value__name="Dog_AI").update(before={"present": True})
    upgrade(films)
    films.sees(1, {})
    again(detect_tags=False)
    assert ("remove_tag", "Dog_AI") not in proposed()


def test_what_the_new_model_gives_as_the_old_one_did_is_left_as_it_is(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    upgrade(films)
    again(detect_tags=False)
    assert proposed() == set()
    assert counts() == []


def test_a_server_that_answers_of_what_it_was_to_skip_changes_nothing_of_that(films: FilmLibrary) -> None:
    films.scene(1, {"light": {"Night": [(0.25, 1.0, 0.625)]}})
    analysed()
    upgrade(films)
    films.sees(1, {"light": {"Day": [(0.0, 1.0, 0.9)]}})
    films.tagger.heeds_skips = False
    again(detect_tags=False)
    assert proposed() == set()
    assert [span.tag for span in unpacked(TaggerResult.objects.get(category="light").spans)] == ["Night"]


def test_given_scenes_are_asked_for_what_is_outdated_of_them_alone(films: FilmLibrary) -> None:
    for pk in (1, 2):
        films.scene(pk, SEEN)
    analysed()
    upgrade(films)
    again(scene_ids=[1])
    write_to_stash()
    films.tagger.server.control.forget()
    again(scene_ids=[1, 2])
    assert [question["path"] for question in films.questions()] == ["/media/2.mp4"]


def test_a_film_that_fails_stays_outdated_and_is_quarantined_in_the_end(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    films.scene(2, SEEN)
    analysed()
    upgrade(films)
    films.tagger.refuse("1.mp4", "400: broken /media/1.mp4")
    for _ in range(3):
        assert again().errors == 1
    assert again().status == Status.COMPLETED and counts() == []
    assert Scene.objects.get(pk=1).video_analyzed
    assert TaggerResult.objects.filter(scene=1).count() == 3, "what was seen before is kept"


def test_with_the_tagger_away_nothing_is_lost(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    upgrade(films)
    films.tagger.server.go_away()
    assert again().error_code == "unreachable"
    films.tagger.server.come_back()
    assert again().status == Status.COMPLETED and counts() == []


def test_without_a_tagger_it_says_so(films: FilmLibrary, configure: Any) -> None:
    configure(tagger_url="")
    job = again()
    assert job.status == Status.COMPLETED and "Nothing is outdated" in job.message


# A run


def test_a_run_asks_again_for_as_many_as_the_settings_say_after_what_is_new(films: FilmLibrary, configure: Any) -> None:
    for pk in (1, 2, 3):
        films.scene(pk, SEEN)
    analysed()
    upgrade(films)
    run("analysis", outdated=True, scene_ids=[3])  # the models of today are known from it
    films.scene(4, SEEN)
    films.tagger.server.control.forget()
    assert outdated_batches(100, 0, ["detect_video_tags"]) == []
    assert outdated_batches(100, 10, ["detect_tags"]) == []
    assert outdated_batches(1, 10, ["detect_video_tags"]) == [[2], [1]]
    configure(outdated_scenes=1, detectors=frozenset({"detect_video_tags"}))
    steps = ["process_downloads", "stash_scan", "incremental_sync", "stash_generate", "completion"]
    job = run("process_new_scenes", skip=steps)
    batches = [sub.params for sub in job.sub_jobs.filter(type="analysis").order_by("created_at")]
    assert [(params["scene_ids"], params["outdated"]) for params in batches] == [([4], False), ([2], True)]
    assert [question["path"] for question in films.questions()] == ["/media/4.mp4", "/media/2.mp4"]
    assert outdated_batches(100, 1, ["detect_video_tags"], [[9], [1, 8]]) == []
