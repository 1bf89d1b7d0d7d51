"""What stays on the disk where a torrent was that was moved."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, named, quantity
from scenes.downloads.context import ProcessingContext
from scenes.downloads.library.planned import seen
from scenes.models import TO_DO, Download, PlacedFile

NAMED = 5  # files, in a message


def left_behind(context: ProcessingContext, download: Download) -> str:
    """What stays, in sentences; empty for nothing. The torrent's empty folders are removed."""
    rows = list(download.files.all())
    # Not what has become the library's own file.
    left = [row for row in rows if row.outcome not in TO_DO and row.source and row.source != row.target]
    moved = [row for row in rows if row.source and row.code == "moved"]
    context.confirm()
    for row in moved:
        context.effects.remove_empty_folders(Path(row.source).parents[: row.name.count("/")])
    own_files = files_that_stay([row for row in left if os.path.lexists(seen(Path(row.source)))])
    text = joined(" ", [own_files, folders_of_others(moved, rows)])
    if text:
        context.job.log(joined(": ", [download.name, text]), Event.Level.INFO)
    return text


def files_that_stay(left: Sequence[PlacedFile]) -> str:
    if not left:
        return ""
    names = named([row.name for row in left], NAMED)
    files, folder = quantity(len(left), "file stays", "files stay"), left[0].save_folder
    return _("{files} on the disk, below {folder}: {names}.", files=files, folder=folder, names=names)


def folders_of_others(moved: Sequence[PlacedFile], rows: Sequence[PlacedFile]) -> str:
    """Which folders of the torrent have files that are not its own, such as subtitles that somebody added."""
    folders = {row.save_folder / row.name.partition("/")[0] for row in moved if "/" in row.name}
    own = {path for row in rows for path in (row.source, row.target)}
    found = [
        str(folder)
        for folder in sorted(folders)
        if any(f"{place}/{name}" not in own for place, _, names in os.walk(folder) for name in names)
    ]
    if not found:
        return ""
    return _("{folders} has other files, which are not of the torrent; they stay.", folders=", ".join(found))
