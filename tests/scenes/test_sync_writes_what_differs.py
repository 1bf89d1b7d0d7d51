"""A full sync reads everything and writes only what differs; what it found as it was counts as nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import testing
from jobs.models import Job, Status
from scenes.models import Generation, Marker, Scene, SceneFile
from scenes.models.library import ScenePerformer, SceneTag
from scenes.simulators.stash import RunningStash
from tests.scenes.mirror import ours, theirs
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)
WRITE = re.compile(r'^(?:\d+ times: )?(?:INSERT INTO|UPDATE|DELETE FROM) "(scenes_\w+)"')
NO_LIBRARY = {"scenes_syncstate"}


@pytest.fixture
def user(library: RunningStash) -> User:
    assert testing.run("sync").status == Status.COMPLETED
    return User(library)


def full_sync() -> tuple[Job, set[str]]:
    """The job, and the library's tables that it wrote to."""
    with CaptureQueriesContext(connection) as captured:
        job = testing.run("sync", force=True)
    assert job.status == Status.COMPLETED, job.error_message
    written = [found[1] for query in captured if (found := WRITE.match(query["sql"]))]
    return job, set(written) - NO_LIBRARY


def counted(job: Job) -> tuple[int, int]:
    assert job.result is not None
    return job.result["new_scenes"], job.result["updated_scenes"]


def test_nothing_is_written_where_nothing_changed(user: User) -> None:
    before = list(Scene.objects.order_by("pk").values())
    job, written = full_sync()
    assert (counted(job), written) == ((0, 0), set())
    assert list(Scene.objects.order_by("pk").values()) == before


def rename(user: User) -> None:
    user.ask('mutation { sceneUpdate(input: {id: "3", title: "Another"}) { id } }')


def retag(user: User) -> None:
    scene = user.stash.state.scenes[3]
    user.stash.do(lambda: setattr(scene, "tag_ids", scene.tag_ids[1:]))


def unmark(user: User) -> None:
    user.destroy_marker(next(pk for pk, marker in user.stash.state.markers.items() if marker.scene_id == 3))


def move_a_marker(user: User) -> None:
    marker = next(marker for marker in user.stash.state.markers.values() if marker.scene_id == 3)
    user.stash.do(lambda: setattr(marker, "seconds", marker.seconds + 1))


def replace_the_file(user: User) -> None:
    scene = user.stash.state.scenes[3]
    file = user.stash.state.primary_file(scene)
    user.stash.do(lambda: setattr(file, "size", 12345))


@pytest.mark.parametrize("change", [rename, retag, unmark, move_a_marker, replace_the_file])
def test_one_scene_of_which_something_differs_is_the_only_one_that_is_written(
    user: User, library: RunningStash, change: Callable[[User], Any]
) -> None:
    change(user)
    before = {row.pk: row.synced_at for row in Scene.objects.all()}
    job, written = full_sync()
    assert counted(job) == (0, 1) and written
    assert ours() == theirs(library)
    assert {row.pk for row in Scene.objects.all() if row.synced_at != before[row.pk]} == {3}


def test_a_scene_that_we_took_for_deleted_is_back_though_nothing_of_it_differs(user: User) -> None:
    Scene.objects.filter(pk=3).update(deleted_at=timezone.now())
    job, _ = full_sync()
    assert counted(job) == (0, 1) and Scene.objects.get(pk=3).deleted_at is None


@pytest.mark.parametrize("model", [SceneFile, Marker, SceneTag, ScenePerformer])
def test_a_row_that_we_lost_comes_back(user: User, library: RunningStash, model: Any) -> None:
    model.objects.filter(scene=3).delete()
    job, _ = full_sync()
    assert counted(job) == (0, 1) and ours() == theirs(library)


@pytest.mark.parametrize("model", [SceneFile, Marker])
def test_a_row_that_we_have_of_a_scene_of_another_page_comes_to_its_own(
    user: User, library: RunningStash, monkeypatch: pytest.MonkeyPatch, model: Any
) -> None:
    monkeypatch.setattr("scenes.sync.passes.PAGE", 5)
    assert model.objects.filter(scene=3).update(scene=12)
    full_sync()
    assert ours() == theirs(library)


def test_previews_stay_good_where_nothing_changed(user: User) -> None:
    Scene.objects.update(generated_at=timezone.now())
    Generation.objects.create(scene_id=3, outcome="done")
    full_sync()
    assert not Scene.objects.filter(generated_at=None).exists()
