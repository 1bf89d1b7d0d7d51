"""What there is to say of a code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.texts.translatable import translated
from scenes.configuration import DECLARED, named_choice, named_setting

NOTHING = "–"  # how a fix begins where there is nothing to fix
LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
SETTING = re.compile(r"\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True)
class Code:
    """``fix``: what to do, as Markdown; NOTHING, perhaps with why, where there is nothing to do.

    It has ``{key}`` for a setting, and ``{key:value}`` for one of its values.
    """

    name: str
    means: str
    fix: str

    @property
    def plain_fix(self) -> str:
        """A sentence for pages and programs, in the active language; "" where there is nothing to do."""
        if self.fix.startswith(NOTHING):
            return ""
        text = with_settings(LINK.sub(r"\1", translated(self.fix)).replace("`", ""))
        end = "" if text.endswith(("?", ".")) else "."
        return f"{text[0].upper()}{text[1:]}{end}"

    @property
    def documented_fix(self) -> str:
        """For the docs, which name variables and values as they are written, too."""
        return SETTING.sub(in_docs, self.fix)


def with_settings(text: str) -> str:
    """The text with ``{key}`` and ``{key:value}`` as pages call them."""
    return SETTING.sub(on_pages, text)


def on_pages(found: re.Match[str]) -> str:
    key, value = found.groups()
    return translated(named_choice(key, value) if value else named_setting(key))


def in_docs(found: re.Match[str]) -> str:
    key, value = found.groups()
    return f"`{value}`" if value else f"“{DECLARED[key].label}” (`{DECLARED[key].variable}`)"
