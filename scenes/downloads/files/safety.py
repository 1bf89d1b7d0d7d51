"""Whether a torrent may be removed: everything of worth in it is in the library, and safe there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from scenes.downloads import selection
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.sidecars import VIDEO_NOT_WANTED, WITHOUT_VIDEO
from scenes.downloads.files.sources import TOO_SHORT, source_path, too_short
from scenes.downloads.files.targets import storable
from scenes.downloads.finished_torrent import FinishedTorrent
from scenes.downloads.results import DELETED, ItemFailed, Result
from scenes.models import Outcome, PlacedFile

WANTED_NOW = "is not in the library, and by now it is wanted there: the next run places it."


class Kept(NamedTuple):
    """Why a torrent is not removed. ``once_more``: the next run handles it as if it were new."""

    why: str
    once_more: bool = False


def why_kept(finished: FinishedTorrent, *, with_files: bool) -> Kept | None:
    """Why it must not be removed; None when everything of worth is in the library, and safe there."""
    context, torrent = finished.context, finished.torrent
    if not finished.classified:
        return Kept("qBittorrent names no files of it.")
    rows = {row.name: row for row in finished.download.files.all()}
    sources = {name: source_path(context.config.path_map, torrent.save_path, name) for name in finished.classified}
    for name, result in finished.classified.items():
        row = rows.get(storable(name))
        is_done = row is not None and row.outcome == Outcome.DONE
        if row is not None and is_done:
            why = why_unsafe(row, sources[name] if with_files else None)
        else:
            why = why_wanted(context, sources[name], result, row)
        if why:
            # By a row that gives another reason why it is not placed `reopening` would not notice a change.
            is_outdated = result is not None and not is_done and (row is None or row.code != result.code)
            return Kept(f"{name} {why}", once_more=why == WANTED_NOW or is_outdated)
    other = context.user_of(sources.values(), but=torrent.hash) if with_files else None
    return Kept(f"the torrent “{other.name}” uses them too.") if other else None


def why_wanted(context: ProcessingContext, source: Path, result: Result | None, row: PlacedFile | None) -> str:
    """Why a file that is not in the library is of worth, by what holds now: qBittorrent's choice, the settings."""
    if result in (selection.DESELECTED, selection.RUBBISH):
        return ""
    if result is not None:
        return f"is not in the library. {result.message}"
    if row is None:
        return WANTED_NOW
    deciding, its_source = row, source
    if row.code == VIDEO_NOT_WANTED.code and row.video:
        deciding, its_source = row.video, Path(row.video.source)
    if deciding.code == TOO_SHORT:
        try:
            if too_short(context.job, its_source, context.config.min_duration_seconds) is not None:
                return ""
        except ItemFailed:
            return WANTED_NOW
    is_left = row.code == WITHOUT_VIDEO.code or deciding.code == DELETED
    return f"is not in the library. {row.message}" if is_left else WANTED_NOW


def why_unsafe(row: PlacedFile, source: Path | None) -> str:
    """Why a file that is done is not safe in the library. ``source``: what is to be deleted, None when it stays."""
    targets = [row.target]
    if not row.target:  # another torrent placed it
        same_name = PlacedFile.objects.filter(name=row.name, outcome=Outcome.DONE).exclude(target="")
        targets = list(same_name.values_list("target", flat=True))
    if source is None:
        return "" if any(Path(target).is_file() for target in targets) else "is not in the library any more."
    try:
        status = source.stat()
        if status.st_nlink < 2:
            return "is not hard-linked, so this may be the only copy. (Mode “move” frees the space.)"
        # The same file, which stays when the source's name is removed.
        if not any(
            os.path.samestat(status, Path(target).stat()) and Path(target).resolve() != source.resolve()
            for target in targets
        ):
            return "in the library is not another link of it."
    except OSError as error:
        return f"can't be looked at: {error.strerror}."
    return ""
