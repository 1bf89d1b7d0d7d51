"""Settings that hold permissions, or a group of the system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from jobs.texts.translatable import Translatable as _
from scenes.configuration.kinds import Kind
from scenes.env import Env, refused

OCTAL = re.compile(r"0?[0-7]{3,4}")
GROUP = re.compile(r"[^\s:,/][^:,/]{0,255}")
HIGHEST_ID = 2**32 - 2  # of a group


@dataclass(frozen=True)
class Mode(Kind):
    """Permissions in octal digits, as chmod takes them; the word ``none`` for those that the system gives.

    ``needed``: what StashHog itself can't do without; ``most``: all that may be given.
    """

    needed: int = 0
    most: int = 0o777
    empty: ClassVar[None] = None

    def read(self, env: Env, name: str) -> int | None:
        text = env.text(name)
        if text.lower() == "none":
            return None
        if not OCTAL.fullmatch(text):
            raise refused(name, text, _("give octal digits, as chmod takes them, such as 664 or 2775, or none"))
        mode = int(text, 8)
        if mode & self.needed != self.needed:
            fix = _("StashHog needs {mode} of it for itself, as the owner", mode=f"{self.needed:03o}")
            raise refused(name, text, fix)
        if mode | self.most != self.most:
            raise refused(name, text, _("give at most {most}", most=f"{self.most:03o}"))
        return mode


@dataclass(frozen=True)
class FileGroup(Kind):
    """The name or number of a group of the system; the word ``none`` for the one that the system gives."""

    def read(self, env: Env, name: str) -> str:
        text = env.text(name)
        if not GROUP.fullmatch(text) or (text.isdecimal() and not (text.isascii() and int(text) <= HIGHEST_ID)):
            raise refused(name, text, _("give the name or the number of one group, or none"))
        return "" if text.lower() == "none" else text
