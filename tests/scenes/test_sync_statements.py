"""How many statements a sync takes does not depend on what the scenes hold, nor grow with each scene."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import testing
from jobs.context import JobContext
from scenes import services
from scenes.models import Scene
from scenes.simulators.stash import RunningStash, running_stash
from scenes.sync.saving import SCENES_AT_ONCE, Fetched, save

pytestmark = pytest.mark.django_db(transaction=True)


def statements(context: JobContext, size: int) -> int:
    """Those that saving a page of ``size`` scenes takes."""
    later = timezone.now() + timedelta(minutes=1)  # nothing changed in the very second in which it is asked for
    fetched = Fetched(services.stash(context).scene_page(1, size), later)
    assert len(fetched.rows) == size
    with CaptureQueriesContext(connection) as captured:
        save(context, fetched)
    return len(captured)


@pytest.fixture
def full(configure: Callable[..., object]) -> Iterator[RunningStash]:
    """Five hundred scenes that hold much."""
    with running_stash() as stash:
        stash.seed(scenes=500, tags=50, performers=20, studios=5, tags_per_scene=12, markers_per_scene=3)
        configure(stash_url=stash.url)
        yield stash


def test_a_chunk_takes_the_same_statements_however_many_scenes_it_has(full: RunningStash) -> None:
    context = testing.context("sync")
    statements(context, 5)  # since of what nothing is known, less is asked
    few = statements(context, 10)
    assert statements(context, SCENES_AT_ONCE) == few
    assert few <= 20


def test_twice_as_many_scenes_take_at_most_twice_the_statements(full: RunningStash) -> None:
    context = testing.context("sync")
    one = statements(context, SCENES_AT_ONCE)
    assert statements(context, 2 * SCENES_AT_ONCE) <= 2 * one
    assert Scene.objects.count() == 2 * SCENES_AT_ONCE


def test_what_is_there_already_is_only_read(full: RunningStash) -> None:
    context = testing.context("sync")
    statements(context, 100)
    assert statements(context, 100) <= 7
