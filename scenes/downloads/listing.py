"""What qBittorrent lists → a row for each torrent that was finished, and which of them have to be handled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils import timezone

from jobs.context import JobContext
from jobs.models import Event
from scenes.clients.qbittorrent.client import Torrent
from scenes.configuration import Configuration
from scenes.downloads.files.targets import storable
from scenes.downloads.judging import REOPENED, judge
from scenes.downloads.outcomes import SETTLED, TO_DO, Verdict, after_failure
from scenes.models import Download, Outcome
from scenes.pieces import pieces

ROWS_AT_ONCE = 500  # in one transaction, which takes some 50 ms


@dataclass(frozen=True)
class Listed:
    """A torrent with its row."""

    torrent: Torrent
    download: Download

    @property
    def is_settled(self) -> bool:
        """Nothing to do: handled, and no other choice of files was made since."""
        return (
            self.download.outcome in SETTLED
            and self.download.code not in REOPENED
            and self.download.size == self.torrent.size
        )


def listed(job: JobContext, torrents: Iterable[Torrent], config: Configuration) -> list[Listed]:
    """All finished torrents that pass the filter, each with its row, oldest first.

    Those that wait for qBittorrent, that it has trouble with, or that the filter leaves out, have their rows written
    and are not among them.
    """
    concerned = _concerned(torrents)
    rows = _rows(job, concerned)
    wanted: list[Listed] = []
    others: dict[Verdict, list[Download]] = {}
    for torrent in concerned:
        verdict = judge(torrent, config)
        if verdict is None:
            wanted.append(Listed(torrent, rows[torrent.hash]))
        else:
            others.setdefault(verdict, []).append(rows[torrent.hash])
    for verdict, downloads in others.items():
        write_verdict(job, downloads, verdict, config)
    return sorted(wanted, key=lambda one: (one.torrent.completed_at or timezone.now(), one.torrent.hash))


def _concerned(torrents: Iterable[Torrent]) -> list[Torrent]:
    """Those that were complete once, by qBittorrent's word or by ours."""
    known = set(Download.objects.filter(outcome__in=TO_DO).values_list("hash", flat=True))
    return [one for one in torrents if one.phase == "finished" or one.completed_at is not None or one.hash in known]


def _rows(job: JobContext, torrents: Collection[Torrent]) -> dict[str, Download]:
    """The rows by hash; those missing are made."""
    rows = Download.objects.in_bulk([torrent.hash for torrent in torrents], field_name="hash")
    missing = [new_row(torrent) for torrent in torrents if torrent.hash not in rows]
    for part in pieces(missing, ROWS_AT_ONCE):
        with job.transaction():
            Download.objects.bulk_create(part)
    return rows | {row.hash: row for row in missing}


def new_row(torrent: Torrent) -> Download:
    return Download(hash=torrent.hash, **columns_of(torrent))


def columns_of(torrent: Torrent) -> dict[str, object]:
    """What a row keeps of its torrent."""
    return {
        "name": storable(torrent.name),
        "category": storable(torrent.category)[:200],
        "save_path": storable(torrent.save_path),
        "completed_at": torrent.completed_at,
    }


def write_verdict(job: JobContext, rows: Iterable[Download], verdict: Verdict, config: Configuration) -> None:
    """Write why these torrents are not handled; a failure is counted and said."""
    to_write = [row for row in rows if _may_become(row, verdict)]
    if verdict.outcome == Outcome.FAILED:
        for row in to_write:
            _fail(job, row, verdict, config.max_tries)
        return
    for part in pieces((row.pk for row in to_write), ROWS_AT_ONCE):
        with job.transaction():
            Download.objects.filter(pk__in=part).update(**_columns(job, verdict))


def _fail(job: JobContext, row: Download, verdict: Verdict, max_tries: int) -> None:
    if row.code == verdict.code and job.failed_already(row.job_id, row.updated_at):
        return
    verdict, tries = after_failure(verdict, row.tries, max_tries)
    with job.transaction():
        Download.objects.filter(pk=row.pk).update(tries=tries, **_columns(job, verdict))
    job.log(f"{row.name}: {verdict.message}", Event.Level.WARNING)


def _columns(job: JobContext, verdict: Verdict) -> dict[str, object]:
    return {
        "outcome": verdict.outcome,
        "code": verdict.code,
        "message": verdict.message,
        "job_id": job.id,
        "updated_at": timezone.now(),
    }


def _may_become(row: Download, verdict: Verdict) -> bool:
    """What was handled keeps what became of it; what was settled for this reason before is not settled again."""
    if row.outcome in SETTLED and row.code in REOPENED:
        return verdict.code != row.code
    return row.outcome not in SETTLED
