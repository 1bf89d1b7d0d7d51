"""A Stash that was reset or swapped has other scenes under the same ids: the sync stops and asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs import testing
from jobs.models import Job, Status
from jobs.waiting import Waiter
from scenes import services
from scenes.models import Change, Marker, Plan, Scene, SceneFile, SyncState, Tag
from scenes.simulators.stash import RunningStash, running_stash
from scenes.simulators.stash.library import records
from scenes.sync import pending
from tests.scenes.mirror import ours, theirs
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = "2020-01-01T00:00:00Z"


def assert_stopped(job: Job) -> None:
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "another_library", 1)
    assert "“Stash address”" in job.error_message
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


def test_it_stays_stopped_and_reads_no_scene_until_a_person_decides(library: RunningStash) -> None:
    testing.run("sync")
    library.reset_library()
    testing.run("sync")
    library.forget_requests()
    assert_stopped(testing.run("sync"))
    assert [entry.operation for entry in library.requests] == ["Created"]


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


def swap(stash: RunningStash, fewer: int = 0, named: str = "") -> None:
    """Another library in its place, with older times than any that we know, and less in it."""
    stash.reset_library(LONG_AGO)
    seed_names(stash, named)
    User(stash).destroy_scenes(*range(13 - fewer, 13))


def seed_names(stash: RunningStash, named: str) -> None:
    """As many of each as we know, and older."""

    def add() -> None:
        for number in range(1, 6):
            stash.state.add(records.Tag(number, f"{named}{number}", LONG_AGO, LONG_AGO))
        for number in range(1, 4):
            stash.state.add(records.Performer(number, f"{named}{number}", LONG_AGO, LONG_AGO))
        for number in range(1, 3):
            stash.state.add(records.Studio(number, f"{named}{number}", LONG_AGO, LONG_AGO))
        for number in range(1, 25):
            stash.state.add(records.Marker(number, 1, "", 1.0, 2.0, 1, [], LONG_AGO, LONG_AGO))
        stash.state.commit()

    stash.do(add)


@pytest.mark.parametrize("fewer", [0, 1])
def test_a_swapped_stash_with_older_times_is_noticed_whatever_its_counts(library: RunningStash, fewer: int) -> None:
    testing.run("sync")
    before = ours()
    swap(library, fewer)
    assert pending(services.stash(Waiter())).blocked
    assert_stopped(testing.run("sync"))
    assert ours() == before
    assert not Scene.objects.exclude(deleted_at=None).exists()


@pytest.mark.parametrize("force", [False, True])
def test_names_of_another_library_are_not_saved(library: RunningStash, force: bool) -> None:
    testing.run("sync")
    before = set(Tag.objects.values_list("pk", "name"))
    library.reset_library()
    seed_names(library, "Theirs ")
    User(library).create_tag("Theirs 6")
    assert_stopped(testing.run("sync", force=force))
    assert set(Tag.objects.values_list("pk", "name")) == before


def test_with_the_right_stash_back_the_next_sync_goes_on(
    library: RunningStash, configure: Callable[..., object]
) -> None:
    testing.run("sync")
    with running_stash() as other:
        other.seed(scenes=12, tags=5, performers=3, studios=2)
        configure(stash_url=other.url)
        assert_stopped(testing.run("sync"))
        assert_stopped(testing.run("sync"))
    configure(stash_url=library.url)
    User(library).set_title(3, "Changed meanwhile")
    assert testing.run("sync").status == Status.COMPLETED
    assert not SyncState.load().another_library
    assert ours() == theirs(library)


def test_one_scene_that_does_not_fit_is_enough_to_stay_stopped(library: RunningStash) -> None:
    testing.run("sync")
    SyncState.objects.update(another_library=True)
    library.state.scenes[7].created_at = "2020-01-01T00:00:00Z"
    assert_stopped(testing.run("sync"))


def test_an_empty_stash_is_no_proof_that_it_is_the_right_one(library: RunningStash) -> None:
    testing.run("sync")
    SyncState.objects.update(another_library=True)
    User(library).destroy_scenes(*range(1, 13))
    assert_stopped(testing.run("sync"))


def test_the_message_names_both_ways_out(library: RunningStash) -> None:
    testing.run("sync")
    library.reset_library()
    message = testing.run("sync").error_message
    assert "“Stash address”" in message and "the next sync goes on" in message
    assert "accept it under “Needs you”" in message


def test_nothing_is_generated_for_another_library_that_no_sync_has_seen(library: RunningStash) -> None:
    testing.run("sync")
    library.reset_library()
    assert_stopped(testing.run("stash_generate"))
    assert not Scene.objects.exclude(generated_at=None).exists()
    assert not library.asked("metadataGenerate")


def test_changes_are_not_written_to_another_library_that_no_sync_has_seen(library: RunningStash) -> None:
    testing.run("sync")
    plan = Plan.objects.create()
    Change.objects.create(plan=plan, scene_id=1, kind="add_tag", value={"name": "New"}, status="approved")
    library.reset_library()
    assert_stopped(testing.run("apply_plan", plan_id=plan.pk))
    assert not library.asked("EachBulkSceneUpdate") and not library.asked("CreateTag")
