"""Why Stash did not generate something: its job ends FINISHED without an error, only its log says it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, joined_by_and
from scenes.attribution.clues import Clue, clue_of_words
from scenes.clients.stash.client import LogLine, StashClient
from scenes.clients.stash.jobs import TROUBLE
from scenes.clients.stash.rows import SceneRow
from scenes.stash.generation.outputs import NAMES
from scenes.stash.stash_jobs.journal import Journal, names_file

MAX_TEXT = 300  # characters of Stash's own words


@dataclass(frozen=True)
class GenerationReasons:
    """The warnings and errors that Stash logged meanwhile, oldest first; the ``general`` ones name no scene's file."""

    lines: list[LogLine]
    general: list[LogLine]

    @classmethod
    def of_job(cls, stash: StashClient, journal: Journal, added: str, scenes: Iterable[SceneRow]) -> GenerationReasons:
        """What was collected, from a raw time of Stash's own clock on, while it processed these scenes."""
        lines = [line for line in journal.since(stash, added) if line.level in TROUBLE]
        paths = [file["path"] for scene in scenes for file in scene["files"]]
        return cls(lines, [line for line in lines if not any(names_file(line, path) for path in paths)])

    def of(self, row: SceneRow, missing: Collection[str]) -> tuple[str, Clue]:
        """A sentence for a person, about the lack of these kinds of output, and what it tells of who is at fault."""
        if not row["files"]:
            return _("Stash has no file for this scene any more, so nothing can be generated."), Clue.ITEM
        lacking = joined_by_and(NAMES[kind] for kind in NAMES if kind in missing)
        what = _("Stash finished without making its {outputs}", outputs=lacking)
        paths, names = [file["path"] for file in row["files"]], [file["basename"] for file in row["files"]]
        if lines := self._naming(*paths) or self._naming(*names):
            every = "\n".join(line.message for line in lines)
            return joined(": ", [what, lines[-1].message[:MAX_TEXT]]), clue_of_words(every, names_item=True)
        if self.general:
            last = self.general[-1].message
            hint = _("The last error in its log: {error}", error=last[:MAX_TEXT])
            return joined(". ", [what, hint]), clue_of_words(last)
        return _("{what}, and its log does not say why.", what=what), Clue.UNCLEAR

    def _naming(self, *files: str) -> list[LogLine]:
        return [line for line in self.lines if any(names_file(line, file) for file in files)]
