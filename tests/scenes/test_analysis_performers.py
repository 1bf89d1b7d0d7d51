"""detect_performers: names and aliases of the library's performers in title, details and path."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.testing import run
from scenes.models import Change, Performer
from scenes.models.library import ScenePerformer
from tests.scenes.analysis_factories import make_scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("configure")]


def make(pk: int, name: str, *aliases: str, **fields: Any) -> Performer:
    return Performer.objects.create(id=pk, name=name, aliases=list(aliases), **fields)


def found(title: str = "", **fields: Any) -> list[int]:
    """Of one scene: the ids of the performers that are proposed."""
    make_scene(1, title=title, **fields)
    run("analysis", detect_performers=True, detect_tags=False, detect_video_tags=False)
    assert set(Change.objects.values_list("kind", "detector", "status")) <= {
        ("add_performer", "detect_performers", "approved")
    }
    return [change.value["id"] for change in Change.objects.order_by("id")]


def test_names_and_aliases_are_found_in_title_details_and_path_once_each() -> None:
    make(1, "Ann Oak")
    make(2, "Bob Elm", "Bobby")
    make(3, "Eve Ash")
    make(4, "Dan Fir")
    assert found("ANN OAK", details="ann oak, bobby", path="/data/eve_ash/Ann.Oak-x.mp4") == [1, 2, 3]
    assert Change.objects.get(value__id=2).value == {"id": 2, "name": "Bob Elm"}


def test_by_default_they_are_not_looked_for() -> None:
    make(1, "Ann Oak")
    make_scene(1, title="Ann Oak")
    run("analysis")
    assert not Change.objects.exists()


def test_who_is_in_the_scene_already_is_not_proposed() -> None:
    make(1, "Ann Oak")
    scene = make_scene(1, title="Ann Oak")
    ScenePerformer.objects.create(scene=scene, performer_id=1)
    run("analysis", detect_performers=True)
    assert not Change.objects.exists()


def test_the_longest_name_counts_and_stands_for_no_shorter_one() -> None:
    make(1, "Ann")
    make(2, "Ann Oak")
    assert found("Ann Oak and Bob") == [2]


def test_letter_case_and_compatible_forms_do_not_matter_beyond_ascii_either() -> None:
    make(1, "ÉVA STRAẞE")
    make(2, "Zoë")
    assert found("éva straße, Zoe\u0308 & Zoe") == [1, 2]


def test_a_name_inside_a_longer_word_is_none() -> None:
    make(1, "Ann")
    assert found("Annabel, Joann, Анн, Annñ, Ann\u0301, Ann7") == []


# --- two of one name ---


def test_two_of_one_name_are_not_proposed_by_it() -> None:
    make(1, "Ann Oak", disambiguation="London")
    make(2, "ann oak", disambiguation="Paris")
    make(3, "Bob")
    assert found("Ann Oak and Bob") == [3]


@pytest.mark.parametrize(
    "title", ["Ann Oak (Paris)", "ann.oak.PARIS.xxx", "Ann Oak - Paris", "Ann Oak [Paris] and Ann Oak"]
)
def test_the_disambiguation_behind_the_name_tells_them_apart(title: str) -> None:
    make(1, "Ann Oak", disambiguation="London")
    make(2, "Ann Oak", disambiguation="Paris")
    assert found(title) == [2]


def test_a_disambiguation_somewhere_else_says_nothing() -> None:
    make(1, "Ann Oak", disambiguation="London")
    make(2, "Ann Oak", disambiguation="Paris")
    assert found("Paris by night with Ann Oak") == []


def test_a_number_behind_the_name_may_be_the_part_of_a_film() -> None:
    make(1, "Ann Oak", disambiguation="2")
    make(2, "Ann Oak")
    assert found("Ann Oak 2") == []


def test_an_alias_of_ones_own_tells_them_apart_too() -> None:
    make(1, "Ann Oak", "Annie O")
    make(2, "Ann Oak")
    assert found("Annie O is Ann Oak") == [1]


def test_the_alias_of_one_that_is_the_name_of_another_names_neither() -> None:
    make(1, "Ann Oak")
    make(2, "Eve Ash", "Ann Oak")
    assert found("Ann Oak, with Eve Ash") == [2]


def test_nobody_else_is_found_in_a_name_that_two_have() -> None:
    make(1, "Ann Oak")
    make(2, "Ann Oak", disambiguation="Paris")
    make(3, "Oak")
    assert found("Ann Oak") == []


def test_one_of_a_name_alone_is_found_with_and_without_the_disambiguation() -> None:
    make(1, "Ann Oak", disambiguation="Paris")
    assert found("Ann Oak") == [1]


# --- ignore_auto_tag and organized ---


def test_who_ignores_auto_tag_is_not_proposed_nor_is_anybody_else_by_that_name() -> None:
    make(1, "Ann Oak", "Annie", ignore_auto_tag=True)
    make(2, "Oak")
    make(3, "Ann Oak", disambiguation="Paris")
    assert found("Ann Oak, Annie", details="Annie", path="/data/Annie/1.mp4") == []


def test_organized_scenes_are_left_alone() -> None:
    make(1, "Ann Oak")
    assert found("Ann Oak", organized=True) == []


def test_the_library_is_read_with_as_many_queries_for_many_scenes_as_for_one() -> None:
    for pk in range(1, 62):
        make(pk, f"Ann Oak{pk}", disambiguation="Paris")
        make_scene(pk, title=f"Ann Oak{pk}")
    assert reads([1]) == reads(list(range(2, 62)))
    assert Change.objects.count() == 61


def reads(ids: list[int]) -> int:
    """SELECTs of an analysis that are not about the job itself."""
    with CaptureQueriesContext(connection) as queries:
        run("analysis", scene_ids=ids, detect_performers=True, detect_studios=True, detect_details=True)
    return sum(query["sql"].startswith("SELECT") and '"scenes_' in query["sql"] for query in queries)
