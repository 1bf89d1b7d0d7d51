"""A tagger that looks for less than the one before takes nothing away of what it does not look for."""

from __future__ import annotations

import pytest

from jobs.models import Status
from jobs.testing import run
from scenes.clients.tagger.recent import recent
from scenes.models import Change, Scene
from tests.scenes.film_library import FilmLibrary
from tests.scenes.test_outdated_categories import LIGHT, MOVES, SEEN, analysed, rules, upgrade  # noqa: F401

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def removed() -> set[tuple[str, str]]:
    rows = Change.objects.filter(kind__startswith="remove").values_list("kind", "tag")
    return set(rows)


def test_what_it_does_not_look_for_stays_and_what_it_sees_no_more_goes(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    upgrade(films, MOVES | {"version": "2.0"})
    films.sees(1, {"actions": {"Cat": [(0.0, 1.0, 0.9)]}})
    assert run("analysis", scene_ids=[1], detect_tags=False).status == Status.COMPLETED
    # "Both" was seen in light as well, and its tag and the marker from there stay.
    assert removed() == {("remove_tag", "dog_ai"), ("remove_marker", "dog_ai"), ("remove_marker", "both_ai")}
    assert Change.objects.filter(kind="remove_marker", tag="both_ai").count() == 1
    assert Change.objects.filter(kind="add_tag", tag="cat_ai").exists()


def test_one_that_looks_for_all_again_takes_away_what_it_sees_no_more(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    upgrade(films, LIGHT, MOVES)
    films.sees(1, {"actions": {"Dog": [(0.0, 1.0, 0.9)]}})
    run("analysis", scene_ids=[1], detect_tags=False)
    assert removed() == {(kind, tag) for kind in ("remove_tag", "remove_marker") for tag in ("night_ai", "both_ai")}
    assert Scene.objects.get(pk=1).video_analyzed


def test_an_old_one_that_tells_of_no_categories_takes_away_only_what_it_answers_about(films: FilmLibrary) -> None:
    films.scene(1, SEEN)
    analysed()
    films.tagger.answers = "newer"
    recent.clear()
    films.sees(1, {"actions": {"Cat": [(0.0, 1.0, 0.9)]}})
    run("analysis", scene_ids=[1], detect_tags=False)
    assert ("remove_tag", "dog_ai") in removed() and not {one for one in removed() if one[1] == "night_ai"}
