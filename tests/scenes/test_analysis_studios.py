"""detect_studios: the one studio that is named, for a scene that has none."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.testing import run
from scenes.models import Change, Studio
from tests.scenes.analysis_factories import make_scene, set_folders

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("configure")]


def make(pk: int, name: str, *aliases: str, **fields: Any) -> Studio:
    return Studio.objects.create(id=pk, name=name, aliases=list(aliases), **fields)


def found(title: str = "", **fields: Any) -> int | None:
    """Of one scene: the id of the studio that is proposed."""
    make_scene(1, title=title, **fields)
    run("analysis", detect_studios=True, detect_tags=False, detect_video_tags=False)
    changes = list(Change.objects.all())
    assert {(change.kind, change.detector) for change in changes} <= {("set_studio", "detect_studios")}
    return changes[0].value["id"] if changes else None


@pytest.mark.parametrize(
    "fields", [{"title": "NORTH Films"}, {"details": "by north-films"}, {"path": "/data/[Northern]/1.mp4"}]
)
def test_a_name_or_alias_is_found_in_title_details_and_path(fields: dict[str, Any]) -> None:
    make(1, "North Films", "Northern")
    assert found(**fields) == 1
    assert Change.objects.get().value == {"id": 1, "name": "North Films"}


def test_by_default_none_is_looked_for() -> None:
    make(1, "North Films")
    make_scene(1, title="North Films")
    run("analysis")
    assert not Change.objects.exists()


def test_a_scene_that_has_a_studio_keeps_it_also_a_parent_of_the_one_that_is_named() -> None:
    make(1, "North Films")
    make(2, "North Beach", parent_id=1)
    assert found("North Beach", studio_id=1) is None


@pytest.mark.parametrize(
    "title", ["North Films - North Beach - One", "North Beach, a site of North Films", "North Beach"]
)
def test_of_a_parent_and_a_child_the_child_counts(title: str) -> None:
    make(1, "North Films")
    make(2, "North Beach", parent_id=1)
    assert found(title) == 2


def test_a_grandchild_counts_more_than_all_above_it_wherever_they_are_named() -> None:
    make(1, "Group")
    make(2, "North Films", parent_id=1)
    make(3, "North Beach", parent_id=2)
    assert found("Group: one", path="/data/Group/north films/1.mp4", details="A North Beach film") == 3


def test_of_two_that_have_nothing_to_do_with_each_other_neither_is_proposed() -> None:
    make(1, "North Films")
    make(2, "South Films")
    make(3, "North Beach", parent_id=1)
    make(4, "North Hills", parent_id=1)
    assert found("North Films and South Films") is None


def test_of_two_children_of_one_parent_neither_is_proposed_nor_is_the_parent() -> None:
    make(1, "North Films")
    make(3, "North Beach", parent_id=1)
    make(4, "North Hills", parent_id=1)
    assert found("North Beach and North Hills, of North Films") is None


def test_what_path_and_title_name_counts_more_than_what_the_details_mention() -> None:
    make(1, "North Films")
    make(2, "South Films")
    assert found(path="/data/North Films/1.mp4", details="She left South Films for this.") == 1


def test_two_studios_whose_names_differ_only_for_stash_are_told_apart_by_nothing() -> None:
    make(1, "Éva")
    make(2, "ÉVA")
    assert found("éva") is None


def test_the_name_of_the_librarys_own_folder_says_nothing() -> None:
    make(1, "North Films")
    set_folders("/data/North Films")
    assert found(path="/data/North Films/1.mp4") is None


def test_one_that_ignores_auto_tag_is_not_proposed_and_stands_in_nobodys_way() -> None:
    make(1, "Private", "Priv", ignore_auto_tag=True)
    make(2, "North Films")
    assert found("Private party, Priv, by North Films") == 2


def test_a_shorter_name_is_not_found_in_that_of_one_that_ignores_auto_tag() -> None:
    make(1, "North Films Gold", ignore_auto_tag=True)
    make(2, "North Films")
    assert found("North Films Gold") is None


def test_a_circle_of_parents_which_stash_has_none_of_ends() -> None:
    make(1, "North", parent_id=2)
    make(2, "South", parent_id=1)
    make(3, "Self", parent_id=3)
    assert found("Self") == 3


def test_a_parent_that_is_not_there_is_no_parent() -> None:
    make(2, "North Beach", parent_id=77)
    assert found("North Beach") == 2


def test_organized_scenes_are_left_alone() -> None:
    make(1, "North Films")
    assert found("North Films", organized=True) is None
