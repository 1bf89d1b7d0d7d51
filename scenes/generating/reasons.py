"""Why Stash did not generate something: its job ends FINISHED without an error, only its log says it."""

from __future__ import annotations

from dataclasses import dataclass

from scenes.clients.stash import LogLine, StashClient
from scenes.clients.stash_rows import SceneRow

BAD = {"Warning", "Error"}
MOST = 300  # characters of Stash's own words


@dataclass(frozen=True)
class Reasons:
    """The warnings and errors that Stash logged meanwhile, oldest first. It keeps its last 30 lines only."""

    lines: list[LogLine]

    @classmethod
    def since(cls, stash: StashClient, added: str) -> Reasons:
        """From a raw time of Stash's own clock on."""
        return cls([line for line in stash.logs_since(stash.moment(added)) if line.level in BAD])

    def of(self, row: SceneRow, missing: list[str]) -> str:
        """A sentence for a person."""
        if not row["files"]:
            return "Stash has no file for this scene any more, so nothing can be generated."
        what = f"Stash finished without making its {' and '.join(missing)}"
        words = {word for file in row["files"] for word in (file["path"], file["basename"])}
        told = [line.message for line in self.lines if any(word in line.message for word in words)]
        if told:
            return f"{what}: {told[-1][:MOST]}"
        if self.lines:
            return f"{what}. The last error in its log: {self.lines[-1].message[:MOST]}"
        return f"{what}, and its log does not say why."
