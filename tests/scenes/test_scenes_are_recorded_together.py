"""Scenes that are answered within a moment are recorded in one transaction; what cost much is recorded at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import engine, testing
from jobs.context import JobContext
from jobs.errors import Cancelled
from jobs.models import Status
from jobs.testing import run
from scenes.analysis import scene_inputs
from scenes.analysis.analysing import plan_of
from scenes.analysis.detectors import NAMES_BY_LLM, TAGS, CannotHandle, SceneResult
from scenes.analysis.recording import Recorder
from scenes.models import Change, Detection, Scene, TaggerResult
from tests.scenes.analysis_factories import make_scene
from tests.scenes.film_library import FilmLibrary
from tests.scenes.test_outdated_categories import SEEN
from tests.scenes.test_tagger_slots import until
from tests.scenes.test_tagger_slots_are_always_full import analysing

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = ("scenes_change", "scenes_taggerresult", "scenes_detection", "scenes_taggermodelset", "scenes_scene")


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, results wait for others."""
    monkeypatch.setattr("scenes.analysis.recording.LONGEST", 600)
    monkeypatch.setattr("scenes.analysis.recording.AT_STAKE", 600)


def statements(films: FilmLibrary, first: int, count: int) -> list[str]:
    """What the analysis of so many films asks the database for."""
    for pk in range(first, first + count):
        films.scene(pk, SEEN)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        job = run("analysis", scene_ids=list(range(first, first + count)), detect_media_tags=True)
    assert job.status == Status.COMPLETED
    assert Scene.objects.filter(pk__gte=first, video_analyzed=True).count() == count
    assert TaggerResult.objects.filter(scene__gte=first).count() == 3 * count
    return [query["sql"] for query in asked]


def writes(sqls: list[str]) -> list[str]:
    """The tables of results that are written to, statement by statement."""
    found = [sql.partition(" times: ")[2] or sql for sql in sqls]
    wanted = [sql for sql in found if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
    return [table for sql in wanted for table in TABLES if f'"{table}"' in sql.partition("SET")[0].partition("(")[0]]


@pytest.mark.usefixtures("patient")
def test_more_scenes_need_no_more_statements(films: FilmLibrary) -> None:
    statements(films, 1, 1)  # makes the rows of models
    few, many = statements(films, 101, 2), statements(films, 201, 20)
    assert writes(few) == writes(many) == ["scenes_taggerresult", "scenes_change", "scenes_detection", "scenes_scene"]


def test_a_job_that_holds_all_slots_asks_for_none(films: FilmLibrary, configure: Callable[..., Any]) -> None:
    configure(tagger_parallel=2)
    asked = [sql for sql in statements(films, 1, 30) if "scenes_taggerslot" in sql]
    assert len([sql for sql in asked if sql.startswith("UPDATE")]) <= 4
    assert len(asked) < 25


def test_what_the_tagger_took_long_for_waits_for_no_others(films: FilmLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenes.analysis.recording.LONGEST", 600)
    monkeypatch.setattr("scenes.analysis.recording.AT_STAKE", 0)
    assert writes(statements(films, 1, 3)).count("scenes_change") == 3


def test_a_result_is_recorded_while_the_next_film_is_at_the_tagger(
    films: FilmLibrary, configure: Callable[..., Any]
) -> None:
    configure(tagger_parallel=1)
    for pk in (1, 2):
        films.scene(pk, SEEN)
    films.tagger.hold()
    with analysing(films, range(1, 3)):
        until(lambda: films.tagger.count.now == 1)
        films.tagger.may_end()
        until(lambda: Scene.objects.filter(video_analyzed=True).count() == 1)
        assert films.tagger.count.now == 1


# Recorder


def result(pk: int, detector: str = TAGS) -> SceneResult:
    (scene_input,) = scene_inputs.load([make_scene(pk).pk], None)
    return SceneResult(scene_input, {detector: []})


def handled() -> list[int]:
    return sorted(Detection.objects.exclude(handled_at=None).values_list("scene", flat=True))


@pytest.fixture
def job() -> JobContext:
    return testing.context("analysis")


@pytest.mark.usefixtures("patient")
def test_what_was_paid_for_is_recorded_at_once_with_all_that_waits(job: JobContext) -> None:
    recorder = Recorder(job, plan_of(job, []))
    recorder.add([result(1)])
    recorder.look()
    assert not handled()
    recorder.add([result(2, NAMES_BY_LLM)])
    assert handled() == [1, 2]


@pytest.mark.usefixtures("patient")
def test_one_that_failed_is_recorded_at_once_since_that_takes_several_statements(job: JobContext) -> None:
    recorder = Recorder(job, plan_of(job, []))
    recorder.add(
        [result(1), SceneResult(result(2).scene_input, {TAGS: CannotHandle("moov atom not found")}), result(3)]
    )
    assert handled() == [1]
    assert Detection.objects.get(scene=2).message == "moov atom not found"


@pytest.mark.usefixtures("patient")
def test_an_error_loses_nothing_that_waits(job: JobContext) -> None:
    with pytest.raises(ZeroDivisionError), Recorder(job, plan_of(job, [])) as recorder:
        recorder.add([result(1), result(2)])
        raise ZeroDivisionError
    assert handled() == [1, 2]


@pytest.mark.usefixtures("patient")
def test_nothing_is_recorded_for_a_job_that_was_cancelled(job: JobContext) -> None:
    with pytest.raises(Cancelled), Recorder(job, plan_of(job, [])) as recorder:
        recorder.add([result(1)])
        engine.cancel(job.id)
    assert not handled() and not Change.objects.exists()
