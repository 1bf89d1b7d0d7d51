"""The rows of a torrent's files."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils import timezone

from jobs.crashpoints import CrashPoint, crash_point
from scenes.clients.base import ServiceError
from scenes.clients.qbittorrent import TorrentFile
from scenes.downloads import selection
from scenes.downloads.listing import Listed, in_parts
from scenes.downloads.outcomes import TO_DO, Verdict
from scenes.downloads.sources import source_path
from scenes.downloads.targets import storable
from scenes.downloads.work import Work
from scenes.models import Outcome, PlacedFile

NOT_LISTED = Verdict(Outcome.NOT_WANTED, "not_listed", "The torrent has no file of this name any more.")
COLUMNS = ["size", "source", "outcome", "code", "message", "job", "updated_at"]


def file_rows(work: Work, listed: Listed) -> list[PlacedFile] | None:
    """A written row for each file, with its outcome where that needs no look at the disk.

    Rows to place are NEW, or FAILED from an earlier time. None: the torrent is gone from qBittorrent. Empty: no files
    are named, and what the rows say stays.
    """
    try:
        files = work.client.files(listed.torrent.hash)
    except ServiceError as error:
        if error.code != "not_found":
            raise
        return None
    if not files:
        return []
    verdicts = selection.judge(files, work.config.video_extensions)
    by_name = {storable(file.name): file for file in files}
    rows = []
    for names in in_parts(list(by_name)):
        part = {name: (by_name[name], verdicts[by_name[name].name]) for name in names}
        rows += _merged(work, listed, part)
    rows += _not_listed(work, listed, by_name)
    crash_point(CrashPoint.FILES_LISTED)
    return rows


def _merged(work: Work, listed: Listed, files: Mapping[str, tuple[TorrentFile, Verdict | None]]) -> list[PlacedFile]:
    """The rows of these files, read and written at once, so that what a person released meanwhile stays released."""
    rows = []
    with work.job.transaction():
        known = {row.name: row for row in listed.download.files.locked().filter(name__in=files)}
        for name, (file, verdict) in files.items():
            row = known.get(name) or PlacedFile(download=listed.download, name=name)
            rows.append(row)
            if row.outcome not in (Outcome.DONE, Outcome.QUARANTINED):
                row.size, row.source = file.size, _source(work, listed, file.name)
                _apply(work, row, verdict)
        _save(rows)
    return rows


def _not_listed(work: Work, listed: Listed, names: Collection[str]) -> list[PlacedFile]:
    with work.job.transaction():
        left = listed.download.files.locked().filter(outcome__in=TO_DO)
        rows = [row for row in left if row.name not in names]
        for row in rows:
            _apply(work, row, NOT_LISTED)
        _save(rows)
    return rows


def _source(work: Work, listed: Listed, name: str) -> str:
    """Empty for a name that no file can have: there is no path to look at."""
    path = str(source_path(work.config.path_map, listed.torrent.save_path, name))
    return path if storable(path) == path else ""


def _apply(work: Work, row: PlacedFile, verdict: Verdict | None) -> None:
    row.updated_at = timezone.now()
    if verdict is not None:
        row.outcome, row.code, row.message = verdict.outcome, verdict.code, verdict.message
        row.job = work.job.job
    elif row.outcome != Outcome.FAILED:
        row.outcome, row.code, row.message = Outcome.NEW, "", ""


def _save(rows: list[PlacedFile]) -> None:
    old = [row for row in rows if row.pk is not None]
    PlacedFile.objects.bulk_create([row for row in rows if row.pk is None])
    PlacedFile.objects.bulk_update(old, COLUMNS)
