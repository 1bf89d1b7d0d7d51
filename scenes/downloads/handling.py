"""One torrent: each of its wanted files placed and recorded, and how it ended as a whole."""

from __future__ import annotations

from collections.abc import Collection

from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.downloads import gone
from scenes.downloads.files.bursts.memo import Memo
from scenes.downloads.files.bursts.together import FileQueue
from scenes.downloads.files.leftovers import left_behind
from scenes.downloads.files.moving import move_torrent
from scenes.downloads.files.rows import write_rows
from scenes.downloads.files.sources import source_path, visible
from scenes.downloads.files.targets import safe_parts
from scenes.downloads.results import COMES_LATER, ItemFailed, Result, is_to_place, record_failed
from scenes.downloads.summarising import summarise
from scenes.downloads.torrents.finished_torrent import FinishedTorrent
from scenes.downloads.torrents.listing import columns_of, record_downloads
from scenes.downloads.torrents.selection import NEEDS_UNPACKING, OF_WORTH
from scenes.downloads.torrents.states import MOVE_FAILED, NO_FILES, STILL_MOVING, classify, misplaced
from scenes.models import PlacedFile


def handle(finished: FinishedTorrent) -> None:
    """Place what the torrent has. Raises JobError when nothing at all can be placed now."""
    context = finished.context
    context.begin(finished.torrent.name)
    # As it is now: those before it took their time, and a file placed while it is moved or checked is lost.
    is_there = finished.refresh()
    if is_there and (result := classify(finished.torrent, context.config)):
        leave(finished, result)
    elif not is_there or finished.files is None:
        gone.close(context, finished.download)
    elif not finished.files and finished.torrent.size:
        leave(finished, NO_FILES)
    else:
        write_rows(finished)
        if result := misplaced(finished.torrent, finished.selected):
            leave(finished, result, finished.selected)
            return
        place_files(finished)
        left = left_behind(context, finished.download) if finished.is_removed else ""
        summarise(context, finished.download, left, size=finished.torrent.size, **columns_of(finished.torrent))


def leave(finished: FinishedTorrent, result: Result, names: Collection[str] = ()) -> None:
    """Record why it is not handled. That a move failed is asked once more: a good one may look so for an instant."""
    context = finished.context
    if result.code == MOVE_FAILED:
        again = context.client.torrent(finished.torrent.hash)
        result = (again and (classify(again, context.config) or misplaced(again, names))) or STILL_MOVING
    record_downloads(context, [finished.download], result)


def comes_later(finished: FinishedTorrent, row: PlacedFile, memo: Memo) -> bool:
    """Whether it is a video that is not all there yet: then nothing has to be asked of anybody. Its row says so."""
    if row.video_id or not row.source:
        return False
    try:
        safe_parts(row.name)
        visible(row, finished.torrent.save_path, memo)
    except ItemFailed as failure:
        if failure.code in COMES_LATER:
            record_failed(finished.context.job, row, failure)
            return True
    return False


def place_files(finished: FinishedTorrent) -> None:
    """Place those that are to be placed: by moving all of them, or each by itself."""
    context, rows, memo = finished.context, finished.rows, Memo()
    to_place = [row for row in rows if is_to_place(context.job, row) and not comes_later(finished, row, memo)]
    if to_place:
        saved_in = source_path(context.config.path_map, finished.torrent.save_path, "")
        context.folders.confirm(finished.destination.folder, saved_in)
        context.library_files.look_up(finished.download, to_place)
    if finished.destination.link_mode == "move":
        kept = next((row for row in rows if row.code in OF_WORTH), None)
        if kept is None:
            move_torrent(finished, to_place)
            return
        if kept.code != NEEDS_UNPACKING.code and to_place:  # of archives, `summarise` says it
            stays = _("It stays in qBittorrent, and what is placed is linked, not moved.")
            text = joined(" ", [stays, joined(": ", [kept.name, kept.message])])
            context.job.log(text, Event.Level.WARNING)
    FileQueue(context, to_place, finished.torrent.save_path, finished.destination).place()
