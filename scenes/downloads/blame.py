"""Whose fault a failure is. Only its own costs a file a try: a disk that is away or full says nothing about the files.

Otherwise three runs with a disk away would quarantine everything, until a person releases it.
"""

from __future__ import annotations

import os
from pathlib import Path

from scenes.models import PlacedFile

# What is wrong with a whole disk, whatever the file.
OF_THE_DISK = frozenset({"disk_full", "disk_away", "read_only", "library_missing"})
# What a file has, and also every file of a folder that is not mounted.
OF_EITHER = frozenset({"not_visible", "no_permission", "unreadable", "disk_error"})


def is_its_own(row: PlacedFile, code: str) -> bool:
    """Whether the file itself failed. A look at the disk, so no transaction may be open."""
    if code in OF_EITHER:
        return not is_away(save_folder(Path(row.source), row.name))
    return code not in OF_THE_DISK


def save_folder(source: Path, name: str) -> Path:
    """The torrent's save path as StashHog sees it. ``name`` must be a safe one."""
    return source.parents[name.count("/")]


def is_away(folder: Path) -> bool:
    """Whether nothing can be seen in the folder: it is missing, an empty mount, or may not be looked at."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return True
