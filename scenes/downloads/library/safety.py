"""Whether a torrent may be removed: everything of worth in it is in the library, and safe there."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import NamedTuple

from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.configuration import named_choice, named_setting
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.sidecars import VIDEO_NOT_WANTED, WITHOUT_VIDEO
from scenes.downloads.files.sources import TOO_SHORT, source_path, too_short
from scenes.downloads.files.targets import is_file, storable
from scenes.downloads.library import identity, planned
from scenes.downloads.library.planned import seen
from scenes.downloads.results import ALREADY_THERE, DELETED, ItemFailed, Result
from scenes.downloads.torrents import selection
from scenes.downloads.torrents.finished_torrent import FinishedTorrent
from scenes.models import Outcome, PlacedFile

WANTED_NOW = _("is not in the library, and by now it is wanted there: the next run places it.")


class KeepReason(NamedTuple):
    """Why a torrent is not removed. ``once_more``: the next run handles it as if it were new."""

    why: str
    once_more: bool = False


def why_kept(finished: FinishedTorrent, *, with_files: bool) -> KeepReason | None:
    """Why it must not be removed; None when everything of worth is in the library, and safe there."""
    context, torrent = finished.context, finished.torrent
    if not finished.classified:
        return KeepReason(_("qBittorrent names no files of it."))
    rows = {row.name: row for row in finished.download.files.select_related("same_as")}
    sources = {name: source_path(context.config.path_map, torrent.save_path, name) for name in finished.classified}
    found = [rows[storable(name)] for name in sources if storable(name) in rows] if with_files else []
    compared = [Path(path) for row in found if row.code == ALREADY_THERE for path in (row.source, row.place)]
    before = identity.file_states(compared)
    for name, result in finished.classified.items():
        row = rows.get(storable(name))
        is_done = row is not None and row.outcome == Outcome.DONE
        if row is not None and is_done:
            why = why_unsafe(context, row, sources[name] if with_files else None)
        else:
            why = why_wanted(context, sources[name], result, row)
        if why:
            # By a row that gives another reason why it is not placed `reopening` would not notice a change.
            is_outdated = result is not None and not is_done and (row is None or row.code != result.code)
            return KeepReason(joined(" ", [name, why]), once_more=why == WANTED_NOW or is_outdated)
    other = context.user_of(sources.values(), but=torrent.hash) if with_files else None
    if other:
        return KeepReason(_("the torrent “{name}” uses them too.", name=other.name))
    changed = identity.file_states(compared) != before
    # To compare long films takes its time, in which the first of them may have become another one.
    return KeepReason(_("a file of it was changed while it was compared with the library's.")) if changed else None


def why_wanted(context: ProcessingContext, source: Path, result: Result | None, row: PlacedFile | None) -> str:
    """Why a file that is not in the library is of worth, by what holds now: qBittorrent's choice, the settings."""
    if result in (selection.DESELECTED, selection.RUBBISH, selection.SAMPLE):
        return ""
    if result is not None:
        return _("is not in the library. {reason}", reason=result.message)
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
    return _("is not in the library. {reason}", reason=row.message) if is_left else WANTED_NOW


def why_unsafe(context: ProcessingContext, row: PlacedFile, source: Path | None) -> str:
    """Why a file that is done is not safe in the library. ``source``: what is to be deleted, None when it stays."""
    place = Path(row.place)
    if source is None or not row.place:
        return "" if row.place and is_file(place) else _("is not in the library any more.")
    try:
        status = source.stat()
        planned_there = planned.of(place)
        if planned_there is None and place.resolve(strict=True) == source.resolve():
            return _("in the library is not another link of it.")
        is_linked = os.path.samestat(status, seen(place).stat()) and not (planned_there and planned_there.is_copy)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links
        return _("can't be looked at: {reason}.", reason=text_of_error(error))
    # The same file, which stays when the source's name is removed.
    if is_linked and status.st_nlink + bool(planned_there) > 1:
        return ""
    if row.code != ALREADY_THERE or is_linked:
        return _(
            "is not hard-linked, so this may be the only copy. ({link_mode} {move} frees the space.)",
            link_mode=named_setting("link_mode"),
            move=named_choice("link_mode", "move"),
        )
    if place.is_symlink():
        return _("in the library is only a link to {path}.", path=place.resolve())
    # What was compared when it was found may have become another file since, so all of it is compared once more.
    if not identity.same_file(source, place, partial(context.report_bytes, _("comparing"), row)):
        return _("is not the same as {place} any more, so this may be the only copy.", place=place)
    return ""
