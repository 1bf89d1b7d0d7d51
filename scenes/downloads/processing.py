"""The whole of process_downloads: from what qBittorrent lists to rows that say how each item ended."""

from __future__ import annotations

import contextlib
from pathlib import Path

from jobs.context import JobContext
from scenes import configuration
from scenes.clients.qbittorrent import QBittorrentClient
from scenes.downloads import cleaning, moving, selection
from scenes.downloads.copying import temporary_for
from scenes.downloads.handling import conclude, handle
from scenes.downloads.library import Library
from scenes.downloads.listing import listed, write_gone
from scenes.downloads.login import logged_in
from scenes.downloads.outcomes import TO_DO
from scenes.downloads.sharing import Sharing
from scenes.downloads.work import Work
from scenes.models import PlacedFile


def process(job: JobContext) -> None:
    """Handle every finished torrent that isn't handled yet. Raises JobError (qBittorrent away, wrong library, …)."""
    library = Library(job, configuration.current())
    with contextlib.closing(logged_in(job)) as client:
        _process(job, client, library)


def _process(job: JobContext, client: QBittorrentClient, library: Library) -> None:
    config = configuration.current()
    torrents = client.torrents()
    work = Work(job, client, config, library, Sharing(client, torrents, config.path_map))
    found = listed(job, torrents, config)
    write_gone(job, torrents)
    due = [one for one in found if not one.is_settled]
    left = moving.unfinished({torrent.hash for torrent in torrents})
    work.total = len(due) + len(left)
    _remove_leftovers()
    for download in left:
        work.begin(download.name)
        rows = moving.finish_move(work, download)
        conclude(work, download, rows, size=selection.size_of(rows))
        work.done += 1
    for one in due:
        handle(work, one)
        work.done += 1
    cleaning.clean(work, found)
    job.progress(work.done, work.total, _said(work))


def _said(work: Work) -> str:
    return f"{work.total} torrents handled" if work.total else "No torrent is new"


def _remove_leftovers() -> None:
    """What a copy left behind when its process was killed. Nobody copies now: this job has the lock."""
    unfinished = PlacedFile.objects.filter(outcome__in=TO_DO).exclude(target="")
    for pk, target in unfinished.values_list("pk", "target"):
        with contextlib.suppress(OSError):
            temporary_for(Path(target), pk).unlink(missing_ok=True)
