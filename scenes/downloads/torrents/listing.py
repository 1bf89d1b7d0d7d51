"""What qBittorrent lists → a row for each torrent that was finished, and which of them have to be handled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone

from jobs.models import Event
from jobs.texts.translatable import joined
from scenes.clients.qbittorrent.client import Torrent
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.targets import storable
from scenes.downloads.results import OUTCOME, Result
from scenes.downloads.torrents.finished_torrent import FinishedTorrent
from scenes.downloads.torrents.states import REOPENED, classify
from scenes.models import HANDLED, TO_DO, Download, Outcome
from scenes.pieces import pieces

ROWS_AT_ONCE = 500  # in one transaction, which takes some 50 ms


def list_finished(context: ProcessingContext, torrents: Sequence[Torrent]) -> list[FinishedTorrent]:
    """All finished torrents that pass the filter, each with its row, oldest first.

    Those that wait for qBittorrent, that it has trouble with, or that the filter leaves out, have their rows written
    and are not among them.
    """
    finished: list[FinishedTorrent] = []
    others: dict[Result, list[Download]] = {}
    for torrent, download in with_rows(context, torrents):
        result = classify(torrent, context.config)
        if result is None:
            finished.append(FinishedTorrent(context, torrent, download))
        else:
            others.setdefault(result, []).append(download)
    for result, downloads in others.items():
        record_downloads(context, downloads, result)
    return sorted(finished, key=lambda it: (it.torrent.completed_at or timezone.now(), it.torrent.hash))


def with_rows(context: ProcessingContext, torrents: Sequence[Torrent]) -> list[tuple[Torrent, Download]]:
    """Those that were complete once, by qBittorrent's word or by ours, with their rows; those missing are made."""
    known = set(Download.objects.filter(outcome__in=TO_DO).values_list("hash", flat=True))
    concerned = [
        torrent
        for torrent in torrents
        if torrent.phase == "finished" or torrent.completed_at is not None or torrent.hash in known
    ]
    rows: dict[str, Download] = {}
    for hashes in pieces(torrent.hash for torrent in concerned):
        # Without the messages, which are long, and there may be very many torrents.
        rows |= {row.hash: row for row in Download.objects.defer("message").filter(hash__in=hashes)}
    forget_removal(context, rows.values())
    missing = [Download(hash=torrent.hash, **columns_of(torrent)) for torrent in concerned if torrent.hash not in rows]
    for part in pieces(missing, ROWS_AT_ONCE):
        with context.job.transaction():
            Download.objects.bulk_create(part)
    rows |= {row.hash: row for row in missing}
    return [(torrent, rows[torrent.hash]) for torrent in concerned]


def forget_removal(context: ProcessingContext, listed: Iterable[Download]) -> None:
    """Those that we took out of qBittorrent when we were done with them, and that are there all the same: a person
    added them again, without our tag, or qBittorrent never took the removal."""
    added_again = [row for row in listed if row.removed_at and row.outcome in HANDLED]
    for row in added_again:
        row.removed_at = row.tagged_at = None
    for part in pieces((row.pk for row in added_again), ROWS_AT_ONCE):
        with context.job.transaction():
            Download.objects.filter(pk__in=part).update(removed_at=None, tagged_at=None)


def columns_of(torrent: Torrent) -> dict[str, object]:
    """What a row keeps of its torrent."""
    return {
        "name": storable(torrent.name),
        "category": storable(torrent.category)[:200],
        "save_path": storable(torrent.save_path),
        "completed_at": torrent.completed_at,
    }


def record_downloads(context: ProcessingContext, rows: Iterable[Download], result: Result) -> None:
    """Write why these torrents are not handled; a failure is counted and said.

    What was handled keeps its result, and what has this one already is not written again.
    """
    job = context.job
    to_write = [row for row in rows if row.outcome not in HANDLED or (row.code in REOPENED and row.code != result.code)]
    if result.outcome != Outcome.FAILED:
        for part in pieces((row.pk for row in to_write), ROWS_AT_ONCE):
            with job.transaction():
                Download.objects.filter(pk__in=part).update(**result.columns(job))
        return
    for row in to_write:
        if row.code == result.code and row.has_failed_in(job):
            continue
        with job.transaction():
            Download.objects.filter(pk=row.pk).fail(job, result.message, code=result.code)
            row.refresh_from_db(fields=OUTCOME)
        job.log(joined(": ", [row.name, row.message]), Event.Level.WARNING)
