"""What went wrong in one of Stash's own tasks: its job ends FINISHED without an error, only the log says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.client import LogLine
from scenes.clients.stash.jobs import TROUBLE
from scenes.clients.stash.rows import SceneRow
from scenes.stash.stash_jobs.journal import names_file

MAX_TEXT = 300  # characters of Stash's own words
SOURCE = re.compile(r"error scraping|stash-?box", re.IGNORECASE)  # and no scene's file: a source that did not answer
PLUGIN = re.compile(
    r"no plugin with ID|error (creating|running) plugin task|plugin returned error|no task with name", re.IGNORECASE
)
UNKNOWN_SCENE = re.compile(r"scene with id (\d{1,19}) not found")  # in the error of a job that FAILED


@dataclass(frozen=True)
class TaskReasons:
    """``of_scenes``: by scene id; ``of_all``: what concerns no single scene, "" when there is nothing."""

    of_scenes: Mapping[int, str] = field(default_factory=dict)
    of_all: str = ""


def of_identify(lines: Iterable[LogLine], scenes: Mapping[int, SceneRow]) -> TaskReasons:
    """From the log during the job, oldest first; ``scenes`` by id."""
    of_scenes: dict[int, str] = {}
    of_all = ""
    for line in (line for line in lines if line.level in TROUBLE):
        named = [pk for pk, scene in scenes.items() if any(names_file(line, file["path"]) for file in scene["files"])]
        why = _("Stash could not identify it: {reason}", reason=line.message[:MAX_TEXT])
        of_scenes.update(dict.fromkeys(named, why))
        if not named and SOURCE.search(line.message):
            of_all = of_all or line.message[:MAX_TEXT]
    return TaskReasons(of_scenes, of_all)


def of_plugin(lines: Sequence[LogLine]) -> TaskReasons:
    """A plugin's error is of all scenes: it was given them all at once."""
    wrong = [line.message[:MAX_TEXT] for line in lines if PLUGIN.search(line.message)]
    return TaskReasons(of_all=wrong[0] if wrong else "")


def unknown_scene(error: str) -> int | None:
    """The id at which an identify FAILED since Stash has no such scene (any more)."""
    found = UNKNOWN_SCENE.search(error)
    return int(found[1]) if found else None
