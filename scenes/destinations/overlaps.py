"""Whether two folders are one, or lie in one another: by their paths, by symbolic links and mounts, or for Stash."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import permutations
from pathlib import Path

from jobs.texts.translatable import Translatable as _
from scenes.configuration.destinations import EffectiveDestination
from scenes.paths import PathMap, is_below, path_of

BESIDE = _("Give each a folder beside the others.")


def lies_in(path: Path, folder: Path) -> bool:
    """Whether it is the folder or in it, be it by links or mounts. What is not there is compared by its path alone."""
    if Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        return True
    own = _status(folder)
    statuses = (_status(above) for above in (path, *path.parents)) if own else ()
    return any(own and status and os.path.samestat(own, status) for status in statuses)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def why_overlapping(destinations: Sequence[EffectiveDestination], path_map: PathMap) -> str:
    """Which two of them overlap, in a sentence; "" when none do."""
    for inner, other in permutations(destinations, 2):
        if lies_in(inner.folder, other.folder):
            names = {"named": named(inner), "where": _where(inner.folder, other.folder), "name": other.name}
            return _(
                "{named} {where} that of “{name}” ({folder}). {beside}", **names, folder=other.folder, beside=BESIDE
            )
        theirs, others = (path_map.to_theirs("stash", str(each.folder)) for each in (inner, other))
        if is_below(path_of(theirs), path_of(others)):
            return _(
                "{named} is {theirs} for Stash, by the path mapping, which is or lies in {others}, that of "
                "“{name}” ({folder}). {beside}",
                named=named(inner),
                theirs=theirs,
                others=others,
                name=other.name,
                folder=other.folder,
                beside=BESIDE,
            )
    return ""


def why_among_downloads(destination: EffectiveDestination, folders: Iterable[Path]) -> str:
    """Which of these folders of downloads the destination is or lies in, in a sentence; "" for none."""
    for folder in folders:
        if lies_in(destination.folder, folder):
            return _(
                "{named} {where} {folder}, where qBittorrent saves torrents. Give it a folder outside of the "
                "downloads.",
                named=named(destination),
                where=_where(destination.folder, folder),
                folder=folder,
            )
    return ""


def named(destination: EffectiveDestination) -> str:
    return _("The folder of the destination “{name}” ({folder})", name=destination.name, folder=destination.folder)


def _where(path: Path, folder: Path) -> str:
    """``is`` or ``lies in``, with a word on links where the paths do not show it."""
    how = _("is the same as") if lies_in(folder, path) else _("lies in")
    return how if path.is_relative_to(folder) else _("{how}, by a symbolic link or a mount,", how=how)
