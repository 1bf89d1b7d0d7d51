"""Path mapping: the same file has another path in each service, which may run on Windows."""

from __future__ import annotations

import ntpath
import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath, PurePosixPath, PureWindowsPath

from jobs.texts.translatable import Translatable as _
from scenes.env import refused

SERVICES = ("qbittorrent", "stash", "tagger")
WRITTEN = _("write service:/their/prefix=/our/prefix, separated by semicolons")


def is_folder(path: str | PurePath) -> bool:
    """Whether it is a folder that can be looked at. `Path.is_dir` raises on a dead mount, or behind a closed folder."""
    return os.path.isdir(path)  # noqa: PTH112


@lru_cache(maxsize=1000)
def path_of(service_path: str) -> PurePath:
    r"""A service's path by the rules of its system: of Windows when it begins as ``D:\`` or ``\\server\share`` do."""
    if service_path.startswith("/"):
        return PurePosixPath(service_path)
    windows = PureWindowsPath(service_path)
    return windows if windows.drive else PurePosixPath(service_path)


def is_below(path: PurePath, folder: PurePath) -> bool:
    """Whether it is the folder or in it, by the rules of the system that both are of."""
    return type(path) is type(folder) and path.is_relative_to(folder)


def lies_in(path: str, folder: str) -> bool:
    """Whether a service's path is the folder or in it, however it spells the two."""
    windows = any(isinstance(path_of(text), PureWindowsPath) for text in (path, folder))
    pure = PureWindowsPath if windows else PurePosixPath
    # As they are as well: a name that climbs out is refused as such, and says nothing of where the files are.
    return is_below(pure(path), pure(folder)) or is_below(_plain(path, pure), _plain(folder, pure))


def lies_below_as_spelled(path: str, folders: Iterable[str]) -> bool:
    """Whether a service's path is one of its folders or in one, in the same upper and lower case.

    Of Windows, too: Stash looks files up by that.
    """
    mine = path_of(path)
    return any(
        is_below(mine, folder) and mine.parts[: len(folder.parts)] == folder.parts for folder in map(path_of, folders)
    )


def _plain(path: str, pure: type[PurePath]) -> PurePath:
    """Without doubled slashes and `..`, which a service may leave in one of two paths."""
    if pure is PureWindowsPath:
        return pure(ntpath.normpath(path))
    plain = posixpath.normpath(path)  # which leaves two slashes at the beginning
    return pure(f"/{plain.lstrip('/')}" if plain.startswith("/") else plain)


@dataclass(frozen=True)
class Mapping:
    """``theirs`` is the service's prefix for what StashHog sees at ``ours``."""

    service: str
    theirs: PurePath
    ours: PurePosixPath

    def __str__(self) -> str:
        return f"{self.service}:{self.theirs}={self.ours}"


@dataclass(frozen=True)
class PathMap:
    """Translates paths between a service and us: the longest prefix wins, whole components only.

    A path that no mapping fits is the same on both sides.
    """

    mappings: tuple[Mapping, ...] = ()

    @classmethod
    def parse(cls, text: str, name: str = "the path mapping") -> PathMap:
        r"""From ``qbittorrent:/downloads=/mnt/dl;tagger:D:\media=/mnt/library``; ``name``: where the text is from.

        Raises ImproperlyConfigured.
        """
        mappings = [mapping_of(part.strip(), name) for part in text.split(";") if part.strip()]
        if text and not mappings:
            raise refused(name, text, WRITTEN)
        if len({(mapping.service, mapping.theirs) for mapping in mappings}) < len(mappings):
            raise refused(name, text, _("give each prefix of a service once"))
        return cls(tuple(mappings))

    def to_ours(self, service: str, path: str) -> str:
        """The path as StashHog sees it."""
        return _translate(path_of(path), [(m.theirs, m.ours) for m in self.mappings if m.service == service]) or path

    def to_theirs(self, service: str, path: str) -> str:
        """The path as ``service`` sees it."""
        pairs = [(m.ours, m.theirs) for m in self.mappings if m.service == service]
        return _translate(PurePosixPath(path), pairs) or path

    def entry(self, service: str, path: str) -> str:
        """The mapping by which ``service`` finds our path, as it is written in the setting; "" without one."""
        fitting = [m for m in self.mappings if m.service == service and PurePosixPath(path).is_relative_to(m.ours)]
        return str(max(fitting, key=lambda mapping: len(mapping.ours.parts))) if fitting else ""


def mapping_of(text: str, name: str) -> Mapping:
    """One mapping; ``name``: where the text is from. Raises ImproperlyConfigured."""
    service, colon, paths = text.partition(":")
    theirs, equals, ours = paths.partition("=")
    absolute = path_of(theirs).is_absolute() and ours.startswith("/")
    if not colon or not equals or service not in SERVICES or not absolute:
        raise refused(name, text, WRITTEN)
    if ".." in path_of(theirs).parts or ".." in PurePosixPath(ours).parts:
        raise refused(name, text, _("give paths without .."))
    return Mapping(service, path_of(theirs), PurePosixPath(ours))


def _translate(source: PurePath, pairs: Iterable[tuple[PurePath, PurePath]]) -> str | None:
    """None when no prefix fits."""
    for prefix, target in sorted(pairs, key=lambda pair: len(pair[0].parts), reverse=True):
        if is_below(source, prefix):
            parts = source.relative_to(prefix).parts
            # As text, since a part such as `C:x`, a good name on Linux, would lead a path of Windows elsewhere.
            separator = "\\" if isinstance(target, PureWindowsPath) else "/"
            return separator.join([str(target).rstrip(separator), *parts]) if parts else str(target)
    return None
