"""A Stash that was reset or swapped has other scenes under the same ids: the sync stops and asks."""

from __future__ import annotations

import pytest

from jobs import testing
from jobs.models import Job, Status
from scenes.models import Marker, Scene, SceneFile, SyncState, Tag
from scenes.simulators.stash import RunningStash
from tests.scenes.mirror import ours

pytestmark = pytest.mark.django_db(transaction=True)


def assert_stopped(job: Job) -> None:
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "another_library", 1)
    assert "STASHHOG_STASH_URL" in job.error_message
    assert SyncState.load().another_library


@pytest.mark.parametrize("force", [False, True])
def test_a_reset_stash_stops_the_sync_before_scenes_are_touched(library: RunningStash, force: bool) -> None:
    testing.run("sync")
    before, watermark = ours(), SyncState.load().watermark
    counts = (Scene.objects.count(), SceneFile.objects.count(), Marker.objects.count(), Tag.objects.count())
    library.reset_library()
    assert_stopped(testing.run("sync", force=force))
    assert ours() == before
    after = (Scene.objects.count(), SceneFile.objects.count(), Marker.objects.count(), Tag.objects.count())
    assert after == counts
    assert SyncState.load().watermark == watermark


def test_it_stays_stopped_without_asking_stash_until_a_person_decides(library: RunningStash) -> None:
    testing.run("sync")
    library.reset_library()
    testing.run("sync")
    library.forget_requests()
    assert_stopped(testing.run("sync"))
    assert not library.requests


def test_the_same_moment_written_in_another_zone_is_the_same_library(library: RunningStash) -> None:
    testing.run("sync")
    moments = {scene.id: scene.created_at for scene in library.state.scenes.values()}

    def rewrite() -> None:
        for scene in library.state.scenes.values():
            scene.created_at = moments[scene.id].replace("Z", "+00:00")
            library.state.touch(scene)
        library.state.commit()

    library.do(rewrite)
    assert testing.run("sync").status == Status.COMPLETED
