"""What was quarantined needs a person: downloads, files at the scan, scenes and their previews."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from scenes.models import Detection, Download, Generation, Outcome, PlacedFile, Scan, Scene, SceneFile
from scenes.web.library import counts as library
from tests.scenes.needing import counts, named

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _two_tries(configure: Callable[..., object]) -> None:
    configure(max_item_attempts=2)


def a_scene(number: int, previews: Outcome | None = None) -> Scene:
    scene = Scene.objects.create(pk=number, title=f"Scene {number}", created_at=timezone.now(), remote_updated_at="")
    if previews:
        Generation.objects.create(scene=scene, outcome=previews, message="Why.")
    SceneFile.objects.create(pk=number, scene=scene, path=f"/films/{number}.mp4")
    return scene


def a_file(scan: Outcome) -> PlacedFile:
    download = Download.objects.create(hash=scan, name=scan, outcome=Outcome.DONE)
    file = PlacedFile.objects.create(download=download, name=f"{scan}.mp4", size=1, outcome=Outcome.DONE)
    Scan.objects.create(file=file, outcome=scan, message="Why.")
    return file


def count(label: str) -> int:
    return next(count for one, count in library.counts() if one.label == label)


def quarantined() -> dict[str, bool]:
    return {item.name: item.is_quarantined for item in named()}


def test_a_file_that_stash_never_took_is_quarantined_and_one_that_failed_is_not() -> None:
    a_file(Outcome.QUARANTINED)
    a_file(Outcome.FAILED)
    assert quarantined() == {"quarantined.mp4": True, "failed.mp4": False}
    assert counts() == {"Scans failed": 2}


def test_previews_that_failed_too_often_are_quarantined_and_wait_for_no_run() -> None:
    a_scene(1, Outcome.QUARANTINED)
    a_scene(2, Outcome.FAILED)
    a_scene(3)
    assert quarantined() == {"Scene 1": True, "Scene 2": False}
    assert counts() == {"Previews failed": 2}
    assert count("Without previews") == 2


def test_each_kind_counts() -> None:
    scene = a_scene(1, Outcome.QUARANTINED)
    Detection.objects.create(scene=scene, detector="detect_tags", outcome=Outcome.QUARANTINED)
    Download.objects.create(hash="h", name="Download", outcome=Outcome.QUARANTINED)
    a_file(Outcome.QUARANTINED)
    assert sum(counts().values()) == len(counts()) == 4


def test_a_scene_without_a_file_waits_for_no_preview() -> None:
    a_scene(1).files.all().delete()
    assert count("Without previews") == 0
