"""Stash's clock may be another than ours: it is Stash's that tells whether a row can still change within its second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs import testing
from jobs.models import Status
from scenes.models import Scene, SyncState
from scenes.simulators.stash import RunningStash
from tests.scenes.mirror import ours, theirs
from tests.scenes.stash_user import User

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def sync(**params: object) -> None:
    job = testing.run("sync", **params)
    assert job.status == Status.COMPLETED, job.error_message


def begin_a_second(stash: RunningStash, skew: timedelta) -> None:
    """Stash's clock, off by ``skew``, at the begin of a second."""
    moment = (datetime.now(UTC) + skew).replace(microsecond=0)
    stash.do(lambda: stash.simulator.clock.set_now(moment))


@pytest.mark.parametrize("skew", [-30, -3, 3, 30, 86_400])
def test_two_changes_in_one_second_of_stash_are_both_found(library: RunningStash, skew: int) -> None:
    sync()
    user = User(library)
    begin_a_second(library, timedelta(seconds=skew))
    for number in range(3):
        user.set_title(3, f"Title {number}")
        sync()
        assert Scene.objects.get(pk=3).title == f"Title {number}"


@pytest.mark.parametrize("skew", [-30, 86_400])
def test_a_change_just_after_a_full_sync_is_found(library: RunningStash, skew: int) -> None:
    user = User(library)
    begin_a_second(library, timedelta(seconds=skew))
    user.set_title(3, "Before")
    sync(force=True)
    user.set_title(3, "After")
    sync()
    assert ours() == theirs(library)


def test_the_watermark_follows_a_clock_that_is_a_day_ahead(library: RunningStash) -> None:
    begin_a_second(library, timedelta(days=1))
    User(library).set_title(3, "Tomorrow")
    sync(force=True)
    assert SyncState.load().watermark == datetime.fromisoformat(library.state.scenes[3].updated_at)
