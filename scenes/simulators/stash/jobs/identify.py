"""`metadataIdentify` and `metadataAutoTag`: whose scenes they touch, and how they end when something is not known."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..graphql.errors import to_id
from ..library.records import Performer, Scene, Studio, Tag
from ..library.state import LibraryState
from ..settings import Settings
from .names import merge, tag_by_path
from .queue import Failed, Running

AUTO_TAG = "builtin_autotag"  # auto tag as a source of identify
KINDS = ("performers", "studios", "tags")
TABLES: dict[str, type[Tag] | type[Performer] | type[Studio]] = {
    "tags": Tag,
    "performers": Performer,
    "studios": Studio,
}


class AutoTag:
    """No paths means all files; a path that is not in the library means nothing."""

    def __init__(self, state: LibraryState, settings: Settings, options: dict[str, Any]):
        self.state, self.settings = state, settings
        self.paths = options.get("paths") or []
        self.kinds = [kind for kind in KINDS if options.get(kind)]

    async def __call__(self, running: Running) -> None:
        async for scene in running.each(scenes_below(self.state, self.paths)):
            await asyncio.sleep(self.settings.seconds_per_item)
            if not scene.organized:
                tag_by_path(self.state, scene, self.kinds)
            self.state.commit()


class Identify:
    """No scene ids and no paths means all scenes."""

    def __init__(self, state: LibraryState, settings: Settings, options: dict[str, Any]):
        self.state, self.settings, self.options = state, settings, options
        self.sources: list[dict[str, Any]] = options["sources"]

    async def __call__(self, running: Running) -> None:
        if not self.sources:
            running.progress(0.0)
            return
        for source in self.sources:
            self.check(source["source"])
        async for item in running.each(self.items()):
            scene = self.state.scenes.get(item) if isinstance(item, int) else item
            if scene is None:
                raise Failed(f"scene with id {item} not found")
            file = self.state.primary_file(scene)
            running.job.subTasks = [f"Identifying {file.path if file else scene.title}"]
            await asyncio.sleep(self.settings.seconds_per_item)
            self.identify(scene, running)
            self.state.commit()
        running.job.subTasks = []

    def items(self) -> list[int | Scene]:
        """Ids as they were given, known or not; without any the scenes below the paths, or all."""
        ids = self.options.get("sceneIDs") or []
        return [to_id(text) for text in ids] or list(scenes_below(self.state, self.options.get("paths") or []))

    def check(self, source: dict[str, Any]) -> None:
        """Raise Failed when it is not known."""
        endpoint, scraper = source.get("stash_box_endpoint"), source.get("scraper_id")
        if endpoint is not None and endpoint not in self.settings.stash_boxes:
            raise Failed(f"error getting sources: stash-box with endpoint {endpoint} not found")
        if endpoint is None and scraper != AUTO_TAG:
            raise Failed(f'error getting sources: not found: scraper with id "{scraper}"')

    def identify(self, scene: Scene, running: Running) -> None:
        """With the first source that knows something of it; a source that is away is passed over."""
        for source in self.sources:
            endpoint = source["source"].get("stash_box_endpoint")
            if endpoint is None and tag_by_path(self.state, scene, KINDS):
                return
            if endpoint in self.settings.stash_boxes_away:
                running.log.error(f"error scraping from stash-box: {endpoint}: dial tcp: connection refused")
            elif endpoint is not None and (found := self.known(endpoint, scene)):
                self.fill(scene, found, {**(self.options.get("options") or {}), **(source.get("options") or {})})
                return

    def known(self, endpoint: str, scene: Scene) -> dict[str, Any] | None:
        file = self.state.primary_file(scene)
        return self.settings.stash_boxes[endpoint].get(Path(file.path).name) if file else None

    def fill(self, scene: Scene, found: dict[str, Any], options: dict[str, Any]) -> None:
        """MERGE, the default, fills what is empty and adds to lists; missing names are made where the options say."""
        rules = {rule["field"]: rule for rule in options.get("fieldOptions") or []}
        for name in ("title", "details", "date"):
            strategy = rules.get(name, {}).get("strategy", "MERGE")
            if name in found and (strategy == "OVERWRITE" or (strategy == "MERGE" and not getattr(scene, name))):
                setattr(scene, name, found[name])
        for kind, ids in (("tags", scene.tag_ids), ("performers", scene.performer_ids)):
            merge(ids, self.ids_of(kind, found.get(kind, []), rules.get(kind, {})))
        if scene.studio_id is None and "studio" in found:
            scene.studio_id = next(iter(self.ids_of("studios", [found["studio"]], rules.get("studio", {}))), None)
        scene.organized = scene.organized or bool(options.get("setOrganized"))
        self.state.touch(scene)

    def ids_of(self, kind: str, names: Iterable[str], rule: dict[str, Any]) -> list[int]:
        table = self.state.table(kind)
        found = []
        for name in names:
            record = next((row for row in table.values() if row.name == name), None)
            if record is None and rule.get("createMissing"):
                record = TABLES[kind](id=self.state.new_id(kind), name=name, **self.state.new_times())
                self.state.add(record)
            if record is not None:
                found.append(record.id)
        return found


def scenes_below(state: LibraryState, paths: Iterable[str]) -> list[Scene]:
    """The scenes with a file at one of the paths or below; all of them without any."""
    paths = list(paths)
    if not paths:
        return list(state.scenes.values())
    return [
        scene
        for scene in state.scenes.values()
        if any(Path(file.path).is_relative_to(path) for file in state.scene_files(scene) for path in paths)
    ]
