"""The settings of Stash's own tasks: which are asked for, where in a run, and which tasks of plugins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from django.utils.translation import gettext_noop as _

from jobs.texts.translatable import Translatable
from scenes.configuration.declaring import setting
from scenes.configuration.kinds import SECONDS, Kind, Number, WordSet
from scenes.env import Env, refused

STASH_TASKS = "stash_tasks"
KINDS = ("identify", "auto_tag", "plugin")  # in the order in which they are asked for
KINDS_SAID = (
    _("Identify, in a stash-box"),
    _("Auto tag: what the path of a file names"),
    _("The plugin tasks below"),
)
MAX_TASKS = 20
LONGEST = 200  # characters, as the column of the rows takes


class PluginTask(NamedTuple):
    """A task of a plugin, by the plugin's id and the task's name, as Stash's page "Tasks" shows them."""

    plugin: str
    name: str

    def __str__(self) -> str:
        return f"{self.plugin}: {self.name}"

    @classmethod
    def of(cls, text: str) -> PluginTask:
        """From what `str` gives."""
        plugin, _, name = text.partition(":")
        return cls(plugin.strip(), name.strip())


@dataclass(frozen=True)
class PluginTasks(Kind):
    """``plugin: task``, separated by semicolons, in the order in which they run."""

    empty: ClassVar[tuple[PluginTask, ...]] = ()

    def read(self, env: Env, name: str) -> tuple[PluginTask, ...]:
        texts = [text.strip() for text in env.text(name).split(";") if text.strip()]
        tasks = tuple(dict.fromkeys(map(PluginTask.of, texts)))
        for task, text in zip(map(PluginTask.of, texts), texts, strict=True):
            if not (task.plugin and task.name):
                fix = Translatable(_("give plugin: task, as in renamer: Rename; semicolons between several"))
                raise refused(name, text, fix)
            if len(str(task)) > LONGEST:
                fix = Translatable(_("give at most {most} characters for each plugin and task"), most=LONGEST)
                raise refused(name, None, fix)
        if len(tasks) > MAX_TASKS:
            raise refused(name, None, Translatable(_("give at most {most} tasks"), most=MAX_TASKS))
        return tasks


@dataclass(frozen=True)
class StashTaskSettings:
    """All are off by default."""

    stash_tasks_after_scan: frozenset[str] = setting(
        WordSet(KINDS, KINDS_SAID),
        _("After the scan"),
        _(
            "Which of its own tasks Stash does for the scenes that a run found, before they are analysed. Identify "
            "sends the files' fingerprints to a stash-box, by Stash's own default sources"
        ),
        group=STASH_TASKS,
        pinned=True,
    )
    stash_tasks_after_generate: frozenset[str] = setting(
        WordSet(KINDS, KINDS_SAID),
        _("After generating"),
        _("Which of its own tasks Stash does for the scenes that a run analysed, at its end"),
        group=STASH_TASKS,
        pinned=True,
    )
    plugin_tasks: tuple[PluginTask, ...] = setting(
        PluginTasks(),
        _("Plugin tasks"),
        _(
            "Which tasks of plugins: the plugin's id, a colon, and the task's name, as Stash's page “Tasks” has them: "
            "renamer: Rename. Several with semicolons. Take only those that keep to the scenes that they are given "
            "(their argument scene_ids): others work on the whole library each time"
        ),
        group=STASH_TASKS,
        pinned=True,
    )
    stash_tasks_seconds: float = setting(
        Number(1, unit=SECONDS), _("Time box of each"),
        _("How long a run has Stash at one of these tasks; the rest comes in the next run"),
        group=STASH_TASKS, default="3600", pinned=True,
    )  # fmt: skip
