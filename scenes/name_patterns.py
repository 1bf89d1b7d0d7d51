"""Patterns of file and folder names, as people write them into the settings: `*.nfo`, `cover.png`, `@eaDir/`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property

from jobs.texts.translatable import Translatable as _
from scenes.env import refused

# A pattern of these alone fits nearly every file.
WILD = re.compile(r"\[[^\]]*\]|[*?.]")


@dataclass(frozen=True)
class NamePatterns:
    """``*``, ``?`` and ``[abc]`` as in a shell, in upper or lower case. One that ends in ``/`` is of a folder."""

    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, name: str, words: Sequence[str]) -> NamePatterns:
        """``name`` is the variable that they are from; the one word ``none`` is for no pattern.

        Raises ImproperlyConfigured for a path, and for a pattern that fits nearly everything.
        """
        given = tuple(word for word in words if word.lower() != "none")
        for word in given:
            pattern = word.removesuffix("/")
            if not pattern or "/" in pattern:
                fix = _("give patterns of names, not of paths: *.nfo for files, extras/ for a folder")
                raise refused(name, word, fix)
            if not WILD.sub("", pattern):
                raise refused(name, word, _("give patterns such as *.nfo that don't match every file"))
        return cls(given)

    def match(self, name: str) -> bool:
        """``name`` as in a torrent's file list, with slashes."""
        *folders, file = name.split("/")
        return bool(self.of_files.match(file)) or any(self.of_folders.match(folder) for folder in folders)

    @cached_property
    def of_files(self) -> re.Pattern[str]:
        return _compiled([word for word in self.words if not word.endswith("/")])

    @cached_property
    def of_folders(self) -> re.Pattern[str]:
        return _compiled([word[:-1] for word in self.words if word.endswith("/")])


def _compiled(patterns: Sequence[str]) -> re.Pattern[str]:
    # Without patterns: what matches no name.
    return re.compile("|".join(map(translate, patterns)) or r"(?!)", re.IGNORECASE)
