"""What the tests of Stash's own tasks begin with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scenes.models import StashTask
from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.settings import SimulatedPlugin

BOX = "https://stashdb.example/graphql"
STARTS = ("metadataIdentify", "metadataAutoTag", "runPluginTask", "metadataGenerate")


def with_stash_box(stash: RunningStash, titles: dict[str, str] | None = None, **options: Any) -> None:
    """Stash's default is a stash-box, which knows these titles, by the names of files."""
    settings = stash.simulator.settings
    settings.stash_boxes = {BOX: {name: {"title": title} for name, title in (titles or {}).items()}}
    rules = [{"field": "title", "strategy": "OVERWRITE"}]
    settings.default_identify = {
        "sources": [{"source": {"stash_box_endpoint": BOX}}],
        "options": {"fieldOptions": rules, **options},
    }


def file_name(number: int) -> str:
    """Of the only file of a seeded scene."""
    return f"scene_{number:06d}.mp4"


def with_plugin(stash: RunningStash, *tasks: str, **options: Any) -> list[tuple[str, list[str]]]:
    """A plugin "renamer"; what it is run with is added to the list returned."""
    runs: list[tuple[str, list[str]]] = []

    def run(task: str, arguments: dict[str, Any]) -> str | None:
        runs.append((task, arguments["scene_ids"]))
        return None

    options.setdefault("run", run)
    stash.simulator.settings.plugins = [SimulatedPlugin("renamer", list(tasks or ("Rename",)), **options)]
    return runs


def asked_ids(stash: RunningStash, field: str = "metadataIdentify") -> list[list[str]]:
    """The ids of scenes of each request that starts something."""
    found = []
    for entry in stash.asked(field):
        given = entry.variables.get("input", {}).get("sceneIDs") or entry.variables.get("arguments", {}).get(
            "scene_ids"
        )
        found.append(given)
    return found


def never_all(stash: RunningStash) -> None:
    """Whatever was asked named its scenes, and none was asked by folder."""
    assert all(ids for field in STARTS for ids in asked_ids(stash, field))
    assert stash.asked("metadataAutoTag") == []


def outcomes(kind: str, ids: Iterable[int] = ()) -> dict[int, tuple[str, str]]:
    rows = StashTask.objects.filter(kind=kind)
    chosen = rows.filter(scene_id__in=list(ids)) if ids else rows
    return {row.scene_id: (row.outcome, row.code) for row in chosen}
