"""Torrents that left qBittorrent before they were handled: closed, but what was placed of them by then counts."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from jobs.models import Event
from scenes.downloads.concluding import conclude, write_download
from scenes.downloads.files.placing import as_placed
from scenes.downloads.files.sources import is_link, same_file
from scenes.downloads.judging import GONE
from scenes.downloads.outcomes import TO_DO, settle, settle_placed
from scenes.downloads.selection import size_of
from scenes.downloads.work import Work
from scenes.models import Download, PlacedFile


def close_gone(work: Work, listed_hashes: Collection[str]) -> None:
    """Close the rows of torrents that are not listed any more, other than by our own move."""
    for download in Download.objects.filter(outcome__in=TO_DO, removed_at=None):
        if download.hash not in listed_hashes:
            close(work, download)


def close(work: Work, download: Download) -> None:
    """Close one of them."""
    for row in download.files.filter(outcome__in=TO_DO):
        work.job.checkpoint()
        if _is_placed(work, row):
            _record(work, row)
        else:
            settle(work.job, row, GONE)
    rows = list(download.files.all())
    if rows and all(row.code != GONE.code for row in rows):
        conclude(work, download, size=size_of(rows))
    else:
        write_download(work, download, GONE)


def _is_placed(work: Work, row: PlacedFile) -> bool:
    """Whether the process died after it placed the file and before it said so. Its source may be gone as well."""
    source, target = Path(row.source), Path(row.target)
    try:
        if not row.target or not row.source or not target.is_file() or target.stat().st_size != row.size:
            return False
        return not source.exists() or same_file(source, target, work.job.checkpoint)
    except OSError:
        return False  # can't be looked at


def _record(work: Work, row: PlacedFile) -> None:
    source, target = Path(row.source), Path(row.target)
    linked = is_link(source, target) if source.exists() else work.config.link_mode != "copy"
    placed = as_placed(target, linked=linked)
    settle_placed(work.job, row, placed.code, placed.message)
    work.job.log(f"{row.name}: it had been placed before its torrent left qBittorrent.", Event.Level.INFO)
