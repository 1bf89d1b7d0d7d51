"""Stash's own tasks for some scenes: identify, auto tag as a source of identify, and the tasks of plugins.

To Stash an empty list of scenes means all of them, so here they come as `SceneIds`, which can't be empty. Its own
auto tag is not used: it takes folders, so it would touch other scenes, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import TypedDict

from scenes.clients.stash.jobs import StartAnswer, StashJobs, StashJobState

AUTO_TAG = "builtin_autotag"  # the scraper that is auto tag
PLUGIN_ARGUMENT = "scene_ids"  # by which a plugin is told the scenes


@dataclass(frozen=True)
class SceneIds:
    """Ids of at least one scene."""

    first: int
    others: tuple[int, ...] = ()

    @classmethod
    def of(cls, ids: Iterable[int]) -> SceneIds | None:
        """Each once, in their order; None when there are none."""
        found = list(dict.fromkeys(ids))
        return cls(found[0], tuple(found[1:])) if found else None

    def __iter__(self) -> Iterator[int]:
        yield self.first
        yield from self.others

    def __len__(self) -> int:
        return 1 + len(self.others)

    def as_input(self) -> list[str]:
        """As Stash takes ids."""
        return [str(number) for number in self]


class FieldOptions(TypedDict):
    field: str
    strategy: str
    createMissing: bool | None


class IdentifyOptions(TypedDict):
    """Names are Stash's own: what it gives is what it takes."""

    fieldOptions: list[FieldOptions] | None
    setCoverImage: bool | None
    setOrganized: bool | None
    includeMalePerformers: bool | None
    skipMultipleMatches: bool | None
    skipMultipleMatchTag: str | None
    skipSingleNamePerformers: bool | None
    skipSingleNamePerformerTag: str | None


class ScraperSource(TypedDict):
    stash_box_index: int | None
    stash_box_endpoint: str | None
    scraper_id: str | None


class IdentifySource(TypedDict):
    source: ScraperSource
    options: IdentifyOptions | None


class IdentifyDefaults(TypedDict):
    sources: list[IdentifySource]
    options: IdentifyOptions | None


class StashBox(TypedDict):
    endpoint: str


class GeneralBoxes(TypedDict):
    stash_boxes: list[StashBox]


class Defaults(TypedDict):
    identify: IdentifyDefaults | None


class ConfigurationDefaults(TypedDict):
    general: GeneralBoxes
    defaults: Defaults


class DefaultsAnswer(TypedDict):
    configuration: ConfigurationDefaults


class PluginTaskRow(TypedDict):
    name: str


class PluginRow(TypedDict):
    id: str
    enabled: bool
    tasks: list[PluginTaskRow] | None


class PluginsAnswer(TypedDict):
    plugins: list[PluginRow] | None


@dataclass(frozen=True)
class IdentifySettings:
    """What identify asks by default, and which stash-boxes Stash has. ``defaults``: None when nobody saved any."""

    defaults: IdentifyDefaults | None
    stash_boxes: list[str]


class StashTasks(StashJobs):
    """Starting is a write: awaited even when our work is cancelled, so that the job can be stopped."""

    def identify_settings(self) -> IdentifySettings:
        found = self.ask("IdentifyDefaults", DefaultsAnswer)["configuration"]
        boxes = [box["endpoint"] for box in found["general"]["stash_boxes"]]
        return IdentifySettings(found["defaults"]["identify"], boxes)

    def identify(
        self, ids: SceneIds, sources: Sequence[Mapping[str, Any]], options: Mapping[str, Any] | None = None
    ) -> str:
        """Start identifying these scenes; the id of Stash's job. One unknown id fails it, at that scene.

        Raises ValueError without sources, with which Stash would finish and have done nothing.
        """
        if not sources:
            raise ValueError("without a source nothing can be identified")
        asked = {"sceneIDs": ids.as_input(), "sources": given(sources), "options": given(options)}
        return self.ask("Identify", StartAnswer, {"input": given(asked)}, write=True)["job_id"]

    def auto_tag(self, ids: SceneIds) -> str:
        """Start giving these scenes the tags, performers and studio that their paths name; the id of Stash's job."""
        return self.identify(ids, [{"source": {"scraper_id": AUTO_TAG}}])

    def plugins(self) -> dict[str, frozenset[str]]:
        """The names of the tasks of each plugin that is enabled, by its id."""
        rows = self.ask("Plugins", PluginsAnswer)["plugins"] or []
        return {row["id"]: frozenset(task["name"] for task in row["tasks"] or []) for row in rows if row["enabled"]}

    def run_plugin_task(self, plugin: str, task: str, ids: SceneIds) -> str:
        """Start a plugin's task with these scenes as its argument; the id of Stash's job.

        Stash gives an id for an unknown plugin, too; then only its log says so.
        """
        asked = {"plugin": plugin, "task": task, "arguments": {PLUGIN_ARGUMENT: ids.as_input()}}
        return self.ask("RunPluginTask", StartAnswer, asked, write=True)["job_id"]

    def find_jobs(self, ids: Iterable[int]) -> list[StashJobState]:
        """Those of these jobs, at most PER_REQUEST, that Stash knows: ended ones, too."""
        items = [{"id": str(number)} for number in ids]
        results = self.ask_each("EachJob", StashJobState | None, items)  # type: ignore[arg-type]
        for result in results:
            if result.error is not None:
                raise result.error
        return [result.value for result in results if result.value is not None]


def given(value: Any) -> Any:
    """An input of what Stash answered: without what is null, which it takes for "emptied" in some places."""
    if isinstance(value, Mapping):
        return {name: given(part) for name, part in value.items() if part is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [given(part) for part in value]
    return value
