"""An incremental sync finds every change, also those that leave a scene's own `updated_at` as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs import testing
from jobs.models import Job, Status
from jobs.waiting import Waiter
from scenes import services
from scenes.models import Generation, Marker, Outcome, Performer, Scene, Studio, SyncState, Tag
from scenes.simulators.stash import RunningStash
from scenes.sync import Pending, pending
from tests.scenes.mirror import ours, theirs
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES: dict[str, Callable[[User], object]] = {
    "a title": lambda user: user.set_title(3, "Another title"),
    "a new scene": lambda user: user.create_scene("Without a file"),
    "a destroyed scene": lambda user: user.destroy_scenes(5),
    "a scene for another": lambda user: user.destroy_scenes(5).create_scene("In its place"),
    "a renamed file": lambda user: user.rename_file(4, "/seeded/renamed.mp4"),
    "a replaced file": lambda user: user.replace_file(4, "00000000deadbeef"),
    "a new marker": lambda user: user.create_marker(2, 1, "Here"),
    "a changed marker": lambda user: user.update_marker(3, title="Renamed"),
    "a marker moved to another scene": lambda user: user.update_marker(3, scene_id=9),
    "a destroyed marker": lambda user: user.destroy_marker(3),
    "a marker for another": lambda user: user.destroy_marker(3).create_marker(7, 2, "Instead"),
    "a new tag": lambda user: user.create_tag("New"),
    "a renamed tag": lambda user: user.rename_tag(2, "Renamed"),
    "a merged tag": lambda user: user.merge_tag(4, 5),
    "a tag for another": lambda user: user.merge_tag(4, 5).create_tag("Instead"),
    "a renamed performer": lambda user: user.rename_performer(1, "Renamed"),
    "a renamed studio": lambda user: user.rename_studio(1, "Renamed"),
    "a studio's parent": lambda user: user.set_parent(1, 2),
}


@pytest.fixture
def user(library: RunningStash) -> User:
    """Of a Stash that we have synced."""
    assert testing.run("sync").status == Status.COMPLETED
    library.forget_requests()
    return User(library)


def look() -> Pending:
    return pending(services.stash(Waiter()))


def sync(**params: object) -> Job:
    job = testing.run("sync", **params)
    assert job.status == Status.COMPLETED, job.error_message
    return job


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_pending_and_the_sync_brings_it(user: User, change: str) -> None:
    assert not look().any
    CHANGES[change](user)
    assert look().any
    sync()
    assert ours() == theirs(user.stash)
    assert not look().any


@pytest.mark.parametrize("change", CHANGES)
def test_a_full_sync_brings_it_too(user: User, change: str) -> None:
    CHANGES[change](user)
    sync(force=True)
    assert ours() == theirs(user.stash)
    assert not look().any


def test_names_are_those_of_stash(user: User) -> None:
    user.rename_tag(2, "Renamed tag")
    user.merge_tag(4, 5)
    user.rename_performer(1, "Renamed performer")
    user.rename_studio(1, "Renamed studio")
    sync()
    state = user.stash.state
    for model, table in ((Tag, state.tags), (Performer, state.performers), (Studio, state.studios)):
        assert dict(model.objects.values_list("pk", "name")) == {row.id: row.name for row in table.values()}
    assert Tag.objects.get(pk=5).aliases == state.tags[5].aliases


def parents() -> dict[int, int | None]:
    return dict(Studio.objects.values_list("pk", "parent_id"))


def test_a_studio_has_the_parent_that_it_has_in_stash(user: User) -> None:
    assert parents() == {1: None, 2: None}
    user.set_parent(1, 2)
    sync()
    assert parents() == {1: 2, 2: None}
    user.set_parent(1, None)
    user.set_parent(2, 1)
    sync()
    assert parents() == {1: None, 2: 1}


def test_a_studio_whose_parent_was_destroyed_has_none(user: User) -> None:
    user.set_parent(1, 2)
    sync()
    user.destroy_studio(2)
    sync()
    assert parents() == {1: None}
    assert ours() == theirs(user.stash)


def test_only_what_differs_is_read_again(user: User) -> None:
    user.set_title(3, "Another title")
    user.create_marker(8, 1)
    job = sync()
    assert [entry.variables["ids"] for entry in user.stash.asked("ScenesById")] == [["8", "3"]]
    assert not user.stash.asked("ScenePage")
    assert job.result is not None
    counted = {name: job.result[name] for name in ("synced_scenes", "new_scenes", "updated_scenes")}
    assert counted == {"synced_scenes": 2, "new_scenes": 0, "updated_scenes": 2}


def test_two_changes_in_one_second_are_both_found(user: User) -> None:
    for number in range(4):
        user.set_title(3, f"Title {number}")
        sync()
        assert Scene.objects.get(pk=3).title == f"Title {number}"


def test_a_change_made_while_it_is_being_read_is_found_by_the_next_sync(user: User) -> None:
    slow = user.stash.fault("slow", "ScenesById", seconds=1.2)
    user.set_title(3, "First")
    sync()
    user.set_title(3, "Second")
    assert look().scenes == {3}
    sync()
    assert Scene.objects.get(pk=3).title == "Second"
    assert slow.times == 0


def test_what_is_ours_of_a_scene_is_kept(user: User) -> None:
    Scene.objects.filter(pk=3).update(video_analyzed=True)
    Generation.objects.create(pk=3, outcome=Outcome.FAILED, attempts=2, message="Because")
    user.set_title(3, "Another title")
    sync()
    sync(force=True)
    scene = Scene.objects.get(pk=3)
    assert (scene.video_analyzed, scene.generation.attempts, scene.generation.message) == (True, 2, "Because")


def test_a_new_scene_is_not_analysed(user: User) -> None:
    number = user.create_scene("New")
    job = sync()
    assert Scene.objects.get(pk=number).video_analyzed is False
    assert job.result is not None
    assert job.result["new_scenes"] == 1


def test_the_watermark_is_the_newest_change_by_stashs_clock(user: User) -> None:
    user.create_marker(2, 1)
    sync()
    sync()  # which finds it as it was
    newest = max(row.updated_at for row in user.stash.state.markers.values())
    watermark = SyncState.load().watermark
    assert watermark is not None
    assert f"{watermark:%Y-%m-%dT%H:%M:%SZ}" == newest


def test_a_time_in_the_future_does_not_hide_what_comes(user: User) -> None:
    def from_the_future() -> None:
        scene = user.stash.state.scenes[1]
        scene.updated_at = "2099-01-01T00:00:00Z"
        user.stash.state.save(scene)
        user.stash.state.commit()

    user.stash.do(from_the_future)
    sync()
    user.set_title(3, "Another title")
    sync()
    assert Scene.objects.get(pk=3).title == "Another title"
    assert not look().any


def test_markers_of_a_destroyed_scene_do_not_count(user: User) -> None:
    user.destroy_scenes(5)
    sync()
    assert Marker.objects.filter(scene=5).count() == 2
    assert not look().any
