"""What a full sync holds in memory is some pages and 8 bytes a scene, however large the library is."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from jobs import testing
from jobs.context import JobContext
from scenes.clients.stash import reading
from scenes.clients.stash.client import StashClient
from scenes.clients.stash.ids import Ids
from scenes.models import Scene
from scenes.sync import passes

pytestmark = pytest.mark.django_db(transaction=True)
TIME = "2026-01-01T12:00:00Z"
PAGE, FEW, MANY = 100, 3000, 13_000
NONE = {"rows": [], "count": 0}
BYTES_A_SCENE = 60  # two arrays take about 20, one set of ids more than 65; pages come when threads have them


def scene(number: int) -> dict[str, Any]:
    """One without anything that may be missing."""
    empty = dict.fromkeys(("title", "details", "date", "code", "rating100", "studio"))
    lists: dict[str, Any] = {name: [] for name in ("files", "tags", "performers", "scene_markers")}
    paths = dict.fromkeys(("screenshot", "preview", "sprite"))
    times = {"created_at": TIME, "updated_at": TIME}
    return {"id": str(number), "organized": False, "paths": paths, **empty, **lists, **times}


class GeneratedStash(StashClient):
    """Makes its answers when it is asked, and keeps nothing."""

    def __init__(self, scenes: int):
        super().__init__("http://127.0.0.1:9")
        self.scenes = scenes

    def ask(self, name: str, shape: Any, variables: Any = None, *, write: bool = False) -> Any:
        given = variables or {}
        if name == "Counts":
            counts = dict.fromkeys(("marker", "tag", "performer", "studio"), 0) | {"scene": self.scenes}
            return {f"{kind}_count": {"count": count} for kind, count in counts.items()}
        if name == "ScenePage":
            end = given["page"] * given["per_page"]
            return {"found": {"rows": self.rows(end - given["per_page"], end, scene)}}
        if name == "SceneIds":
            after = given["after"]
            rows = self.rows(after, after + given["per_page"], lambda number: {"id": str(number)})
            return {"found": {"rows": rows, "count": self.scenes - after}}
        if name == "Created":
            return {"found": {"rows": [{"id": "1", "created_at": TIME}], "count": 1}}
        if name == "Newest":
            return {"scenes": {"rows": []}}
        return {"found": NONE}

    def rows(self, after: int, end: int, make: Any) -> list[Any]:
        return [make(number) for number in range(after + 1, min(end, self.scenes) + 1)]


def peak(job: JobContext, scenes: int) -> int:
    """Bytes at most of a full sync, without what the database's own library allocates."""
    stash = GeneratedStash(scenes)
    tracemalloc.start()
    try:
        passes.run(job, stash, force=True)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "PAGE", PAGE)
    monkeypatch.setattr(reading, "IDS_AT_ONCE", PAGE)
    monkeypatch.setattr("scenes.sync.folders.refresh", lambda job, stash: None)


def test_what_a_sync_holds_hardly_grows_with_the_library(small_pages: None) -> None:
    job = testing.context("sync")
    peak(job, FEW)  # what is made but once
    few = peak(job, FEW)
    many = min(peak(job, MANY), peak(job, MANY))
    assert Scene.objects.count() == MANY
    assert many - few < BYTES_A_SCENE * (MANY - FEW)


def test_ids_that_come_late_are_put_in_their_place() -> None:
    ids = Ids([3, 5, 9, 5])
    ids.update([4, 1, 9, 12])
    assert list(ids) == [1, 3, 4, 5, 9, 12] and len(ids) == 6
    assert 4 in ids and 2 not in ids and 13 not in ids
    assert ids == Ids([1, 3, 4, 5, 9, 12]) != Ids([1])


def test_what_is_missing_is_found_over_the_borders_of_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenes.clients.stash.ids.AT_ONCE", 7)
    ours, given = Ids(range(0, 100, 3)), Ids(number for number in range(100) if number not in (0, 9, 51, 99))
    assert given.lacking(ours) == {0, 9, 51, 99}
    assert Ids().lacking(ours) == set(ours) and ours.lacking([]) == set()
