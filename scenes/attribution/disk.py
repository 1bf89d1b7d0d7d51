"""Failures with a disk that StashHog sees itself: a look at it says whether a file or the whole disk failed."""

from __future__ import annotations

import os
from pathlib import Path

from scenes.models import PlacedFile

# What is wrong with a whole disk, whatever the file.
PLACE_CODES = frozenset({"disk_full", "disk_away", "read_only", "library_missing"})
# What a file has, and also every file of a folder that is not mounted.
AMBIGUOUS_CODES = frozenset({"no_permission", "unreadable", "disk_error"})


def is_item_failure(row: PlacedFile, code: str) -> bool:
    """Whether the file itself is at fault. Reads the disk, so no transaction may be open."""
    if code in AMBIGUOUS_CODES:
        return not is_away(row.save_folder)
    return code not in PLACE_CODES


def is_away(folder: Path) -> bool:
    """Whether nothing can be seen in the folder: it is missing, an empty mount, or may not be read."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return True
