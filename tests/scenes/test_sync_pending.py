"""The pre-check of the sync: cheap, and never silent about a Stash that does not answer."""

from __future__ import annotations

import pytest

from jobs import testing
from jobs.waiting import Waiter
from scenes import services
from scenes.clients.base import ServiceError
from scenes.models import SyncState
from scenes.simulators.stash import RunningStash
from scenes.sync import pending
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)


def look() -> object:
    return pending(services.stash(Waiter()))


def test_without_an_earlier_sync_everything_is_pending(library: RunningStash) -> None:
    assert pending(services.stash(Waiter())).count == 12
    assert len(library.requests) == 1


def test_an_empty_stash_without_an_earlier_sync_has_nothing_pending(library: RunningStash) -> None:
    User(library).destroy_scenes(*range(1, 13))
    assert not pending(services.stash(Waiter())).any


def test_a_quiet_library_costs_one_request(library: RunningStash) -> None:
    testing.run("sync")
    library.forget_requests()
    assert not pending(services.stash(Waiter())).any
    assert [entry.operation for entry in library.requests] == ["Changes"]


def test_a_sync_of_a_quiet_library_costs_one_request_and_reads_no_scene(library: RunningStash) -> None:
    testing.run("sync")
    library.forget_requests()
    job = testing.run("sync")
    assert [entry.operation for entry in library.requests] == ["Changes"]
    assert job.result is not None
    assert job.result["synced_scenes"] == 0


def test_what_changed_lately_and_is_synced_is_not_pending_again(library: RunningStash) -> None:
    testing.run("sync")
    User(library).set_title(3, "Another title")
    testing.run("sync")
    assert not pending(services.stash(Waiter())).any


def test_what_is_pending_is_counted(library: RunningStash) -> None:
    testing.run("sync")
    user = User(library)
    user.set_title(3, "Another title")
    user.set_title(4, "Another title")
    user.rename_tag(1, "Renamed")
    found = pending(services.stash(Waiter()))
    assert (found.scenes, found.named, found.count) == ({3, 4}, {"tags"}, 3)


def test_a_stash_that_is_away_is_an_error_and_not_nothing_pending(library: RunningStash) -> None:
    testing.run("sync")
    with library.away(), pytest.raises(ServiceError) as caught:
        look()
    assert caught.value.code == "unreachable"


def test_an_error_of_stash_is_an_error_and_not_nothing_pending(library: RunningStash) -> None:
    testing.run("sync")
    library.fault("resolver_error", "Changes")
    with pytest.raises(ServiceError):
        look()


def test_another_library_is_pending_for_a_person(library: RunningStash) -> None:
    testing.run("sync")
    SyncState.objects.update(another_library=True)
    assert pending(services.stash(Waiter())).any
