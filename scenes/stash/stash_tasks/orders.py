"""What Stash is asked for, or why it can't be: with the way to the setting that is missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, named
from scenes.clients.stash.client import IdentifySettings, SceneIds, StashClient
from scenes.configuration import Configuration, named_setting
from scenes.configuration.stash_tasks import PluginTask
from scenes.models import StashTask

Kind = StashTask.Kind
SIZES = {Kind.IDENTIFY: 50, Kind.AUTO_TAG: 500, Kind.PLUGIN: 1000}  # scenes that Stash is asked for at once
HOW_TO_SAVE = _(
    "In Stash, open Settings, Tasks, Identify, choose the sources and click “Set as default”; "
    "then the next run identifies what waits for it."
)
HOW_TO_ADD = _("It has no stash-box yet: add one first, in Settings, Metadata Providers, Stash-box Endpoints.")
MAX_SHOWN = 20  # plugin tasks in a message


@dataclass(frozen=True)
class Order:
    """One of Stash's own tasks. ``task`` is the name in the rows: of a plugin's task, else ""."""

    kind: Kind
    task: str
    ask: Callable[[SceneIds], str]

    @property
    def size(self) -> int:
        return SIZES[self.kind]

    @property
    def is_repeatable(self) -> bool:
        """Whether asking twice does no harm. Nobody knows what a plugin does."""
        return self.kind != Kind.PLUGIN

    @property
    def name(self) -> str:
        """For people: "identify", "plugin task renamer: Rename"."""
        return _("plugin task {task}", task=self.task) if self.task else _(str(self.kind.value).replace("_", " "))


def orders_of(stash: StashClient, kind: str, config: Configuration) -> list[Order]:
    """Raises a permanent JobError when it is not possible, and ServiceError."""
    if kind == Kind.AUTO_TAG:
        return [Order(Kind.AUTO_TAG, "", stash.auto_tag)]
    if kind == Kind.IDENTIFY:
        sources, options = sources_of(stash.identify_settings())
        return [Order(Kind.IDENTIFY, "", partial(stash.identify, sources=sources, options=options))]
    tasks = config.plugin_tasks
    check_plugin_tasks(tasks, stash.plugins())
    return [Order(Kind.PLUGIN, str(task), partial(stash.run_plugin_task, task.plugin, task.name)) for task in tasks]


def sources_of(settings: IdentifySettings) -> tuple[list[Mapping[str, Any]], Mapping[str, Any] | None]:
    """Stash's own default sources, stash-boxes by their endpoints, and options.

    Raises a permanent JobError when there are none to ask.
    """
    defaults, boxes = settings.defaults, settings.stash_boxes
    if defaults is None or not defaults["sources"]:
        raise _not_set_up(_("Stash has no default sources to identify scenes with."), boxes)
    sources: list[Mapping[str, Any]] = []
    for source in defaults["sources"]:
        given, options = source["source"], source["options"]
        if given["scraper_id"] is not None:
            sources.append({"source": {"scraper_id": given["scraper_id"]}, "options": options})
            continue
        endpoint, index = given["stash_box_endpoint"], given["stash_box_index"]
        if endpoint is None and index is not None and 0 <= index < len(boxes):
            endpoint = boxes[index]
        if endpoint not in boxes:  # it would fail the whole job
            gone = endpoint or _("one that it does not name")
            message = _(
                "The default sources of Stash's identify have a stash-box that it does not have: {endpoint}.",
                endpoint=gone,
            )
            raise _not_set_up(message, boxes)
        sources.append({"source": {"stash_box_endpoint": endpoint}, "options": options})
    return sources, defaults["options"]


def _not_set_up(message: str, boxes: list[str]) -> JobError:
    text = joined(" ", [message, "" if boxes else HOW_TO_ADD, HOW_TO_SAVE])
    return JobError("identify_not_set_up", text, permanent=True)


def check_some_named(tasks: Sequence[PluginTask]) -> None:
    if not tasks:
        message = _(
            "No plugin task is named: give {setting} in the settings, as in renamer: Rename.",
            setting=named_setting("plugin_tasks"),
        )
        raise JobError("plugin_task_not_set", message, permanent=True)


def check_plugin_tasks(tasks: Sequence[PluginTask], plugins: Mapping[str, Collection[str]]) -> None:
    """Raise a permanent JobError unless there are some, and Stash has them all."""
    check_some_named(tasks)
    unknown = [str(task) for task in tasks if task.name not in plugins.get(task.plugin, ())]
    if unknown:
        known = sorted(str(PluginTask(plugin, name)) for plugin, names in plugins.items() for name in names)
        has = _("No plugin that is enabled has any.")
        if known:
            has = _("It has: {tasks}.", tasks=named(known, MAX_SHOWN))
        message = _(
            "Stash has no plugin task “{task}”. {has} Correct {setting} in the settings, or install "
            "and enable the plugin in Stash (Settings, Plugins).",
            setting=named_setting("plugin_tasks"),
            task=unknown[0],
            has=has,
        )
        raise JobError("plugin_task_unknown", message, permanent=True)
