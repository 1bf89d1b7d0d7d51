"""What Stash logged during a job: the only place where it says why something was not done."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from scenes.clients.stash.client import LogLine, StashClient
from scenes.clients.stash.jobs import TROUBLE

MAX_LINES = 10_000  # the first are kept, since causes come before their consequences

# Names have no quotes around them in some messages, and may have spaces in them.
FOLDER_ENDS = r"(?=$|[\"'<>:;,)]|\s(?:is|was|does|doesn|has|can|could|not)\b)"


@dataclass
class Journal:
    """Warnings and errors, collected at each poll: Stash itself keeps its last 30 lines only."""

    lines: dict[LogLine, None] = field(default_factory=dict)

    def collect(self, lines: Iterable[LogLine]) -> None:
        if len(self.lines) < MAX_LINES:
            self.lines.update((line, None) for line in lines if line.level in TROUBLE)

    def since(self, stash: StashClient, added: str) -> list[LogLine]:
        """All of a job, oldest first, from a raw time of Stash's own clock on. The last lines of any level, too."""
        started_at = stash.moment(added)
        lines = dict.fromkeys([*self.lines, *stash.logs_since(started_at)])
        return sorted((line for line in lines if line.time >= started_at), key=lambda line: line.time)


def names_file(line: LogLine, path: str) -> bool:
    """Whether the line names that file; a path without folders only matches where the line has none either."""
    return _matches(line, rf"(?<![\w/\\]){re.escape(path)}(?!\.?\w)")


def names_folder(line: LogLine, path: str) -> bool:
    """Whether the line names the folder itself, and not something in it, or beside it with a longer name."""
    return _matches(line, rf"(?<!\w){re.escape(path)}[/\\]?{FOLDER_ENDS}")


def _matches(line: LogLine, pattern: str) -> bool:
    """Within quotes, Go writes each backslash of a Windows path twice."""
    return any(re.search(pattern, text) for text in (line.message, line.message.replace("\\\\", "\\")))
