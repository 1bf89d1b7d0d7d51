"""For each scene and category: what was seen, by which model, how asked; written with the detection or not at all."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import engine
from jobs.models import Job, Status
from jobs.testing import run, work
from scenes.analysis.spans import unpacked
from scenes.clients.tagger.answers import TagSpan
from scenes.clients.tagger.recent import recent
from scenes.crash_points import CrashPoint
from scenes.models import Change, Detection, TaggerModel, TaggerResult, TaggerSlot
from scenes.simulators.tagger.simulator import TagsInFilm
from tests.scenes.analysis_factories import crash_at, make_scene
from tests.scenes.film_library import FilmLibrary
from tests.scenes.tagger_server import ScriptedTagger

pytestmark = pytest.mark.django_db(transaction=True)
SEEN: TagsInFilm = {"actions": {"Dog": [(0.0, 1.5, 0.9), (1.9, None, 0.5)]}, "light": {"Night": [(0.25, 1.0, 0.625)]}}


def rows(scene: int = 1) -> dict[str, tuple[str, list[TagSpan]]]:
    found = TaggerResult.objects.filter(scene=scene).select_related("model")
    return {row.category: (str(row.model), unpacked(row.spans)) for row in found}


def seen_with(scene: int = 1) -> dict[str, str]:
    model_set = Detection.objects.get(scene=scene, detector="detect_video_tags").seen_with
    assert model_set is not None
    return {category: str(TaggerModel.objects.get(pk=pk)) for category, pk in model_set.models.items()}


def test_each_category_that_was_looked_for_has_a_row_with_its_model_also_if_nothing_was_seen(
    films: FilmLibrary,
) -> None:
    films.scene(1, SEEN)
    job = run("analysis", scene_ids=[1])
    assert job.status == Status.COMPLETED
    assert rows() == {
        "actions": ("moves 1.0", [TagSpan("actions", "Dog", 0.0, 1.9, 0.9)]),  # it joins what is close
        "light": ("light 1.0", [TagSpan("light", "Night", 0.25, 1.0, 0.625)]),
        "moments": ("moves 1.0", []),
    }
    assert seen_with() == {"actions": "moves 1.0", "light": "light 1.0", "moments": "moves 1.0"}
    evidence = Change.objects.filter(kind="add_tag", value__name="Dog_AI").values_list("evidence", flat=True)
    assert [found["model"]["version"] for found in evidence if found] == ["1.0"] * len(evidence)
    row = TaggerResult.objects.get(category="light")
    assert (row.frame_interval, row.threshold, row.job_id) == (2.0, 0.3, job.pk)
    assert row.duration == pytest.approx(2.0, abs=0.3)


def test_an_old_server_tells_of_no_model(tagger: ScriptedTagger) -> None:
    make_scene(1)
    tagger.films["/data/1.mp4"] = [("Dog", 1.0, 5.5), ("Cat", 8.0, None)]
    run("analysis", scene_ids=[1])
    spans = [TagSpan("actions", "Cat", 8.0, None, 0.75), TagSpan("actions", "Dog", 1.0, 5.5, 0.75)]
    assert rows() == {"actions": ("unknown model", spans)}
    assert seen_with() == {"actions": "unknown model"}


def test_a_film_that_is_analysed_again_has_what_is_seen_now_of_what_was_looked_for(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    run("analysis", scene_ids=[1])
    films.tagger.models = [{"name": "moves", "identifier": "m", "version": "2.0", "categories": ["actions"]}]
    films.sees(1, {"actions": {"Cat": [(0.0, 1.0, 0.5)]}})
    recent.clear()  # as after five minutes
    run("analysis", scene_ids=[1])
    now = rows()
    assert now["actions"] == ("moves 2.0", [TagSpan("actions", "Cat", 0.0, 1.0, 0.5)])
    assert now["light"][0] == "light 1.0" and now["light"][1], "nobody looked for it this time"
    assert seen_with() == {"actions": "moves 2.0", "light": "light 1.0", "moments": "moves 1.0"}


def test_a_film_that_failed_has_none_and_keeps_those_of_before(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    films.scene(2, SEEN)
    films.tagger.refuse("1.mp4", "broken: /media/1.mp4")
    run("analysis", scene_ids=[1, 2])
    assert (rows(1), len(rows(2))) == ({}, 3)
    films.tagger.refusals.clear()
    run("analysis", scene_ids=[1])
    before = rows(1)
    films.tagger.refuse("1.mp4", "broken: /media/1.mp4")
    run("analysis", scene_ids=[1])
    assert rows(1) == before and seen_with(1)["light"] == "light 1.0"


@pytest.mark.acceptance
def test_after_a_crash_before_it_is_written_there_is_neither_row_nor_detection(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    paths = f"stash:/data={films.folder};tagger:/media={films.folder}"
    engine.start("analysis", {"scene_ids": [1]}, source="test")
    crash_at(CrashPoint.SCENE_TAGGED, STASHHOG_TAGGER_URL=films.tagger.url, STASHHOG_PATH_MAP=paths)
    assert not TaggerResult.objects.exists() and not Detection.objects.exists()


def statements_about_what_it_saw(scene: int) -> int:
    """Without those about slots, which are looked at as long as it takes."""
    job = engine.start("analysis", {"scene_ids": [scene]}, source="test")
    with CaptureQueriesContext(connection) as captured:
        work()
    assert Job.objects.get(pk=job.pk).status == Status.COMPLETED
    about = [query["sql"] for query in captured if "tagger" in query["sql"]]
    return len([sql for sql in about if TaggerSlot._meta.db_table not in sql])


def test_the_number_of_statements_does_not_depend_on_the_number_of_spans(films: FilmLibrary) -> None:
    for pk, spans in [(1, 1), (2, 1), (3, 300)]:
        films.scene(pk, {"actions": {f"T{number % 7}": [(number / 200, None, 0.5)] for number in range(spans)}})
    assert statements_about_what_it_saw(1) >= statements_about_what_it_saw(2) == statements_about_what_it_saw(3)
