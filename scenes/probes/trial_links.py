"""A hard link made to try whether one can be made, and removed again at once."""

from __future__ import annotations

import os
import re
import secrets
import stat
from itertools import islice
from pathlib import Path

from scenes.downloads.files.disk_errors import as_failure
from scenes.downloads.results import ItemFailed

# Hidden, and with no extension of a video: whoever scans the folder meanwhile leaves it alone.
PREFIX = ".stashhog-trial-"
OURS = re.compile(re.escape(PREFIX) + r"[0-9a-f]{16}")
MOST_LOOKED_AT = 1000  # entries of a folder with no file in it


def try_link(source: Path, folder: Path) -> str:
    """ "" when a hard link of this file can be made in this folder, else why not and what to do.

    Nothing is ever overwritten: the name is new, and the system makes no link over another file. What a crash left of
    an earlier trial is removed by the next one in that folder.
    """
    trial = folder / f"{PREFIX}{secrets.token_hex(8)}"
    try:
        remove_left(folder)
        os.link(source, trial, follow_symlinks=False)
        trial.unlink()
    except OSError as error:
        return as_failure(error, source, trial).message
    except ItemFailed as error:
        return error.message
    return ""


def remove_left(folder: Path) -> None:
    """Raises OSError."""
    with os.scandir(folder) as entries:
        left = [entry.path for entry in entries if OURS.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)]
    for path in left:
        Path(path).unlink(missing_ok=True)


def a_file_in(folder: Path) -> Path | None:
    """Some file of the folder to try with; None when it has none. Raises OSError."""
    with os.scandir(folder) as entries:
        for entry in islice(entries, MOST_LOOKED_AT):
            if stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode) and not OURS.fullmatch(entry.name):
                return Path(entry.path)
    return None
