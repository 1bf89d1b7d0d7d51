"""Mode "move": the torrent leaves qBittorrent, keeping its files, and then they are moved into the library.

All files of a torrent or none: once it has left qBittorrent, nothing else would know of the rest. `removed_at`
is written before qBittorrent is asked, so that a run after a crash goes on from the rows alone.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from django.utils import timezone

from jobs.crash_points import CrashPoint, crash_point
from jobs.models import Event
from scenes.clients.qbittorrent.client import Torrent
from scenes.downloads.files import sidecars
from scenes.downloads.files.placing import NameTaken, Placed, Placement, as_placed, place, remove_source
from scenes.downloads.files.preparing import prepare
from scenes.downloads.files.sources import is_link
from scenes.downloads.judging import GONE, changed
from scenes.downloads.listing import Listed
from scenes.downloads.outcomes import TO_DO, ItemFailed, Verdict, is_to_place, settle, settle_failed, settle_placed
from scenes.downloads.rows import videos_first
from scenes.downloads.work import Work
from scenes.models import Download, Outcome, PlacedFile

WAITS_FOR_REST = Verdict(
    Outcome.WAITING,
    "waits_for_rest",
    "The files of a torrent are moved together, and another one of this torrent can't be placed now.",
)
NAMED = 5  # files, in a message
Prepared = list[tuple[PlacedFile, Placement]]


def move_torrent(work: Work, listed: Listed, rows: Sequence[PlacedFile], to_place: Sequence[PlacedFile]) -> None:
    """Move these files, or none of them."""
    prepared = _prepared(work, to_place, listed.torrent.save_path)
    if not prepared or _is_refused(work, listed, rows, prepared):
        return
    if verdict := take_out(work, listed, with_files=False):
        if verdict != GONE:  # the next run closes that
            _settle_all(work, prepared, replace(verdict, outcome=Outcome.WAITING))
        return
    for row, placement in prepared:
        _move_one(work, row, placement)


def _is_refused(work: Work, listed: Listed, rows: Sequence[PlacedFile], prepared: Prepared) -> bool:
    """Whether it must stay, as things are now; its files' rows say why then."""
    moved = {row.pk for row, _ in prepared}
    if any(row.pk not in moved and row.outcome not in (Outcome.DONE, Outcome.NOT_WANTED) for row in rows):
        _settle_all(work, prepared, WAITS_FOR_REST)
        return True
    if other := work.user_of([placement.source for _, placement in prepared], but=listed.torrent.hash):
        for row, _ in prepared:
            settle_failed(work.job, row, _shared(other), work.config.max_tries)
        return True
    return False


def _settle_all(work: Work, prepared: Prepared, verdict: Verdict) -> None:
    for row, _ in prepared:
        settle(work.job, row, verdict)


def _prepared(work: Work, rows: Sequence[PlacedFile], save_path: str) -> Prepared:
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


def take_out(work: Work, listed: Listed, *, with_files: bool) -> Verdict | None:
    """Remove the torrent from qBittorrent, or say why not: it is not as it was listed any more. Raises ServiceError."""
    if verdict := changed(listed.torrent, work.client.torrents(), work.config):
        return verdict
    download = listed.download
    download.removed_at = timezone.now()
    with work.job.transaction():
        Download.objects.filter(pk=download.pk).update(removed_at=download.removed_at)
    crash_point(CrashPoint.REMOVAL_INTENDED)
    work.client.delete([download.hash], with_files=with_files)
    work.removed.add(download.hash)
    crash_point(CrashPoint.TORRENT_REMOVED)
    return None


def _move_one(work: Work, row: PlacedFile, placement: Placement) -> None:
    work.job.checkpoint()
    if verdict := sidecars.not_now(row):
        settle(work.job, row, verdict)
        return
    try:
        # Of a sidecar once more, since its video may have got another place than it was to have.
        again = prepare(work, row, row.download.save_path, moving=True) if row.video_id else placement
        placed = _moved(work, row, again) if again else None
    except ItemFailed as failure:
        settle_failed(work.job, row, failure, work.config.max_tries)
        return
    if placed is None:
        return
    crash_point(CrashPoint.FILE_LINKED)
    settle_placed(work.job, row, placed.code, placed.message)
    crash_point(CrashPoint.FILE_RECORDED)


def _moved(work: Work, row: PlacedFile, placement: Placement) -> Placed | None:
    """Placed, and then the source removed unless a torrent uses it by now. None: settled. Raises ItemFailed."""
    try:
        placed = _placed(placement)
    except NameTaken:
        again = prepare(work, row, row.download.save_path, moving=True)
        if again is None:
            return None
        placement, placed = again, _placed(again)
    if other := work.user_of([placement.source]):
        return Placed(placed.code, f"{placed.message} It stays, too, since the torrent “{other.name}” uses it.")
    return remove_source(placement, how="" if placed.code == "linked" else " (copied, then removed there)")


def _placed(placement: Placement) -> Placed:
    if placement.is_there:
        return as_placed(placement.target, linked=is_link(placement.source, placement.target))
    placed = place(placement, "hardlink_or_copy")
    crash_point(CrashPoint.MOVE_PLACED)
    return placed


def unfinished(listed_hashes: Collection[str]) -> list[Download]:
    """Torrents that we took out of qBittorrent before all their files were moved."""
    downloads = Download.objects.filter(removed_at__isnull=False, outcome__in=TO_DO)
    return [download for download in downloads if download.hash not in listed_hashes]


def finish_move(work: Work, download: Download) -> None:
    """Go on with the files of a torrent that has left qBittorrent."""
    work.library.confirm()
    to_move = [row for row in videos_first(download.files.all()) if row.outcome in TO_DO and not _is_moved(work, row)]
    due = [row for row in to_move if row.outcome == Outcome.WAITING or is_to_place(work.job, row)]
    for row, placement in _prepared(work, due, download.save_path):
        _move_one(work, row, placement)


def _is_moved(work: Work, row: PlacedFile) -> bool:
    """Whether the move was done and only its record is missing; records it."""
    target = Path(row.target)
    if not row.target or Path(row.source).exists() or not target.is_file():
        return False
    if target.stat().st_size != row.size:
        return False
    settle_placed(work.job, row, "moved", f"Moved to {target}.")
    return True


def left_behind(work: Work, download: Download) -> str:
    """What stays where a torrent was that was moved, in sentences; empty for nothing. Its empty folders are removed."""
    rows = list(download.files.all())
    left = [row for row in rows if row.outcome not in TO_DO and _stays(row)]
    moved = [row for row in rows if row.source and row.code == "moved"]
    work.confirm()
    for row in moved:
        _remove_empty_folders(Path(row.source), row.name)
    text = " ".join(filter(None, (_named(left), _others(moved, rows))))
    if text:
        work.job.log(f"{download.name}: {text}", Event.Level.INFO)
    return text


def _named(left: Sequence[PlacedFile]) -> str:
    if not left:
        return ""
    names = ", ".join(row.name for row in left[:NAMED]) + (f" and {len(left) - NAMED} more" * (len(left) > NAMED))
    files = "1 file stays" if len(left) == 1 else f"{len(left)} files stay"
    return f"{files} on the disk, below {left[0].save_folder}: {names}."


def _others(moved: Sequence[PlacedFile], rows: Sequence[PlacedFile]) -> str:
    """Which folders of the torrent have files that are not its own, such as subtitles that somebody added."""
    nested = [row for row in moved if "/" in row.name]
    folders = {row.save_folder / row.name.partition("/")[0] for row in nested}
    own = {path for row in rows for path in (row.source, row.target)}
    found = [str(folder) for folder in sorted(folders) if any(path not in own for path in _files_in(folder))]
    return f"{', '.join(found)} has other files, which are not of the torrent; they stay." if found else ""


def _files_in(folder: Path) -> Iterator[str]:
    return (str(Path(place) / name) for place, _, names in os.walk(folder) for name in names)


def _stays(row: PlacedFile) -> bool:
    """Whether it is on the disk still, other than as the library's own file."""
    return bool(row.source) and row.source != row.target and os.path.lexists(row.source)


def _remove_empty_folders(source: Path, name: str) -> None:
    with contextlib.suppress(OSError):  # it has other files
        for folder in source.parents[: name.count("/")]:
            folder.rmdir()
