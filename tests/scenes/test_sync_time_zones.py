"""Stash writes its times in its own zone and compares them as text: no change is missed in any zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from jobs import testing
from jobs.models import Status
from jobs.waiting import Waiter
from scenes import services
from scenes.models import Scene, SyncState
from scenes.simulators.stash import RunningStash, running_stash
from scenes.sync import pending
from tests.scenes.mirror import ours, theirs
from tests.scenes.stash_user import User

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]  # of the clock and answers of Stash

ZONES = ["UTC", "America/Los_Angeles", "Etc/GMT+8", "Asia/Kolkata", "Pacific/Kiritimati", "Etc/GMT+12"]
# The clocks go back at 09:00 UTC, from 01:59 -07:00 to 01:00 -08:00.
LOS_ANGELES_NIGHT = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


def sync(**params: object) -> None:
    job = testing.run("sync", **params)
    assert job.status == Status.COMPLETED, job.error_message


def set_clock(stash: RunningStash, moment: datetime) -> None:
    stash.do(lambda: stash.simulator.clock.set_now(moment))


def read_again(stash: RunningStash) -> list[list[str]]:
    return [entry.variables["ids"] for entry in stash.asked("ScenesById")]


@pytest.mark.parametrize("zone", ZONES)
def test_a_change_is_found_and_only_that_scene_is_read_again(library: RunningStash, zone: str) -> None:
    library.set_zone(zone)
    user = User(library)
    user.set_title(1, "In that zone, before the first sync")
    sync()
    library.forget_requests()
    user.set_title(3, "Another title")
    assert pending(services.stash(Waiter())).scenes == {3}
    sync()
    assert ours() == theirs(library)
    assert read_again(library) == [["3"]]
    assert not pending(services.stash(Waiter())).any


@pytest.mark.parametrize("zone", ZONES)
def test_changes_one_after_the_other_are_found_with_each_zones_watermark(library: RunningStash, zone: str) -> None:
    library.set_zone(zone)
    user = User(library)
    sync()
    for number, title in ((3, "First"), (4, "Second"), (3, "Third")):
        library.forget_requests()
        user.set_title(number, title)
        sync()
        assert Scene.objects.get(pk=number).title == title
        assert read_again(library) == [[str(number)]]


@pytest.mark.parametrize(("before", "after"), [("Pacific/Kiritimati", "Etc/GMT+12"), ("Etc/GMT+12", "UTC")])
def test_a_server_that_moves_to_another_zone_hides_nothing(library: RunningStash, before: str, after: str) -> None:
    library.set_zone(before)
    user = User(library)
    user.set_title(1, "In the first zone")
    sync()
    library.set_zone(after)
    library.forget_requests()
    user.set_title(3, "In the second zone")
    sync()
    assert ours() == theirs(library)
    assert read_again(library) == [["3"]]


@pytest.fixture
def night(configure: Callable[..., object]) -> Iterator[RunningStash]:
    """A Stash in Los Angeles, just before the hour that comes twice."""
    with running_stash(zone="America/Los_Angeles") as stash:
        set_clock(stash, LOS_ANGELES_NIGHT - timedelta(hours=1))
        stash.seed(scenes=12, tags=5, performers=3, studios=2, tags_per_scene=3, markers_per_scene=2)
        set_clock(stash, LOS_ANGELES_NIGHT)
        configure(stash_url=stash.url)
        yield stash


def test_in_the_hour_that_comes_twice_a_later_change_has_a_smaller_text_and_is_found(
    night: RunningStash,
) -> None:
    user = User(night)
    sync()
    user.set_title(1, "At 01:30, the first time")
    sync()
    assert read_again(night) == [["1"]]
    first = Scene.objects.get(pk=1).remote_updated_at
    set_clock(night, LOS_ANGELES_NIGHT + timedelta(minutes=40))
    user.set_title(2, "At 01:10, the second time")
    assert pending(services.stash(Waiter())).scenes == {2}
    sync()
    assert read_again(night) == [["1"], ["2"]]
    assert not pending(services.stash(Waiter())).any
    second = Scene.objects.get(pk=2).remote_updated_at
    assert (first[:16], second[:16]) == ("2026-11-01T01:30", "2026-11-01T01:10")
    assert ours() == theirs(night)


def test_a_full_sync_in_the_hour_that_comes_twice_hides_nothing(night: RunningStash) -> None:
    user = User(night)
    user.set_title(1, "At 01:30, the first time")
    sync(force=True)
    set_clock(night, LOS_ANGELES_NIGHT + timedelta(minutes=40))
    user.create_marker(2, 1, "At 01:10, the second time")
    sync()
    assert ours() == theirs(night)
    assert read_again(night) == [["2"]]


def test_the_watermark_is_an_instant_whatever_the_zone(library: RunningStash) -> None:
    library.set_zone("Asia/Kolkata")
    User(library).set_title(1, "Another title")
    sync()
    watermark = SyncState.load().watermark
    assert watermark is not None
    assert watermark == datetime.fromisoformat(library.state.scenes[1].updated_at)
    assert timedelta(0) <= datetime.now(UTC) - watermark < timedelta(minutes=1)
