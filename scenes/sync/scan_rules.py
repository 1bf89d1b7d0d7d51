"""Which files Stash takes, by its own settings: extensions, exclusion patterns, and what each library folder takes.

As Stash does (read in its source): a pattern fits anywhere in a path, whatever the letter case. It is one of Go's
regular expressions, which are those of RE2. One that can't be used is ignored there. A whole folder is passed over
when it has neither videos nor images to take, by patterns that fit its path with a separator at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PureWindowsPath
from typing import Any

import re2

from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.client import LibraryFolder, ScanSettings
from scenes.paths import path_of
from scenes.sync.folders import LibraryFolders


class ScanRules:
    """Of paths as Stash sees them. ``invalid``: exclusion patterns that no file can match.

    ``own``: the folder that files are placed in; that Stash takes videos there at all is checked elsewhere.
    """

    def __init__(self, settings: ScanSettings, own: str = ""):
        self.settings, self.own = settings, own
        self.video_extensions = frozenset(map(str.lower, settings.video_extensions))
        self.gallery_extensions = frozenset(map(str.lower, settings.gallery_extensions))
        self.invalid: list[str] = []
        self._excludes, self._image_excludes = map(self._compiled, (settings.excludes, settings.image_excludes))
        self._folders: dict[str, str] = {}
        self._by_path = {folder.path: folder for folder in settings.folders}
        self._libraries = LibraryFolders(self._by_path)

    def _compiled(self, patterns: Iterable[str]) -> list[Any]:
        options = re2.Options()
        options.case_sensitive = options.log_errors = False
        found = []
        for pattern in filter(str.strip, patterns):
            try:
                found.append(re2.compile(as_utf8(pattern), options))
            except re2.error:
                self.invalid.append(pattern)
        return found

    def why_no_video(self, path: str) -> str:
        """Why a scan passes over a file with the extension of a video; "" when it takes it."""
        library = self.library_of(path)
        if library is not None and library.exclude_video and library != self.library_of(f"{self.own}/file"):
            return _("its library folder {path} takes no videos", path=library.path)
        if pattern := fitting(self._excludes, path):
            return _("its exclusion pattern {pattern} fits {path}", pattern=pattern, path=path)
        return self._why_no_folder(path)

    def why_no_gallery(self, path: str) -> str:
        """Why a scan passes over an archive of pictures; "" when it takes it."""
        library = self.library_of(path)
        if library is not None and library.exclude_image:
            return _("its library folder {path} takes no images", path=library.path)
        pattern = fitting(self._image_excludes, path)
        if not pattern:
            return self._why_no_folder(path)
        return _("its exclusion pattern {pattern} fits {path}", pattern=pattern, path=path)

    def library_of(self, path: str) -> LibraryFolder | None:
        """The innermost of Stash's library folders that has it."""
        return self._by_path.get(self._libraries.of(path))

    def _why_no_folder(self, path: str) -> str:
        pure = path_of(path)
        separator = "\\" if isinstance(pure, PureWindowsPath) else "/"
        for folder in map(str, pure.parents):
            if folder not in self._folders:
                name = folder.rstrip(separator) + separator
                library = self.library_of(name)
                no_images = library is not None and library.exclude_image
                pattern = fitting(self._excludes, name)
                is_excluded = pattern and (no_images or fitting(self._image_excludes, name))
                fits = _("its exclusion pattern {pattern} fits {path}", pattern=pattern, path=name)
                self._folders[folder] = fits if is_excluded else ""
            if why := self._folders[folder]:
                return why
        return ""


def fitting(patterns: Iterable[Any], path: str) -> str:
    """The first of these patterns that fits, as it was typed; "" when none does."""
    text = as_utf8(path)
    return next((str(pattern.pattern) for pattern in patterns if pattern.search(text)), "")


def as_utf8(text: str) -> str:
    """Without what no UTF-8 can hold: half characters, as in a broken file name."""
    return text.encode("utf-8", "replace").decode()
