"""How many statements a page takes depends neither on how many scenes it has nor on what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import testing
from jobs.context import JobContext
from scenes import services
from scenes.clients.stash.rows import Changes
from scenes.models import Marker, Scene, SceneFile, SyncState, Tag
from scenes.models.library import SceneTag
from scenes.search import sqlite
from scenes.simulators.stash import RunningStash, running_stash
from scenes.sync.differences import compare
from scenes.sync.fetched import FetchedScenes
from scenes.sync.saving import save

T = TypeVar("T")
WRITTEN_BY_THE_HUNDRED = 2 * 3  # SQLite gets many rows of three tables by up to two statements, the rest by another
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _the_index_takes_nothing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would at some page, which depends on how many rows earlier tests left to be taken in."""
    monkeypatch.setattr(sqlite, "MANY", 10**9)


def statements(context: JobContext, size: int) -> int:
    """Those that saving a page of ``size`` scenes takes."""
    later = timezone.now() + timedelta(minutes=1)  # nothing changed in the very second in which it is asked for
    given = FetchedScenes(services.stash(context).scene_page(1, size), later)
    assert len(given.scenes) == size
    with CaptureQueriesContext(connection) as captured:
        save(context, given)
    return len(captured)


@pytest.fixture
def full(configure: Callable[..., object]) -> Iterator[RunningStash]:
    """Five hundred scenes that hold much."""
    with running_stash() as stash:
        stash.seed(scenes=500, tags=50, performers=20, studios=5, tags_per_scene=12, markers_per_scene=3)
        configure(stash_url=stash.url)
        yield stash


def test_a_page_takes_the_same_statements_however_many_scenes_it_has(full: RunningStash) -> None:
    context = testing.context("sync")
    statements(context, 5)  # since of what nothing is known, less is asked
    few = statements(context, 10)
    many = statements(context, 400)
    assert few <= many <= few + WRITTEN_BY_THE_HUNDRED and few <= 23
    assert Scene.objects.count() == 400
    Scene.objects.all().delete()
    statements(context, 5)
    assert statements(context, 500) == many
    assert Scene.objects.count() == 500


def test_any_number_of_tags_may_go_at_once(full: RunningStash) -> None:
    def untag() -> None:
        for scene in full.state.scenes.values():
            scene.tag_ids = []

    context = testing.context("sync")
    statements(context, 400)
    assert SceneTag.objects.count() > 4000
    full.do(untag)
    assert statements(context, 400) <= 23
    assert not SceneTag.objects.exists()


def test_what_is_there_already_is_only_read(full: RunningStash) -> None:
    context = testing.context("sync")
    statements(context, 100)
    assert statements(context, 100) <= 7


def test_stamps_are_compared_in_the_same_statements_however_many_there_are(full: RunningStash) -> None:
    context = testing.context("sync")
    statements(context, 500)
    many = next(services.stash(context).changes("2000-01-01T00:00:00"))
    few = replace(many, scenes=first(5, many.scenes), markers=first(5, many.markers), tags=first(5, many.tags))
    assert len(many.scenes) == 500
    assert comparing(few) == comparing(many)


def first(number: int, rows: dict[str, T]) -> dict[str, T]:
    return dict(list(rows.items())[:number])


def comparing(changes: Changes) -> int:
    """The statements that it takes."""
    state = SyncState.load()
    with CaptureQueriesContext(connection) as captured:
        compare(changes, state)
    return len(captured)


@pytest.mark.one_database  # PostgreSQL reads a table of a few rows whole
def test_deleted_scenes_are_counted_by_their_index() -> None:
    assert "scene_deleted" in Scene.objects.deleted().order_by().values("pk").explain()


@pytest.mark.one_database
@pytest.mark.parametrize("model", [Scene, SceneFile, Marker, Tag])
def test_in_sqlite_the_id_that_stash_gave_is_the_number_of_the_row(model: type[Model]) -> None:
    assert "USING INTEGER PRIMARY KEY" in model._default_manager.order_by().filter(pk=7).explain()
