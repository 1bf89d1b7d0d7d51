"""Mode "move": the torrent leaves qBittorrent, keeping its files, and then they are moved into the library.

All files of a torrent or none: once it has left qBittorrent, nothing else would know of the rest. `removed_at`
is written before qBittorrent is asked, so that a run after a crash goes on from the rows alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from jobs.texts.translatable import Translatable as _
from scenes.configuration import named_choice, named_setting
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.bursts.together import FileQueue, place_moved
from scenes.downloads.files.file_to_place import FileToPlace
from scenes.downloads.files.placing import moved
from scenes.downloads.files.rows import videos_first
from scenes.downloads.results import ItemFailed, Result, is_to_place, record, record_placed
from scenes.downloads.torrents.finished_torrent import FinishedTorrent
from scenes.downloads.torrents.states import GONE
from scenes.models import TO_DO, Download, Outcome, PlacedFile

WAITS_FOR_REST = Result(
    Outcome.WAITING,
    "waits_for_rest",
    _("The files of a torrent are moved together, and another one of this torrent can't be placed now."),
)


def move_torrent(finished: FinishedTorrent, to_place: Sequence[PlacedFile]) -> None:
    """Move these files, or none of them; their rows say why then."""
    context = finished.context
    files = FileQueue(context, to_place, finished.torrent.save_path, finished.destination, moving=True).prepare()
    if not files:
        return
    prepared = {file.row.pk for file in files}
    sources = [file.placement.source for file in files if file.placement]
    if any(row.pk not in prepared and row.outcome not in (Outcome.DONE, Outcome.NOT_WANTED) for row in finished.rows):
        record_all(files, WAITS_FOR_REST)
    elif other := context.user_of(sources, but=finished.torrent.hash):
        message = _(
            "The torrent “{name}” uses this file too, so it is not moved. Take one of the two out of "
            "qBittorrent, or set {link_mode} to {hardlink}.",
            link_mode=named_setting("link_mode"),
            hardlink=named_choice("link_mode", "hardlink"),
            name=other.name,
        )
        for file in files:
            file.fail(ItemFailed("shared", message))
    elif result := finished.take_out(with_files=False):
        if result != GONE:  # the next run closes that
            record_all(files, replace(result, outcome=Outcome.WAITING))
    else:
        place_moved(files)


def record_all(files: Sequence[FileToPlace], result: Result) -> None:
    for file in files:
        record(file.context.job, file.row, result)


def unfinished(listed_hashes: Collection[str]) -> list[Download]:
    """Torrents that we took out of qBittorrent before all their files were moved."""
    downloads = Download.objects.filter(removed_at__isnull=False, outcome__in=TO_DO)
    return [download for download in downloads if download.hash not in listed_hashes]


def finish_move(context: ProcessingContext, download: Download) -> None:
    """Go on with the files of a torrent that has left qBittorrent."""
    destination = context.destination_of(download, download.category)
    context.folders.confirm(destination.folder)
    due = []
    for row in videos_first(download.files.all()):
        if row.outcome not in TO_DO:
            continue
        target = Path(row.target)
        is_moved = row.target and not Path(row.source).exists() and target.is_file()
        if is_moved and target.stat().st_size == row.size:  # only its record is missing
            record_placed(context, [(row, moved(target, was_copied=False))])
        elif row.outcome == Outcome.WAITING or is_to_place(context.job, row):
            due.append(row)
    place_moved(FileQueue(context, due, download.save_path, destination, moving=True).prepare())
