"""As many questions as there are slots are under way while work is left: over batches, and while plans are applied.

The films are held at the tagger and end one by one, so that these are counts and no times.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from jobs import engine, testing
from jobs.models import ACTIVE, Batch, Job, Status
from jobs.testing import run
from scenes.models import Scene, SceneFile, TaggerSlot
from scenes.plans.applying import Applier
from scenes.simulators.stash import RunningStash
from scenes.tasks.analysis import analysis
from tests.scenes.analysis_factories import add_tag, copied_stash, make_plan, tags_of
from tests.scenes.film_library import SECONDS, FilmLibrary
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


@contextmanager
def workers(count: int) -> Iterator[None]:
    """That take whatever is due, in threads, until the block ends."""
    over = threading.Event()

    def work() -> None:
        try:
            while not over.wait(0.01):
                testing.work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        at_work = [pool.submit(work) for _ in range(count)]
        try:
            yield
        finally:
            over.set()
    for one in at_work:
        one.result()


@pytest.fixture
def eight_scenes(films: FilmLibrary, configure: Callable[..., Any]) -> Iterator[RunningStash]:
    """A Stash with as many scenes, all in our tables, whose films the tagger has."""
    with copied_stash(configure, scenes=8, tags=2, tags_per_scene=1) as simulator:
        for pk in range(1, 9):
            shutil.copy(films.film, films.folder / f"{pk}.mp4")
            SceneFile.objects.filter(scene=pk).update(path=f"/data/{pk}.mp4", duration=SECONDS)
            films.sees(pk, SEEN)
        yield simulator


@pytest.mark.parametrize(("batches", "slots"), [(1, 1), (1, 2), (1, 4), (2, 2), (2, 4)])
def test_of_a_run_over_its_batches_while_no_plan_can_be_applied(
    films: FilmLibrary,
    eight_scenes: RunningStash,
    configure: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    batches: int,
    slots: int,
) -> None:
    """Batches of two films, of which ``batches`` are analysed at once; none can be applied before all films ended."""
    configure(tagger_parallel=slots)
    ids = range(1, 9)
    films.tagger._places = asyncio.Semaphore(32)
    films.tagger.hold()
    write, all_seen = Applier.apply, threading.Event()

    def apply(self: Applier, changes: Any) -> None:
        assert all_seen.wait(120)
        write(self, changes)

    monkeypatch.setattr(Applier, "apply", apply)
    options = {"batch_size": 2, "max_parallel_batches": batches, "detectors": ["detect_video_tags"]}
    skip = ["process_downloads", "stash_scan", "incremental_sync", "stash_generate", "completion"]
    run_of_all = engine.start("process_new_scenes", {**options, "skip": skip}, source="test")
    with workers(8):
        try:
            end_one_by_one(films, slots, len(ids))
        finally:
            all_seen.set()
            films.tagger.may_end(1000)
        until(lambda: Job.objects.get(pk=run_of_all.pk).status not in ACTIVE)
    assert Job.objects.get(pk=run_of_all.pk).status == Status.COMPLETED
    assert list(Batch.objects.filter(step__run=run_of_all).values_list("status", flat=True)) == ["completed"] * 4
    assert Scene.objects.filter(pk__in=ids, video_analyzed=True).count() == len(ids)
