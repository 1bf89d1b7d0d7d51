"""Torrents that left qBittorrent before they were handled: closed, but what was placed of them by then counts."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.placing import as_placed
from scenes.downloads.library.identity import is_link, same_file
from scenes.downloads.results import record, record_placed
from scenes.downloads.summarising import record_download, summarise
from scenes.downloads.torrents.selection import size_of
from scenes.downloads.torrents.states import GONE
from scenes.models import TO_DO, Download, PlacedFile


def close_gone(context: ProcessingContext, listed_hashes: Collection[str]) -> None:
    """Close the rows of torrents that are not listed any more, other than by our own move."""
    for download in Download.objects.filter(outcome__in=TO_DO, removed_at=None):
        if download.hash not in listed_hashes and context.concerns(download.hash):
            close(context, download)


def close(context: ProcessingContext, download: Download) -> None:
    """Close one of them."""
    for row in download.files.filter(outcome__in=TO_DO):
        context.job.checkpoint()
        if not is_placed(context, row):
            record(context.job, row, GONE)
            continue
        source, target = Path(row.source), Path(row.target)
        mode = context.destination_of(download, download.category).link_mode
        linked = is_link(source, target) if source.exists() else mode != "copy"
        placed = as_placed(target, linked=linked)
        record_placed(context, [(row, placed)])
        text = _("{name}: it had been placed before its torrent left qBittorrent.", name=row.name)
        context.job.log(text, Event.Level.INFO)
    rows = list(download.files.all())
    if rows and all(row.code != GONE.code for row in rows):
        summarise(context, download, size=size_of(rows))
    else:
        record_download(context, download, GONE)


def is_placed(context: ProcessingContext, row: PlacedFile) -> bool:
    """Whether the process died after it placed the file and before it said so. Its source may be gone as well."""
    source, target = Path(row.source), Path(row.target)
    try:
        if not row.target or not row.source or not target.is_file() or target.stat().st_size != row.size:
            return False
        return not source.exists() or same_file(source, target, partial(context.report_bytes, _("comparing"), row))
    except OSError:
        return False  # can't be looked at
