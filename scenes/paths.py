"""Path mapping: the same file has another path in each service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from stashhog.env import refused

SERVICES = ("qbittorrent", "stash", "tagger")


@dataclass(frozen=True)
class Mapping:
    """``theirs`` is the service's prefix for what StashHog sees at ``ours``."""

    service: str
    theirs: PurePosixPath
    ours: PurePosixPath


@dataclass(frozen=True)
class PathMap:
    """Translates paths between a service and us: the longest prefix wins, whole components only.

    A path that no mapping fits is the same on both sides.
    """

    mappings: tuple[Mapping, ...] = ()

    @classmethod
    def parse(cls, text: str) -> PathMap:
        """From ``qbittorrent:/downloads=/mnt/dl;stash:/data=/mnt/library``. Raises ImproperlyConfigured."""
        return cls(tuple(_parse_one(part.strip()) for part in text.split(";") if part.strip()))

    def to_ours(self, service: str, path: str) -> str:
        """The path as StashHog sees it."""
        return _translate(path, [(m.theirs, m.ours) for m in self.mappings if m.service == service])

    def to_theirs(self, service: str, path: str) -> str:
        """The path as ``service`` sees it."""
        return _translate(path, [(m.ours, m.theirs) for m in self.mappings if m.service == service])


def _parse_one(text: str) -> Mapping:
    service, colon, paths = text.partition(":")
    theirs, equals, ours = paths.partition("=")
    absolute = theirs.startswith("/") and ours.startswith("/")
    if not colon or not equals or service not in SERVICES or not absolute:
        raise refused("STASHHOG_PATH_MAP", text, "write service:/their/prefix=/our/prefix, parted by semicolons")
    return Mapping(service, PurePosixPath(theirs), PurePosixPath(ours))


def _translate(path: str, pairs: list[tuple[PurePosixPath, PurePosixPath]]) -> str:
    source = PurePosixPath(path)
    for prefix, target in sorted(pairs, key=lambda pair: len(pair[0].parts), reverse=True):
        if source.is_relative_to(prefix):
            return str(target / source.relative_to(prefix))
    return path
