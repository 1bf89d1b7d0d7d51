"""Why Stash did not generate something: its job ends FINISHED without an error, only its log says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scenes.clients.stash.client import LogLine, StashClient
from scenes.clients.stash.jobs import TROUBLE
from scenes.clients.stash.rows import SceneRow
from scenes.stash.stash_jobs.journal import Journal, names_file

MAX_TEXT = 300  # characters of Stash's own words


@dataclass(frozen=True)
class Reasons:
    """The warnings and errors that Stash logged meanwhile, oldest first; the ``general`` ones name no scene's file."""

    lines: list[LogLine]
    general: list[LogLine]

    @classmethod
    def of_job(cls, stash: StashClient, journal: Journal, added: str, scenes: Iterable[SceneRow]) -> Reasons:
        """What was collected, from a raw time of Stash's own clock on, while it processed these scenes."""
        lines = [line for line in journal.since(stash, added) if line.level in TROUBLE]
        paths = [file["path"] for scene in scenes for file in scene["files"]]
        return cls(lines, [line for line in lines if not any(names_file(line, path) for path in paths)])

    def of(self, row: SceneRow, missing: list[str]) -> str:
        """A sentence for a person."""
        if not row["files"]:
            return "Stash has no file for this scene any more, so nothing can be generated."
        what = f"Stash finished without making its {' and '.join(missing)}"
        if lines := self._naming(*(file["path"] for file in row["files"])):
            return f"{what}: {lines[-1].message[:MAX_TEXT]}"
        if lines := self._naming(*(file["basename"] for file in row["files"])):
            return f"{what}: {lines[-1].message[:MAX_TEXT]}"
        if self.general:
            return f"{what}. The last error in its log: {self.general[-1].message[:MAX_TEXT]}"
        return f"{what}, and its log does not say why."

    def _naming(self, *files: str) -> list[LogLine]:
        return [line for line in self.lines if any(names_file(line, file) for file in files)]
