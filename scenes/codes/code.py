"""What there is to say of a code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.texts.translatable import translated

NOTHING = "–"  # how a fix begins where there is nothing to fix
LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True)
class Code:
    """``fix``: what to do, as Markdown; NOTHING, perhaps with why, where there is nothing to do."""

    name: str
    means: str
    fix: str

    @property
    def plain_fix(self) -> str:
        """A sentence for pages and programs, in the active language; "" where there is nothing to do."""
        if self.fix.startswith(NOTHING):
            return ""
        text = LINK.sub(r"\1", translated(self.fix)).replace("`", "")
        end = "" if text.endswith(("?", ".")) else "."
        return f"{text[0].upper()}{text[1:]}{end}"
