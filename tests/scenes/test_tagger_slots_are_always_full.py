"""As many questions as there are slots are under way while work is left: over batches, and while plans are applied.

The films are held at the tagger and end one by one, so that these are counts and no times.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from jobs import testing
from jobs.models import Status
from jobs.testing import run
from scenes.models import Scene, TaggerSlot
from scenes.plans.applying import Applier
from scenes.simulators.stash import RunningStash
from scenes.tasks.analysis import analysis
from tests.scenes.analysis_factories import add_tag, make_plan, tags_of
from tests.scenes.film_library import FilmLibrary
from tests.scenes.test_outdated_categories import SEEN
from tests.scenes.test_tagger_slots import until

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def analysing(films: FilmLibrary, *batches: range) -> Iterator[None]:
    """A job for each batch, in a thread of its own; what is held still ends with the block."""

    def work(ids: range) -> None:
        try:
            analysis.function(testing.context("analysis", scene_ids=list(ids), detect_tags=False))
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        jobs: list[Future[None]] = [pool.submit(work, ids) for ids in batches]
        try:
            yield
        finally:
            films.tagger.may_end(1000)
    for job in jobs:
        job.result()


def held_films(films: FilmLibrary, ids: range) -> None:
    for pk in ids:
        films.scene(pk, SEEN)
    films.tagger._places = asyncio.Semaphore(32)
    films.tagger.hold()


def end_one_by_one(films: FilmLibrary, slots: int, count: int) -> None:
    """Each film that ends is followed by another one, until there are fewer than slots."""
    for ended in range(count):
        expected = min(slots, count - ended)
        wanted = (ended + expected, expected)
        until(lambda: (films.tagger.count.total, films.tagger.count.now) == wanted)  # noqa: B023
        films.tagger.may_end()
    until(lambda: films.tagger.count.now == 0)
    assert films.tagger.count.most == min(slots, count)


@pytest.mark.parametrize("slots", [1, 2, 4, 16])
def test_of_one_batch(films: FilmLibrary, configure: Callable[..., Any], slots: int) -> None:
    configure(tagger_parallel=slots)
    held_films(films, range(1, slots + 6))
    with analysing(films, range(1, slots + 6)):
        end_one_by_one(films, slots, slots + 5)
    assert Scene.objects.filter(video_analyzed=True).count() == slots + 5
    assert not TaggerSlot.objects.exclude(token=None).exists()


@pytest.mark.parametrize("slots", [1, 2, 4])
def test_over_the_border_of_two_batches(films: FilmLibrary, configure: Callable[..., Any], slots: int) -> None:
    configure(tagger_parallel=slots)
    held_films(films, range(1, 13))
    with analysing(films, range(1, 7), range(7, 13)):
        end_one_by_one(films, slots, 12)
    assert Scene.objects.filter(video_analyzed=True).count() == 12


def test_while_the_plan_of_another_batch_is_applied(
    stash: RunningStash, films: FilmLibrary, configure: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two films of the second batch end in the middle of each write of the first one's plan, and two others begin."""
    configure(tagger_parallel=2)
    plan, ids = make_plan(), range(101, 107)
    add_tag(plan, 1, "Dog_AI")
    held_films(films, ids)
    write, seen = Applier.apply, threading.Event()

    def apply(self: Applier, changes: Any) -> None:
        for ended in (1, 2):
            films.tagger.may_end()
            until(lambda: (films.tagger.count.total, films.tagger.count.now) == (2 + ended, 2))  # noqa: B023
        seen.set()
        write(self, changes)

    monkeypatch.setattr(Applier, "apply", apply)
    with analysing(films, ids):
        until(lambda: films.tagger.count.now == 2)
        assert run("apply_plan", plan_id=plan.pk).status == Status.COMPLETED
    assert seen.is_set() and "Dog_AI" in tags_of(stash)[1]
    assert films.tagger.count.most == 2
    assert Scene.objects.filter(pk__in=ids, video_analyzed=True).count() == len(ids)
