"""Short answers about names and changes: nothing that Stash still has is forgotten, and no change is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs import testing
from jobs.models import Event, Status
from jobs.waiting import Waiter
from scenes import services
from scenes.clients.base import ServiceError
from scenes.models import Scene, SyncState, Tag
from scenes.models.library import SceneTag
from scenes.simulators.stash import RunningStash
from scenes.sync import pending
from scenes.sync.names import Destroyed
from tests.scenes.mirror import ours, theirs
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)
SHORT = ["short_page", "short_answer"]


@pytest.fixture
def user(library: RunningStash) -> User:
    """Of a Stash that we have synced."""
    sync()
    return User(library)


def sync(**params: object) -> None:
    job = testing.run("sync", **params)
    assert job.status == Status.COMPLETED, job.error_message


def is_pending() -> bool:
    return pending(services.stash(Waiter())).any


def attempt(**params: object) -> None:
    """A sync that may fail, as a short answer may make it."""
    testing.run("sync", **params)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("fault", SHORT)
def test_two_equal_short_answers_about_tags_take_no_tag_from_a_scene(user: User, fault: str, force: bool) -> None:
    user.rename_tag(2, "Renamed")
    before = set(SceneTag.objects.values_list("scene", "tag"))
    user.stash.fault(fault, "Tags", keep=2, times=2)
    attempt(force=force)
    assert Tag.objects.count() == 5
    assert set(SceneTag.objects.values_list("scene", "tag")) == before
    user.stash.clear_faults()
    sync()
    assert ours() == theirs(user.stash)


@pytest.mark.parametrize("fault", SHORT)
@pytest.mark.parametrize("operation", ["Performers", "Studios"])
def test_nor_a_performer_or_a_studio(user: User, fault: str, operation: str) -> None:
    user.rename_performer(1, "Renamed")
    user.rename_studio(1, "Renamed")
    user.stash.fault(fault, operation, keep=1, times=2)
    attempt()
    user.stash.clear_faults()
    sync()
    assert ours() == theirs(user.stash)
    assert not is_pending()


def test_a_tag_that_a_scene_still_has_is_kept_whatever_the_lists_and_counts_say(user: User) -> None:
    context, every_scene = testing.context("sync"), set(Scene.objects.values_list("pk", flat=True))
    Tag.objects.create(pk=6, name="Unused")
    Destroyed({"tags": frozenset({1, 2, 6})}).forget(context, every_scene)
    assert set(Tag.objects.values_list("pk", flat=True)) == {1, 2, 3, 4, 5}
    assert Event.objects.get(job=context.job, level="warning").message.startswith("Stash lists 2 of its tags no longer")
    assert ours() == theirs(user.stash)


def many_tags(user: User) -> list[int]:
    tags = [user.create_tag(f"One of many {number}") for number in range(30)]
    sync()
    return tags


def test_more_than_twenty_and_a_tenth_of_the_tags_wait_for_a_person(user: User) -> None:
    gone = many_tags(user)[:21]
    user.destroy_tags(*gone)
    assert testing.run("sync").error_code == "many_missing"
    assert Tag.objects.count() == 35
    assert SyncState.load().missing_names == {"tags": gone}
    assert not is_pending()
    assert "accept" in Event.objects.filter(level="warning").latest("id").message
    assert SyncState.accept_missing() == 21
    assert is_pending()
    sync()
    assert (Tag.objects.count(), SyncState.load().missing_names) == (14, {})
    assert SyncState.load().missing_accepted_at is None
    assert not is_pending()


def test_twenty_unused_tags_are_believed_at_once(user: User) -> None:
    user.destroy_tags(*many_tags(user)[:20])
    sync()
    assert Tag.objects.count() == 15


# --- changes ---


def test_a_list_of_changes_shorter_than_its_count_is_an_error_that_is_tried_again(user: User) -> None:
    user.set_title(3, "Another title")
    user.stash.fault("short_page", "Changes", keep=2)
    with pytest.raises(ServiceError, match="counts") as caught:
        is_pending()
    assert (caught.value.code, caught.value.permanent) == ("bad_answer", False)


@pytest.mark.parametrize("fault", SHORT)
def test_an_older_change_that_one_answer_lacks_is_found_by_the_next(user: User, fault: str) -> None:
    clock, now = user.stash.simulator.clock, datetime.now(UTC)
    user.stash.do(lambda: clock.set_now(now + timedelta(minutes=1)))
    user.set_title(9, "Two days ago")
    user.stash.do(lambda: clock.set_now(now + timedelta(days=2)))
    user.set_title(1, "Now")
    user.stash.fault(fault, "Changes", keep=1)
    attempt()
    sync()
    assert Scene.objects.get(pk=9).title == "Two days ago"
    assert ours() == theirs(user.stash)


def test_a_rename_that_a_full_sync_was_not_told_of_is_found_by_the_next_sync(user: User) -> None:
    clock, now = user.stash.simulator.clock, datetime.now(UTC)
    user.stash.do(lambda: clock.set_now(now + timedelta(minutes=1)))
    user.rename_tag(5, "Renamed two days ago")
    user.stash.do(lambda: clock.set_now(now + timedelta(days=2)))
    user.set_title(1, "Now")
    user.stash.fault("short_answer", "Tags", keep=2)
    sync(force=True)
    sync()
    assert Tag.objects.get(pk=5).name == "Renamed two days ago"
    assert not is_pending()


def test_the_watermark_moves_as_far_as_two_answers_agree(user: User) -> None:
    before = SyncState.load().watermark
    user.set_title(3, "Another title")
    sync()
    assert SyncState.load().watermark == before
    sync()
    watermark = SyncState.load().watermark
    assert watermark == datetime.fromisoformat(user.stash.state.scenes[3].updated_at)
