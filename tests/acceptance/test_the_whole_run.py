"""From finished torrents in a real qBittorrent to tagged, previewed scenes in Stash, with real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.acceptance import real_qbittorrent
from tests.acceptance.harness import RUN, Harness, full_harness

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.acceptance,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not real_qbittorrent.installed(), reason=real_qbittorrent.MISSING),
]

AWKWARD = "Ünï cødé 'quoted' & \"double\" 🎬.mp4"
FILES = {
    "Pair/One.mp4", "Pair/Two.mp4", "Single.mp4", "Bare/Bare A.mp4", "Bare/Bare B.mp4",
    "Same/Here.mp4", "Same/There.mp4", "Part/Wanted.mp4", f"Odd/{AWKWARD}",
}  # fmt: skip


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Harness]:
    with full_harness(tmp_path) as harness:
        yield harness


def seed_every_kind(harness: Harness) -> None:
    harness.videos(*map(in_downloads, FILES), "Part/Unwanted.mp4")
    other = harness.downloads / "elsewhere"
    (other / "Same").mkdir(parents=True)
    (harness.downloads / "Same" / "There.mp4").rename(other / "Same" / "There.mp4")
    seed = harness.qbittorrent.seed
    seed("Pair", ["Pair/One.mp4", "Pair/Two.mp4"])
    seed("Single.mp4", ["Single.mp4"])
    seed("Bare", ["Bare A.mp4", "Bare B.mp4"])
    seed("Same", ["Same/Here.mp4"])
    seed("Same", ["Same/There.mp4"], other)
    seed("Part", ["Part/Wanted.mp4", "Part/Unwanted.mp4"], deselect=["Part/Unwanted.mp4"])
    seed("Odd", [f"Odd/{AWKWARD}"])


def in_downloads(name: str) -> str:
    """The torrent called Bare has no folder of its own, so it gets one in the library only."""
    return name.removeprefix("Bare/")


def same_file(library: Path, downloads: Path, name: str) -> bool:
    source = downloads / in_downloads(name)
    if not source.exists():
        source = downloads / "elsewhere" / name
    return (library / name).samefile(source)


def test_real_torrents_become_tagged_and_previewed_scenes_and_a_second_run_has_nothing_to_do(harness: Harness) -> None:
    seed_every_kind(harness)

    first = harness.run()

    assert first["status"] == "completed", first
    assert first["percent"] == 100
    placed = {str(path.relative_to(harness.library)) for path in harness.library.rglob("*.mp4")}
    assert placed == FILES
    assert all(same_file(harness.library, harness.downloads, name) for name in FILES), "not hard-linked"
    summary = first["result"]["summary"]
    assert (summary["total_synced_items"], summary["total_scenes_analyzed"]) == (7, len(FILES))
    assert summary["total_changes_applied"] == summary["total_changes_approved"] > 0
    assert summary["total_errors"] == 0
    scenes = harness.in_stash()
    assert set(scenes) == FILES
    for name, scene in scenes.items():
        assert any(tag["name"].endswith("_AI") for tag in scene["tags"]), f"{name} has no tag of the tagger"
        assert requests.get(scene["paths"]["preview"], timeout=10).ok, f"{name} has no preview"

    second = harness.run()

    steps = second["result"]["steps"]
    assert second["status"] == "completed", second
    assert steps["process_downloads"]["result"]["synced_items"] == 0
    assert steps["stash_scan"]["message"] == "Skipped - No new items"
    assert steps["incremental_sync"]["message"] == "Skipped - No pending scenes"
    assert steps["analysis_batches"] == []
    assert steps["final_incremental_sync"]["status"] == "skipped"
    assert harness.in_stash() == scenes

    harness.videos("Late/Comer.mp4")
    harness.qbittorrent.seed("Late", ["Late/Comer.mp4"])
    third = harness.run()

    assert third["status"] == "completed", third
    assert third["result"]["summary"]["total_synced_items"] == 1
    assert third["result"]["summary"]["total_scenes_analyzed"] == 1
    assert set(harness.in_stash()) == FILES | {"Late/Comer.mp4"}


def test_twenty_starts_at_once_give_one_run_and_nineteen_refusals(harness: Harness) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: harness.api("POST", "jobs", job_type=RUN), range(20)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [409] * 19
    started = next(answer for answer in answers if answer.status_code == 201).json()["id"]
    refused = {answer.json()["error"]["detail"]["active_job_id"] for answer in answers if answer.status_code == 409}
    assert refused == {started}
    harness.ended(started)
