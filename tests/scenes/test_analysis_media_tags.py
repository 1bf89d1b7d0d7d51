"""detect_media_tags: resolution, frame rate, orientation and VR, from what Stash knows of the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from jobs.testing import run
from scenes.analysis.media import properties
from scenes.configuration.definition import DECLARED
from scenes.models import Change, SceneFile, Tag, TagRule
from tests.scenes.analysis_factories import due_scenes, make_scene, make_tag

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("configure")]


@pytest.mark.parametrize(
    ("width", "height", "wanted"),
    [
        (1920, 1080, {"1080p", "landscape"}),
        (1080, 1920, {"1080p", "portrait"}),
        (1280, 720, {"720p", "landscape"}),
        (1920, 800, {"720p", "landscape"}),
        (3840, 2160, {"4k", "landscape"}),
        (3840, 1920, {"4k", "landscape"}),
        (2560, 1440, {"1440p", "landscape"}),
        (7680, 4320, {"8k", "landscape"}),
        (20000, 10000, {"huge", "landscape"}),
        (720, 720, {"720p", "square"}),
        (854, 480, {"480p", "landscape"}),
        (100, 100, {"square"}),
        (0, 0, set()),
        (1920, 0, set()),
    ],
)
def test_resolution_and_orientation_as_in_stashs_own_filters(width: int, height: int, wanted: set[str]) -> None:
    assert set(properties(SceneFile(path="/data/film.mp4", width=width, height=height))) == wanted


@pytest.mark.parametrize(
    ("rate", "wanted"),
    [(23.976, "24fps"), (24, "24fps"), (25, "25fps"), (29.97, "30fps"), (59.94, "60fps"), (60, "60fps"), (50, "50fps"),
     (119.88, "120fps"), (0, ""), (15, ""), (27.5, ""), (1000, ""), (float("nan"), ""), (-25, "")],
)  # fmt: skip
def test_a_frame_rate_is_the_usual_one_that_it_nearly_is(rate: float, wanted: str) -> None:
    assert "".join(properties(SceneFile(path="/data/film.mp4", frame_rate=rate))) == wanted


@pytest.mark.parametrize(
    ("name", "width", "height", "wanted"),
    [
        ("Film_180_LR.mp4", 5760, 2880, True),
        ("film-180x180_3dh.mp4", 3840, 1920, True),
        ("Film [MKX200].mp4", 5760, 2880, True),
        ("Film.VR.mp4", 3840, 1920, True),
        ("Film 360 TB.mp4", 3840, 3840, True),
        ("Film.mp4", 5760, 2880, False),
        ("Film 180.mp4", 5760, 2880, False),
        ("Film_180_LR.mp4", 3840, 2160, False),
        ("Film_180_LR.mp4", 1920, 960, False),
        ("Vrooom.mp4", 5760, 2880, False),
    ],
)
def test_a_film_is_vr_by_both_its_shape_and_its_name(name: str, width: int, height: int, wanted: bool) -> None:
    assert ("vr" in set(properties(SceneFile(path=f"/data/VR/{name}", width=width, height=height)))) == wanted


def names(**params: bool) -> list[str]:
    run("analysis", detect_tags=False, detect_video_tags=False, **{"detect_media_tags": True} | params)
    assert set(Change.objects.values_list("kind", flat=True)) <= {"add_tag"}
    return sorted(change.value["name"] for change in Change.objects.all())


def film(pk: int = 1, width: int = 3840, height: int = 2160, frame_rate: float = 59.94, **fields: Any) -> None:
    make_scene(pk, **fields)
    SceneFile.objects.filter(scene=pk).update(width=width, height=height, frame_rate=frame_rate)


def test_it_is_off_by_default_and_proposes_the_tags_of_the_setting(configure: Callable[..., object]) -> None:
    film()
    run("analysis")
    assert not Change.objects.exists()
    assert names() == ["4K", "60 FPS"]


def test_a_property_without_a_tag_in_the_setting_gives_none(configure: Callable[..., object]) -> None:
    configure(media_tags=(("4k", "Ultra HD"), ("landscape", "Wide"), ("vr", "VR")))
    film()
    assert names() == ["Ultra HD", "Wide"]


def test_tags_that_the_scene_has_or_that_no_machine_is_to_set_are_not_proposed() -> None:
    has = make_tag(1, "UHD", "4k")
    make_tag(2, "60 fps")
    Tag.objects.filter(pk=2).update(ignore_auto_tag=True)
    film(tags=(has,))
    assert names() == []


def test_a_tag_that_a_rule_forbids_is_not_proposed() -> None:
    TagRule.objects.create(tag_name="4K", wanted=False)
    film()
    assert names() == ["60 FPS"]


def test_organized_scenes_are_left_alone() -> None:
    film(organized=True)
    assert names() == []


def test_a_scene_is_due_for_it_as_soon_as_it_has_a_file() -> None:
    make_scene(1, path=None)
    assert names() == [] and not due_scenes(["detect_media_tags"]).exists()
    SceneFile.objects.create(id=9, scene_id=1, path="/data/1.mp4", width=1920, height=1080)
    assert due_scenes(["detect_media_tags"]).exists()
    assert names() == ["1080p"] and not due_scenes(["detect_media_tags"]).exists()


@pytest.mark.parametrize("text", ["2k=2K", "4k=4K,4K=UHD", "4k", "4k="])
def test_a_setting_that_makes_no_sense_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"STASHHOG_MEDIA_TAGS.* can't be used: (give|write) "):
        DECLARED["media_tags"].read(text)
