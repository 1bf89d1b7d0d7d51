"""Scenes are marked deleted only on two equal, complete answers, and many at once only when a person says so."""

from __future__ import annotations

import pytest

from jobs import testing
from jobs.models import Event, Job, Status
from jobs.waiting import Waiter
from scenes import services
from scenes.models import Marker, Scene, SyncState
from scenes.simulators.stash import RunningStash
from scenes.sync import pending
from tests.scenes.mirror import ours, theirs
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(library: RunningStash) -> User:
    """Of a Stash with 112 scenes that we have synced."""
    library.seed(scenes=100, tags=5, performers=3, studios=2, tags_per_scene=2)
    sync()
    assert Scene.objects.count() == 112
    return User(library)


def sync(**params: object) -> Job:
    return testing.run("sync", **params)


def deleted() -> int:
    return Scene.objects.exclude(deleted_at=None).count()


def result(job: Job, name: str) -> object:
    assert job.status == Status.COMPLETED, job.error_message
    assert job.result is not None
    return job.result[name]


def test_a_destroyed_scene_is_marked_deleted_and_keeps_its_row(user: User) -> None:
    user.destroy_scenes(7)
    job = sync()
    assert result(job, "deleted_scenes") == 1
    assert Scene.objects.get(pk=7).deleted_at is not None
    assert ours() == theirs(user.stash)
    assert len(user.stash.asked("SceneIds")) == 3  # one of the first sync, and two equal ones


def test_markers_that_went_with_their_scenes_are_not_looked_for_among_all_markers(user: User) -> None:
    assert Marker.objects.filter(scene=7).exists()
    user.destroy_scenes(7)
    sync()
    assert not user.stash.asked("MarkersUpdatedAt")
    assert ours() == theirs(user.stash)


def test_twenty_at_once_are_believed(user: User) -> None:
    user.destroy_scenes(*range(1, 21))
    assert result(sync(), "deleted_scenes") == 20


def test_more_than_twenty_and_a_tenth_wait_for_a_person(user: User) -> None:
    user.destroy_scenes(*range(1, 22))
    job = sync()
    assert deleted() == 0
    assert job.result is not None and job.result["missing_scenes"] == 21
    assert SyncState.load().missing_ids == list(range(1, 22))
    warning = Event.objects.get(job=job, level="warning", kind="log").message
    assert warning.startswith("21 of 112 scenes are no longer in Stash.")
    assert "accept" in warning


def test_while_a_person_is_awaited_nothing_is_pending(user: User) -> None:
    user.destroy_scenes(*range(1, 22))
    sync()
    assert not pending(services.stash(Waiter())).any


def test_what_a_person_accepted_is_deleted_by_the_next_sync(user: User) -> None:
    user.destroy_scenes(*range(1, 22))
    sync()
    assert SyncState.accept_missing() == 21
    assert pending(services.stash(Waiter())).any
    assert result(sync(), "deleted_scenes") == 21
    state = SyncState.load()
    assert (state.missing_ids, state.missing_accepted_at) == ([], None)
    assert not pending(services.stash(Waiter())).any


def test_an_acceptance_does_not_hold_for_other_scenes(user: User) -> None:
    user.destroy_scenes(*range(1, 22))
    sync()
    SyncState.accept_missing()
    user.destroy_scenes(*range(22, 60))
    sync()
    assert deleted() == 0
    assert len(SyncState.load().missing_ids) == 59


def test_an_acceptance_does_not_outlast_the_return_of_its_scenes(user: User) -> None:
    hidden = user.hide_scenes(*range(61, 113))
    sync()
    assert SyncState.accept_missing() == 52
    user.show_scenes(hidden)
    assert pending(services.stash(Waiter())).any
    sync()
    state = SyncState.load()
    assert (state.missing_ids, state.missing_accepted_at) == ([], None)
    assert not pending(services.stash(Waiter())).any
    user.hide_scenes(*range(61, 113))
    sync()
    assert deleted() == 0


def test_nothing_is_accepted_where_nothing_waits(user: User) -> None:
    assert SyncState.accept_missing() == 0
    user.hide_scenes(*range(61, 113))
    sync()
    assert deleted() == 0


def test_some_of_the_many_that_come_back_do_not_condemn_the_others(user: User) -> None:
    user.destroy_scenes(*range(1, 22))
    sync()
    Scene.objects.filter(pk__in=range(1, 6)).update(deleted_at="2026-01-01T00:00:00Z")  # as if not asked for
    sync(force=True)
    assert deleted() == 5
    assert SyncState.load().missing_ids == list(range(6, 22))


def test_scenes_that_are_there_again_wait_for_nobody(user: User) -> None:
    hidden = user.hide_scenes(*range(51, 113))
    sync(force=True)
    assert len(SyncState.load().missing_ids) == 62
    user.show_scenes(hidden)
    sync(force=True)
    assert SyncState.load().missing_ids == []
    assert deleted() == 0


def test_two_equal_short_answers_that_the_count_does_not_bear_out_delete_nothing(user: User) -> None:
    user.destroy_scenes(7)
    user.stash.fault("short_answer", "SceneIds", keep=100, times=2)
    sync()
    assert deleted() == 0


@pytest.mark.parametrize("force", [False, True])
def test_one_short_answer_deletes_nothing(user: User, force: bool) -> None:
    user.destroy_scenes(7)
    user.stash.fault("short_answer", "SceneIds", keep=100)
    sync(force=force)
    assert deleted() == 0
    assert result(sync(force=force), "deleted_scenes") == 1


def test_an_answer_that_is_shorter_than_its_count_is_an_error_that_is_tried_again(user: User) -> None:
    user.destroy_scenes(7)
    user.stash.fault("short_page", "SceneIds", keep=100)
    context = testing.context("sync")
    with pytest.raises(Exception, match="gave 100 scenes, but counts 111"):
        run(context)
    assert deleted() == 0


def test_an_empty_answer_deletes_nothing_however_few_there_are(library: RunningStash) -> None:
    sync()
    library.fault("short_answer", None, keep=0, times=None)
    sync()
    sync(force=True)
    assert deleted() == 0
    library.clear_faults()
    sync(force=True)
    assert ours() == theirs(library)


def test_a_half_answer_of_every_question_deletes_nothing(user: User) -> None:
    user.stash.fault("short_answer", None, times=None)
    sync()
    sync(force=True)
    assert deleted() == 0
    user.stash.clear_faults()
    sync(force=True)
    assert ours() == theirs(user.stash)
    assert not pending(services.stash(Waiter())).any


def test_a_scene_that_comes_back_is_no_longer_deleted(user: User) -> None:
    Scene.objects.filter(pk=7).update(deleted_at="2026-01-01T00:00:00Z", video_analyzed=True)
    assert pending(services.stash(Waiter())).any
    sync()
    scene = Scene.objects.get(pk=7)
    assert scene.deleted_at is None
    assert scene.video_analyzed


def run(context: object) -> None:
    from scenes import sync as domain

    domain.run(context, services.stash(context))  # type: ignore[arg-type]
