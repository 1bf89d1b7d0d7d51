"""The tagger is told which films are for VR glasses: by the VR tag of Stash's own interface, or one of the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobs.models import Status
from jobs.testing import run
from scenes.models import SyncState
from scenes.simulators.stash import RunningStash
from scenes.simulators.tagger.answers import Answers
from tests.scenes.analysis_factories import make_tag
from tests.scenes.film_library import FilmLibrary

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def vr_films(films: FilmLibrary) -> set[str]:
    assert run("analysis").status == Status.COMPLETED
    return {question["path"] for question in films.questions() if question["vr_video"]}


@pytest.fixture
def three(films: FilmLibrary) -> FilmLibrary:
    """1 has the tag VR, 2 the tag 180°, 3 neither."""
    films.scene(1, tags=(make_tag(1, "VR", "Virtual Reality"),))
    films.scene(2, tags=(make_tag(2, "180°"),))
    films.scene(3)
    return films


def test_without_any_vr_tag_no_film_is_one(three: FilmLibrary) -> None:
    assert vr_films(three) == set()


@pytest.mark.parametrize("name", ["VR", "vr", "Virtual Reality"])
def test_stashs_own_vr_tag_is_heeded(three: FilmLibrary, name: str) -> None:
    SyncState.objects.update(vr_tag=name)
    assert vr_films(three) == {"/media/1.mp4"}


def test_those_of_the_settings_are_heeded_too(three: FilmLibrary, configure: Callable[..., Any]) -> None:
    SyncState.objects.update(vr_tag="VR")
    configure(vr_tags=("180°", "of no scene"))
    assert vr_films(three) == {"/media/1.mp4", "/media/2.mp4"}


@pytest.mark.parametrize("answers", ["newer", "older"])
def test_servers_before_v3_are_told_as_well(three: FilmLibrary, answers: Answers) -> None:
    three.tagger.answers = answers
    SyncState.objects.update(vr_tag="VR")
    assert vr_films(three) == {"/media/1.mp4"}


@pytest.mark.parametrize(
    ("ui", "known"),
    [
        ({"vrTag": "VR", "frontPageContent": [{"a": [1]}]}, "VR"),
        ({}, ""),
        ({"vrTag": None}, ""),
        ({"vrTag": {"id": 3}}, ""),
        ({"vrTag": 7}, ""),
        ({"vrTag": "x" * 5000}, "x" * 1000),
        ({"vrTag": "a\x00b"}, "ab"),
    ],
)
def test_the_sync_learns_it_from_stash(stash: RunningStash, ui: dict[str, Any], known: str) -> None:
    stash.simulator.settings.ui = ui
    assert run("sync").status == Status.COMPLETED
    assert SyncState.load().vr_tag == known


def test_an_analysis_asks_stash_for_it_at_once(stash: RunningStash, films: FilmLibrary) -> None:
    """And not only the next sync that has anything to do."""
    for name in ("Not known here", ""):
        stash.simulator.settings.ui = {"vrTag": name} if name else {}
        run("analysis", scene_ids=[1])
        assert SyncState.load().vr_tag == name
