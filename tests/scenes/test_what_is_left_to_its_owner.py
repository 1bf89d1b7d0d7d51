"""Tags that Stash's own machines leave alone, and scenes that their owner has marked organized."""

from __future__ import annotations

from functools import partial

import pytest
from django.db.models import Model

from jobs.models import Event
from jobs.testing import run
from scenes.models import Change, Performer, Scene, Studio, Tag
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import due_scenes, make_scene, make_tag
from tests.scenes.tagger_server import ScriptedTagger

pytestmark = pytest.mark.django_db(transaction=True)


def found(**params: object) -> list[str]:
    run("analysis", **params)
    return [change.value["name"] for change in Change.objects.filter(kind="add_tag").order_by("id")]


# --- ignore_auto_tag ---


@pytest.mark.parametrize("model, kind", [(Tag, "tags"), (Performer, "performers"), (Studio, "studios")])
def test_the_sync_keeps_the_mark_as_it_is_in_stash(library: RunningStash, model: type[Model], kind: str) -> None:
    def mark(value: bool) -> None:
        row = library.state.table(kind)[1]
        row.ignore_auto_tag = value
        library.state.touch(row)

    run("sync", force=True)
    marked = model._default_manager.filter(ignore_auto_tag=True)
    assert not marked.exists()
    for value in (True, False):
        library.do(partial(mark, value))
        run("sync")
        assert list(marked.values_list("pk", flat=True)) == ([1] if value else [])


@pytest.mark.usefixtures("configure")
def test_a_tag_that_ignores_auto_tag_is_not_proposed_by_its_name_or_alias() -> None:
    make_tag(1, "Dog", "Hound")
    make_tag(2, "Cat")
    Tag.objects.filter(pk=1).update(ignore_auto_tag=True)
    make_scene(1, title="Dog, hound and cat", details="dog", path="/data/Dog/dog.mp4")
    assert found() == ["Cat"]


@pytest.mark.usefixtures("configure")
def test_its_name_stands_for_no_other_tag_and_hides_no_shorter_name() -> None:
    make_tag(1, "Night walk")
    make_tag(2, "Night")
    make_tag(3, "Dog", "Night walk")
    Tag.objects.filter(pk=1).update(ignore_auto_tag=True)
    make_scene(1, title="Night walk")
    assert found() == ["Night"]


def test_the_tagger_does_not_set_it_either(tagger: ScriptedTagger) -> None:
    make_tag(1, "Dog_AI")
    Tag.objects.filter(pk=1).update(ignore_auto_tag=True)
    make_scene(1)
    tagger.films["/data/1.mp4"] = [("Dog", 1.0, 5.5), ("Cat", 8.0, 9.0)]
    assert found() == ["Cat_AI"]
    assert [change.value["tag"] for change in Change.objects.filter(kind="add_marker")] == ["Cat_AI"]


# --- organized ---


@pytest.mark.usefixtures("configure")
def test_an_organized_scene_gets_no_tags_by_name_and_is_due_when_it_is_no_longer_organized() -> None:
    make_tag(1, "Dog")
    scene = make_scene(1, title="Dog", organized=True)
    assert found() == [] and not due_scenes().exists()
    assert found(scene_ids=[1]) == []
    assert Event.objects.filter(message__contains="is marked organized in Stash").exists()
    Scene.objects.filter(pk=scene.pk).update(organized=False)
    assert found() == ["Dog"]


@pytest.mark.parametrize("setting, is_tagged", [(None, False), ("leave", False), ("tag", True)])
def test_whether_the_tagger_handles_an_organized_scene_is_a_setting(
    tagger: ScriptedTagger, configure: object, setting: str | None, is_tagged: bool
) -> None:
    if setting:
        configure(organized_scenes=setting)  # type: ignore[operator]
    make_tag(1, "Dog")
    make_scene(1, title="Dog", organized=True)
    make_scene(2, title="Dog")
    tagger.films |= {f"/data/{pk}.mp4": [("Cat", 1.0, 5.5)] for pk in (1, 2)}
    run("analysis")
    names = {(change.scene_id, change.value["name"]) for change in Change.objects.filter(kind="add_tag")}
    assert names == {(2, "Dog"), (2, "Cat_AI")} | ({(1, "Cat_AI")} if is_tagged else set())
    assert not due_scenes().exists()
