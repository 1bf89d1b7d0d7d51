"""The whole of process_downloads: from what qBittorrent lists to rows that say how each item ended."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from jobs.context import JobContext
from scenes import configuration
from scenes.clients.qbittorrent.client import QBittorrentClient, Torrent
from scenes.downloads import cleaning, selection
from scenes.downloads.concluding import conclude
from scenes.downloads.files import moving
from scenes.downloads.files.copying import remove_leftovers
from scenes.downloads.files.sharing import Sharing
from scenes.downloads.gone import close_gone
from scenes.downloads.handling import handle
from scenes.downloads.judging import CLIENT_TROUBLE, misplaced
from scenes.downloads.library import Library
from scenes.downloads.listing import Listed, listed
from scenes.downloads.login import logged_in
from scenes.downloads.outcomes import BAD
from scenes.downloads.reopening import reopen
from scenes.downloads.work import Work
from scenes.models import Download, Outcome, PlacedFile


def process(job: JobContext) -> None:
    """Handle every finished torrent that isn't handled yet. Raises JobError (qBittorrent away, wrong library, …)."""
    library = Library(job, configuration.current())
    with logged_in(job) as client:
        _process(job, client, library)


def _process(job: JobContext, client: QBittorrentClient, library: Library) -> None:
    config = configuration.current()
    work = Work(job, client, config, library, Sharing(client, config.path_map))
    _remove_leftovers()
    torrents = _torrents(client)
    found = listed(job, torrents, config)
    hashes = {torrent.hash for torrent in torrents}
    close_gone(work, hashes)
    reopen(work, found)
    _handle_all(work, hashes, [one for one in found if not one.is_settled])
    cleaning.clean(work, found)
    job.progress(work.done, work.total, _said(work))


def _torrents(client: QBittorrentClient) -> list[Torrent]:
    torrents = client.torrents()
    # Asked twice, since one that is finished may look so for an instant before it is moved.
    in_doubt = any(one.phase == "finished" and misplaced(one) for one in torrents)
    return client.torrents() if in_doubt else torrents


def _handle_all(work: Work, listed_hashes: Collection[str], due: list[Listed]) -> None:
    left = moving.unfinished(listed_hashes)
    work.total = len(due) + len(left)
    for download in left:
        work.begin(download.name)
        moving.finish_move(work, download)
        conclude(work, download, moving.left_behind(work, download), size=selection.size_of(download.files.all()))
        work.done += 1
    for one in due:
        handle(work, one)
        work.done += 1


def _said(work: Work) -> str:
    said = f"{work.total} torrents handled" if work.total else "No torrent is new"
    troubled = Download.objects.filter(job=work.job.job, outcome__in=BAD, code__in=CLIENT_TROUBLE).count()
    if not troubled:
        return said
    return f"{said}; {troubled} with trouble in qBittorrent (files missing, a move that failed, or an error)"


def _remove_leftovers() -> None:
    """What a copy left behind when its process was killed. Nobody copies now: this job has the lock.

    Before anything is settled, whatever became of their torrents: nobody looks at settled files again.
    """
    unplaced = PlacedFile.objects.exclude(outcome=Outcome.DONE).exclude(target="")
    for pk, target in unplaced.values_list("pk", "target"):
        remove_leftovers(Path(target), pk)
