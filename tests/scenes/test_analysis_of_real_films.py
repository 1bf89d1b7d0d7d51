"""Real films through the simulated tagger, which opens them: every form of its answers, and what it refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from django.db import connection

from jobs import engine
from jobs.errors import Cancelled
from jobs.models import Status
from jobs.testing import context, run
from scenes.models import Change, Detection, Scene
from scenes.paths import PathMap
from scenes.simulators.tagger import running_tagger
from scenes.simulators.tagger.answers import Answers
from scenes.simulators.tagger.simulator import TagsInFilm
from scenes.simulators.videos import broken_video, make_video
from scenes.tasks.analysis import analysis
from tests.scenes.analysis_factories import give_all, make_scene

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

SEEN: TagsInFilm = {"scenery": {"Mist": [(0.5, 1.5, 0.9), (1.5, 9.0, 0.8)]}, "moments": {"Bird": [(1.0, None, 0.5)]}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    make_video(folder / "Dune Walk.mp4", seconds=2, size=(64, 36), frame_rate=5)
    broken_video(folder / "Broken.mp4")
    return folder


@pytest.fixture
def film(folder: Path, configure: Callable[..., Any], settings: Any) -> Path:
    settings.JOBS_RETRY_DELAY = 0
    configure(path_map=PathMap.parse(f"stash:/data={folder};tagger:/media={folder}"))
    make_scene(1, path="/data/Dune Walk.mp4").files.update(duration=2)
    return folder / "Dune Walk.mp4"


@pytest.mark.parametrize("answers", get_args(Answers))
def test_every_form_of_the_answer_gives_the_same_changes(
    film: Path, configure: Callable[..., Any], answers: Answers
) -> None:
    with running_tagger(answers=answers, mounts={"/media": film.parent}) as tagger:
        tagger.see("/media/Dune Walk.mp4", SEEN)
        configure(tagger_url=tagger.url)
        give_all()
        assert run("analysis").status == Status.COMPLETED
    tags = Change.objects.filter(kind="add_tag").values_list("value__name", flat=True)
    assert sorted(tags) == ["Bird_AI", "Mist_AI"]
    markers = [change.value for change in Change.objects.filter(kind="add_marker")]
    spans = sorted((m["tag"], m["start"], m["end"]) for m in markers)
    assert spans == [("Bird_AI", 1.0, None), ("Mist_AI", 0.5, 2.0)]


def test_missing_and_broken_files_fail_alone_and_say_what_to_look_at(film: Path, configure: Callable[..., Any]) -> None:
    make_scene(2, path="/data/Broken.mp4")
    make_scene(3, path="/data/Not there.mp4")
    with running_tagger(mounts={"/media": film.parent}) as tagger:
        configure(tagger_url=tagger.url)
        job = run("analysis")
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 2)
    assert list(Scene.objects.filter(video_analyzed=True).values_list("pk", flat=True)) == [1]
    broken, missing = (Detection.objects.get(scene=pk, detector="detect_video_tags").message for pk in (2, 3))
    assert "Invalid data" in broken and "“Path mapping”" not in broken
    assert "No such file" in missing and "“Path mapping”" in missing


def test_a_tagger_that_is_still_loading_its_models_fails_the_batch_and_no_scene(
    film: Path, configure: Callable[..., Any]
) -> None:
    with running_tagger(loaded=False, mounts={"/media": film.parent}) as tagger:
        configure(tagger_url=tagger.url)
        job = run("analysis")
        assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "not_ready", 3)
        assert not Detection.objects.exists()
        tagger.loaded = True
        assert run("analysis").status == Status.COMPLETED


def test_a_cancel_does_not_wait_for_the_tagger_and_drops_its_answer(film: Path, configure: Callable[..., Any]) -> None:
    with running_tagger(mounts={"/media": film.parent}) as tagger:
        configure(tagger_url=tagger.url)
        tagger.server.control.arm("hang", path="process_video")
        job = context("analysis", scene_ids=[1])

        def cancel() -> None:
            tagger.server.control.wait("process_video")
            engine.cancel(job.id)
            job.interrupted_by(Cancelled)
            connection.close()

        canceller = threading.Thread(target=cancel)
        canceller.start()
        with pytest.raises(Cancelled):
            analysis.function(job)
        canceller.join()
    assert not Detection.objects.exists() and not Change.objects.exists()
