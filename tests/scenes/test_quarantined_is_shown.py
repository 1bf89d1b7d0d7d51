"""The home page counts and shows what was quarantined: downloads, files at the scan, scenes and their previews."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from scenes.models import Detection, Download, Outcome, PlacedFile, Scene, SceneFile
from scenes.web.needs import needs
from scenes.web.troubles import troubles

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _two_tries(configure: Callable[..., object]) -> None:
    configure(max_tries=2)


def a_scene(number: int, **fields: object) -> Scene:
    scene = Scene.objects.create(
        pk=number, title=f"Scene {number}", created_at=timezone.now(), remote_updated_at="", **fields
    )
    SceneFile.objects.create(pk=number, scene=scene, path=f"/films/{number}.mp4")
    return scene


def a_file(scan_outcome: Outcome) -> PlacedFile:
    download = Download.objects.create(hash=scan_outcome, name=scan_outcome, outcome=Outcome.DONE)
    return PlacedFile.objects.create(
        download=download, name="a.mp4", size=1, outcome=Outcome.DONE, scan_outcome=scan_outcome, scan_message="Why."
    )


def count(label: str) -> int:
    return next(need.count for need in needs() if need.label == label)


def all_quarantined() -> dict[str, int]:
    counts = {need.label: need.count for need in needs() if need.label.endswith("quarantined")}
    return {label: count for label, count in counts.items() if count}


def quarantined() -> dict[str, bool]:
    return {trouble.name: trouble.quarantined for trouble in troubles()}


def test_a_file_that_stash_never_took_is_quarantined_and_one_that_failed_is_not() -> None:
    a_file(Outcome.QUARANTINED)
    a_file(Outcome.FAILED)
    assert quarantined() == {"quarantined": True, "failed": False}
    assert all_quarantined() == {"Files quarantined": 1}


def test_previews_that_failed_too_often_are_quarantined_and_wait_for_no_run() -> None:
    a_scene(1, generate_tries=2, generate_error="Why.")
    a_scene(2, generate_tries=1, generate_error="Why.")
    a_scene(3)
    assert quarantined() == {"Scene 1": True, "Scene 2": False}
    assert all_quarantined() == {"Previews quarantined": 1}
    assert count("Without previews") == 2


def test_each_kind_counts() -> None:
    scene = a_scene(1, generate_tries=2)
    Detection.objects.create(scene=scene, detector="detect_tags", tries=2, quarantined_at=timezone.now())
    Download.objects.create(hash="h", name="Download", outcome=Outcome.QUARANTINED)
    a_file(Outcome.QUARANTINED)
    assert all_quarantined() == {
        "Downloads quarantined": 1,
        "Files quarantined": 1,
        "Detections quarantined": 1,
        "Previews quarantined": 1,
    }


def test_a_scene_without_a_file_waits_for_no_preview() -> None:
    a_scene(1).files.all().delete()
    assert count("Without previews") == 0
