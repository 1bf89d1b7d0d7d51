"""A full sync: everything in Stash is in our tables afterwards."""

from __future__ import annotations

import pytest

from jobs import testing
from jobs.models import Status
from scenes.models import Marker, Performer, Scene, SceneFile, Studio, SyncState, Tag
from scenes.simulators.stash import RunningStash
from tests.scenes.mirror import ours, theirs

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_sync_brings_everything(library: RunningStash) -> None:
    job = testing.run("sync")
    assert job.status == Status.COMPLETED, job.error_message
    assert ours() == theirs(library)
    assert (Scene.objects.count(), SceneFile.objects.count(), Marker.objects.count()) == (12, 12, 24)
    assert (Tag.objects.count(), Performer.objects.count(), Studio.objects.count()) == (5, 3, 2)
    assert SyncState.load().watermark is not None
