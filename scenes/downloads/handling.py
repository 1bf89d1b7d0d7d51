"""One torrent: each of its wanted files placed and recorded."""

from __future__ import annotations

from collections.abc import Collection

from jobs.crash_points import CrashPoint, crash_point
from jobs.models import Event
from scenes.downloads import gone
from scenes.downloads.concluding import conclude
from scenes.downloads.files import moving
from scenes.downloads.files.placing import NameTaken, Placed, place
from scenes.downloads.files.preparing import prepare
from scenes.downloads.judging import MOVE_FAILED, NO_FILES, STILL_MOVING, judge, misplaced
from scenes.downloads.listing import Listed, columns_of, write_verdict
from scenes.downloads.outcomes import ItemFailed, Verdict, is_to_place, settle_failed, settle_placed
from scenes.downloads.rows import NOT_LISTED, file_rows
from scenes.downloads.selection import DESELECTED, NEEDS_UNPACKING, OF_WORTH
from scenes.downloads.work import Work
from scenes.models import PlacedFile


def handle(work: Work, listed: Listed) -> None:
    """Place what the torrent has. Raises JobError when nothing at all can be placed now."""
    work.begin(listed.torrent.name)
    # As it is now: those before it took their time, and a file placed while it is moved or checked is lost.
    torrent = work.client.torrent(listed.torrent.hash)
    if torrent and (verdict := judge(torrent, work.config)):
        _leave(work, Listed(torrent, listed.download), verdict)
        return
    rows = file_rows(work, Listed(torrent, listed.download)) if torrent else None
    if torrent is None or rows is None:
        gone.close(work, listed.download)
        return
    if not rows and torrent.size:
        write_verdict(work.job, [listed.download], NO_FILES, work.config)
        return
    if verdict := misplaced(torrent, _names(rows)):
        _leave(work, Listed(torrent, listed.download), verdict, _names(rows))
        return
    _place_all(work, Listed(torrent, listed.download), rows)
    left = moving.left_behind(work, listed.download) if torrent.hash in work.removed else ""
    conclude(work, listed.download, left, size=torrent.size, **columns_of(torrent))


def _names(rows: list[PlacedFile]) -> list[str]:
    """Of the files that are selected now; without names that no file can have."""
    return [row.name for row in rows if row.source and row.code not in (NOT_LISTED.code, DESELECTED.code)]


def _leave(work: Work, listed: Listed, verdict: Verdict, names: Collection[str] = ()) -> None:
    """Write why it is not handled. That a move failed is asked once more: a good one may look so for an instant."""
    if verdict.code == MOVE_FAILED:
        again = work.client.torrent(listed.torrent.hash)
        verdict = (again and (judge(again, work.config) or misplaced(again, names))) or STILL_MOVING
    write_verdict(work.job, [listed.download], verdict, work.config)


def _place_all(work: Work, listed: Listed, rows: list[PlacedFile]) -> None:
    to_place = [row for row in rows if is_to_place(work.job, row)]
    if to_place:
        work.library.confirm()
    if work.config.link_mode == "move" and not _has_to_stay(work, rows, to_place):
        moving.move_torrent(work, listed, rows, to_place)
    else:
        for row in to_place:
            place_one(work, row, listed.torrent.save_path)


def _has_to_stay(work: Work, rows: list[PlacedFile], to_place: list[PlacedFile]) -> bool:
    """Whether qBittorrent keeps the torrent, since it has something of worth that is not placed."""
    kept = next((row for row in rows if row.code in OF_WORTH), None)
    if kept is not None and kept.code != NEEDS_UNPACKING.code and to_place:  # of archives, `conclude` says it
        text = f"It stays in qBittorrent, and what is placed is linked, not moved. {kept.name}: {kept.message}"
        work.job.log(text, Event.Level.WARNING)
    return kept is not None


def place_one(work: Work, row: PlacedFile, save_path: str) -> None:
    """Place a file and record how that ended."""
    work.job.checkpoint()
    try:
        placed = _placed(work, row, save_path)
    except ItemFailed as failure:
        settle_failed(work.job, row, failure, work.config.max_tries)
        return
    if placed is None:
        return
    crash_point(CrashPoint.FILE_LINKED)
    settle_placed(work.job, row, placed.code, placed.message)
    if placed.code == "copied" and work.config.link_mode != "copy":
        work.job.log(f"{row.name}: {placed.message}", Event.Level.WARNING)
    crash_point(CrashPoint.FILE_RECORDED)


def _placed(work: Work, row: PlacedFile, save_path: str) -> Placed | None:
    """None when the row is settled without that. Raises ItemFailed."""
    placement = prepare(work, row, save_path)
    if placement is None:
        return None
    try:
        return place(placement, work.config.link_mode)
    except NameTaken:
        placement = prepare(work, row, save_path)
        return place(placement, work.config.link_mode) if placement else None
