"""A change that a name led to says where the name was found, and how it is written there."""

from __future__ import annotations

import pytest

from jobs.testing import run
from scenes.models import Change, Performer, Studio
from scenes.plans.review.history import seen
from tests.scenes.analysis_factories import make_scene, make_tag

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
DETECTORS = {"detect_video_tags": False, "detect_performers": True, "detect_studios": True}


def found() -> dict[str, str]:
    """Name → where it was found, of all changes."""
    run("analysis", **DETECTORS)
    return {change.value["name"]: (change.evidence or {})["found"] for change in Change.objects.all()}


def test_in_the_title_the_details_or_the_path_as_it_is_written_there() -> None:
    make_tag(1, "Night walk")
    make_tag(2, "Sea")
    Performer.objects.create(id=1, name="Ann Oak", aliases=["A. Oakley"])
    Studio.objects.create(id=1, name="Blue Hills")
    make_scene(1, title="NIGHT_Walk", details="By the sea.\nWith A.Oakley", path="/data/Blue-Hills/one.mp4")
    assert found() == {
        "Night walk": "title: “NIGHT_Walk”",
        "Sea": "details: “sea”",
        "Ann Oak": "details: “A.Oakley”",
        "Blue Hills": "path: “Blue-Hills”",
    }
    assert seen(Change.objects.get(value__name="Sea")) == "details: “sea”"


def test_where_it_comes_first_and_only_there() -> None:
    make_tag(1, "Dog")
    make_scene(1, title="One dog", details="DOG and dog", path="/data/dog.mp4")
    assert found() == {"Dog": "title: “dog”"}


def test_beyond_ascii_as_it_was_compared() -> None:
    make_tag(1, "Über See")
    make_scene(1, title="Reise ÜBER_SEE")
    assert found() == {"Über See": "title: “über see”"}


def test_a_very_long_one_is_cut() -> None:
    name = "word " * 100
    make_tag(1, name.strip())
    make_scene(1, title=name)
    (found_in,) = found().values()
    assert found_in.startswith("title: “word word") and len(found_in) == 300
