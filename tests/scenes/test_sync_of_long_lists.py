"""Lists that are too large for one answer are read in pages: a sync neither fails for them nor misses anything."""

from __future__ import annotations

import pytest

from jobs import testing
from jobs.models import Status
from jobs.waiting import Waiter
from scenes import services
from scenes.clients import exchange
from scenes.clients.base import ServiceError
from scenes.clients.stash.client import StashClient
from scenes.models import Marker, SyncState
from scenes.simulators.stash import RunningStash
from scenes.sync import pending
from tests.scenes.mirror import ours, theirs
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(library: RunningStash, monkeypatch: pytest.MonkeyPatch) -> User:
    """Of a Stash that we have synced: its 24 markers are too many for one answer by now."""
    sync()
    monkeypatch.setattr(exchange, "MAX_VALUES", 110)
    library.forget_requests()
    return User(library)


def sync(**params: object) -> None:
    job = testing.run("sync", **params)
    assert job.status == Status.COMPLETED, job.error_message


def client() -> StashClient:
    return services.stash(Waiter())


def is_pending() -> bool:
    return pending(client()).any


def test_one_deleted_marker_among_too_many_for_an_answer_is_found(user: User) -> None:
    user.destroy_marker(1)
    assert is_pending()
    sync()
    assert ours() == theirs(user.stash) and not Marker.objects.filter(pk=1).exists()
    assert not is_pending()
    assert len(user.stash.asked("MarkersUpdatedAt")) > 2


def test_more_changes_than_an_answer_holds_are_all_found(user: User) -> None:
    SyncState.objects.update(watermark="2000-01-01T00:00:00Z")
    for marker in list(user.stash.state.markers):
        user.update_marker(marker, title=f"Another {marker}")
    for scene in list(user.stash.state.scenes):
        user.set_title(scene, f"Renamed {scene}")
    assert len(pending(client()).scenes) == 12
    assert len(user.stash.asked("MoreChanges")) > 2
    sync()
    assert ours() == theirs(user.stash) and not is_pending()


def test_a_full_sync_asks_for_fewer_scenes_where_a_page_is_too_large(user: User) -> None:
    Marker.objects.all().delete()
    sync(force=True)
    assert ours() == theirs(user.stash)


def test_what_leaves_a_list_while_it_is_read_is_noticed(user: User) -> None:
    pages = client().changes("2000")
    next(pages)
    user.destroy_marker(1)
    with pytest.raises(ServiceError, match="deleted while") as caught:
        list(pages)
    assert (caught.value.code, caught.value.permanent) == ("bad_answer", False)


def test_what_comes_into_a_list_while_it_is_read_is_no_trouble(user: User) -> None:
    pages = client().changes("2000")
    found = [next(pages)]
    user.create_marker(3, 1)
    found += pages
    markers = {pk for page in found for pk in page.markers}
    assert markers == {str(pk) for pk in user.stash.state.markers} and len(found) > 3


def test_when_all_scenes_were_made_is_told_in_pages(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_VALUES", 20)
    pages = list(client().all_created_at())
    assert len(pages) == 3
    assert {pk for page in pages for pk in page} == {str(pk) for pk in user.stash.state.scenes}


def test_one_scene_that_is_too_large_by_itself_is_said_with_what_to_do(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MAX_VALUES", 30)
    for ask in (lambda: client().scene_page(1), lambda: client().scenes_by_id(["1", "2"])):
        with pytest.raises(ServiceError, match="more than 30 values") as caught:
            ask()
        assert caught.value.code == "bad_answer" and "markers" in caught.value.hint
