"""Mode "move": the torrent leaves qBittorrent, keeping its files, and then they are moved into the library.

All files of a torrent or none: once it has left qBittorrent, nothing else would know of the rest. `removed_at`
is written before qBittorrent is asked, so that a run after a crash goes on from the rows alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from django.utils import timezone

from jobs.crashpoints import CrashPoint, crash_point
from scenes.clients.qbittorrent import Torrent
from scenes.downloads.listing import Listed
from scenes.downloads.outcomes import TO_DO, ItemFailed, Verdict, settle, settle_failed, settle_placed
from scenes.downloads.placing import Placement, move, remove_source
from scenes.downloads.preparing import prepare
from scenes.downloads.work import Work
from scenes.models import Download, Outcome, PlacedFile

WAITS_FOR_REST = Verdict(
    Outcome.WAITING,
    "waits_for_rest",
    "The files of a torrent are moved together, and another one of this torrent can't be placed now.",
)


def move_torrent(work: Work, listed: Listed, rows: Sequence[PlacedFile], to_place: Sequence[PlacedFile]) -> None:
    """Move these files, or none of them."""
    prepared = _prepared(work, to_place, listed.torrent.save_path)
    if not prepared:
        return
    moved = {row.pk for row, _ in prepared}
    if any(row.pk not in moved and row.outcome not in (Outcome.DONE, Outcome.NOT_WANTED) for row in rows):
        for row, _ in prepared:
            settle(work.job, row, WAITS_FOR_REST)
        return
    sources = [placement.source for _, placement in prepared]
    if other := work.sharing.other_with(listed.torrent.hash, sources):
        for row, _ in prepared:
            settle_failed(work.job, row, _shared(other), work.config.max_tries)
        return
    take_out(work, listed.download, with_files=False)
    for row, placement in prepared:
        _move_one(work, row, placement)


def _prepared(work: Work, rows: Sequence[PlacedFile], save_path: str) -> list[tuple[PlacedFile, Placement]]:
    prepared = []
    for row in rows:
        work.job.checkpoint()
        try:
            placement = prepare(work, row, save_path, moving=True)
        except ItemFailed as failure:
            settle_failed(work.job, row, failure, work.config.max_tries)
        else:
            if placement is not None:
                prepared.append((row, placement))
    return prepared


def _shared(other: Torrent) -> ItemFailed:
    message = (
        f"The torrent “{other.name}” uses this file too, so it is not moved. Take one of the two out of qBittorrent, "
        "or set STASHHOG_LINK_MODE to hardlink."
    )
    return ItemFailed("shared", message)


def take_out(work: Work, download: Download, *, with_files: bool) -> None:
    """Remove the torrent from qBittorrent. Raises ServiceError."""
    download.removed_at = timezone.now()
    with work.job.transaction():
        Download.objects.filter(pk=download.pk).update(removed_at=download.removed_at)
    crash_point(CrashPoint.REMOVAL_INTENDED)
    work.client.delete([download.hash], with_files=with_files)
    work.removed.add(download.hash)
    crash_point(CrashPoint.TORRENT_REMOVED)


def _move_one(work: Work, row: PlacedFile, placement: Placement) -> None:
    work.job.checkpoint()
    try:
        placed = remove_source(placement) if placement.is_there else move(placement)
    except ItemFailed as failure:
        settle_failed(work.job, row, failure, work.config.max_tries)
        return
    crash_point(CrashPoint.FILE_LINKED)
    settle_placed(work.job, row, placed.code, placed.message)
    crash_point(CrashPoint.FILE_RECORDED)


def unfinished(listed_hashes: Collection[str]) -> list[Download]:
    """Torrents that we took out of qBittorrent before all their files were moved."""
    downloads = Download.objects.filter(removed_at__isnull=False, outcome__in=TO_DO)
    return [download for download in downloads if download.hash not in listed_hashes]


def finish_move(work: Work, download: Download) -> list[PlacedFile]:
    """Go on with the files of a torrent that has left qBittorrent; all its rows."""
    work.library.confirm()
    rows = list(download.files.all())
    to_move = [row for row in rows if row.outcome in TO_DO and not _is_moved(work, row)]
    for row, placement in _prepared(work, to_move, download.save_path):
        _move_one(work, row, placement)
    return rows


def _is_moved(work: Work, row: PlacedFile) -> bool:
    """Whether the move was done and only its record is missing; records it."""
    target = Path(row.target)
    if not row.target or Path(row.source).exists() or not target.is_file():
        return False
    if target.stat().st_size != row.size:
        return False
    settle_placed(work.job, row, "moved", f"Moved to {target}.")
    return True
