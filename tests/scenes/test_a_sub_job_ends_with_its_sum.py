"""What a sub-job says at its end is what it did in all, not the item that it came to last."""

from __future__ import annotations

import pytest
from django.utils import translation

from jobs import testing
from jobs.models import Job
from jobs.texts.translatable import translated
from scenes.models import Scene
from scenes.simulators.stash import RunningStash
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)


def sync(**params: bool) -> Job:
    return testing.run("sync", **params)


def test_a_sync_says_how_many_scenes_there_are_and_what_became_of_them(library: RunningStash) -> None:
    assert sync().message == "12 scenes: 12 added"
    user = User(library)
    user.ask('mutation { sceneUpdate(input: {id: "3", title: "Another"}) { id } }')
    Scene.objects.filter(pk__in=(5, 6)).delete()
    assert sync(force=True).message == "12 scenes: 2 added, 1 updated, 9 unchanged"
    assert sync().message == sync(force=True).message == "12 scenes: 12 unchanged"
    user.destroy_scenes(7)
    assert sync().message == "11 scenes: 11 unchanged, 1 deleted"


def test_a_sync_of_an_empty_stash_says_so(library: RunningStash) -> None:
    library.do(library.simulator.state.scenes.clear)
    assert sync().message == "0 scenes"


def test_its_sum_is_in_the_reader_s_language(library: RunningStash) -> None:
    message = sync().message
    with translation.override("de"):
        assert translated(message) == "12 Szenen: 12 hinzugefügt"


def test_a_step_says_what_its_sync_did(library: RunningStash) -> None:
    run = testing.run("process_new_scenes", skip=["process_downloads", "analysis_batches", "stash_generate"])
    assert run.steps.get(key="incremental_sync").message == "12 scenes: 12 added"


def test_generating_says_what_became_of_the_scenes(synced: RunningStash) -> None:
    assert testing.run("stash_generate").message == "12 scenes: 12 generated"
    assert testing.run("stash_generate").message == "No scene waits for its previews"
    Scene.objects.filter(pk=3).update(generated_at=None)
    assert testing.run("stash_generate").message == "1 scene: 1 complete before"
