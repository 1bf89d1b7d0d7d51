"""detect_tags: names of the library's tags in a scene's title, details and path."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Event, Job, Status
from jobs.testing import run
from scenes.models import Change, Plan, Scene
from tests.scenes.analysis_factories import due_scenes, make_scene, make_tag, set_folders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("configure")]


def found(**params: Any) -> list[str]:
    run("analysis", **params)
    return [change.value["name"] for change in Change.objects.order_by("id")]


def test_names_in_title_details_and_path_are_proposed_once_each() -> None:
    for pk, name in enumerate(["Dog", "Beach", "Night walk", "Cat"], start=1):
        make_tag(pk, name)
    make_scene(1, title="A DOG", details="A dog, on the beach.", path="/data/night_walk/dog.mp4")
    assert found() == ["Dog", "Beach", "Night walk"]
    assert set(Change.objects.values_list("kind", "status", "detector", "confidence")) == {
        ("add_tag", "approved", "detect_tags", None)
    }


def test_an_alias_proposes_its_tag_and_a_name_comes_before_another_tags_alias() -> None:
    make_tag(1, "Dog", "Hound", "Cat")
    make_tag(2, "Cat", "Kitty")
    make_scene(1, title="hound and cat")
    make_scene(2, title="Cat and kitty")
    run("analysis")
    changes = Change.objects.values_list("scene", "value__name")
    assert sorted(changes) == [(1, "Cat"), (1, "Dog"), (2, "Cat")]


def test_tags_that_the_scene_has_and_tags_of_the_tagger_are_not_proposed() -> None:
    dog = make_tag(1, "Dog")
    make_tag(2, "Beach_AI", "Shore")
    make_scene(1, title="Dog on the beach ai, by the shore", tags=(dog,))
    assert found() == []


def test_the_extension_and_the_librarys_own_folder_are_no_words() -> None:
    for pk, name in enumerate(["mp4", "Library", "Outdoor", "Clip"], start=1):
        make_tag(pk, name)
    set_folders("/data", "/data/library")
    make_scene(1, path="/data/library/outdoor/clip.mp4")
    assert found() == ["Outdoor", "Clip"]


def test_a_name_is_not_found_across_two_texts_or_two_folders() -> None:
    make_tag(1, "Night walk")
    make_scene(1, title="Night", details="Walk", path="/data/night/walk/night.mp4")
    assert found() == []


def test_paths_of_windows_are_read_as_well() -> None:
    make_tag(1, "Night walk")
    make_tag(2, "Dog")
    set_folders("D:\\videos")
    make_scene(1, path="D:\\videos\\night walk\\dog.mp4")
    assert found() == ["Night walk", "Dog"]


def test_a_scene_without_a_file_is_read_too() -> None:
    make_tag(1, "Dog")
    make_scene(1, title="Dog", path=None)
    assert found() == ["Dog"] and not due_scenes().exists()


def test_without_a_tagger_the_names_are_looked_for_and_the_step_says_so() -> None:
    make_tag(1, "Dog")
    make_scene(1, title="Dog")
    job = run("analysis")
    assert job.status == Status.COMPLETED and Change.objects.count() == 1
    assert not Scene.objects.get().video_analyzed
    assert not due_scenes().exists()
    assert "No tagger set: names only" in [event.message for event in Event.objects.filter(job=job)]


def test_what_is_not_wanted_is_not_looked_for() -> None:
    make_tag(1, "Dog")
    make_scene(1, title="Dog")
    assert found(detect_tags=False) == []
    assert found(detect_video_tags=False) == ["Dog"]
    assert "No tagger set: names only" not in [event.message for event in Event.objects.all()], "it was not wanted"


def test_alone_it_takes_the_newest_hundred_that_are_due() -> None:
    for pk in range(1, 104):
        make_scene(pk, title=f"Film {pk}")
    job = run("analysis")
    assert job.result is not None and job.result["scenes_analyzed"] == 100
    assert Plan.objects.get().scene_ids() == list(range(103, 3, -1))
    assert (job.done, job.total, job.percent) == (100, 100, 100)
    assert sorted(due_scenes().values_list("pk", flat=True)) == [1, 2, 3]


def test_nothing_due_is_nothing_done() -> None:
    job = run("analysis")
    assert job.status == Status.COMPLETED and job.message == "No scene is due"
    assert job.result is not None and job.result["plan_id"] is None and not Plan.objects.exists()


def test_the_library_is_read_with_as_many_queries_for_many_scenes_as_for_one() -> None:
    for pk in range(1, 200):
        make_tag(pk, f"Tag number{pk}", f"alias{pk}")
    for pk in range(1, 62):
        make_scene(pk, title=f"Tag number{pk}")
    assert reads([1]) == reads(list(range(2, 62)))
    assert Change.objects.count() == 61


def reads(ids: list[int]) -> int:
    """SELECTs of an analysis that are not about the job itself."""
    with CaptureQueriesContext(connection) as queries:
        job: Job = run("analysis", scene_ids=ids)
    assert job.status == Status.COMPLETED
    return sum(query["sql"].startswith("SELECT") and '"scenes_' in query["sql"] for query in queries)
