"""The rows of a torrent's files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.utils import timezone

from jobs.crash_points import CrashPoint, crash_point
from scenes.clients.base import ServiceError
from scenes.clients.qbittorrent.client import TorrentFile
from scenes.downloads import selection
from scenes.downloads.files.sidecars import WITHOUT_VIDEO
from scenes.downloads.files.sources import source_path
from scenes.downloads.files.targets import storable
from scenes.downloads.listing import ROWS_AT_ONCE, Listed
from scenes.downloads.outcomes import TO_DO, Verdict, settle
from scenes.downloads.work import Work
from scenes.models import Outcome, PlacedFile
from scenes.pieces import pieces

NOT_LISTED = Verdict(Outcome.NOT_WANTED, "not_listed", "The torrent has no file of this name any more.")
COLUMNS = ["size", "source", "outcome", "code", "message", "job", "updated_at"]


def file_rows(work: Work, listed: Listed) -> list[PlacedFile] | None:
    """A written row for each file, with its outcome where that needs no look at the disk; sidecars after videos.

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
    verdicts = selection.judge(files, work.config)
    by_name = {storable(file.name): file for file in files}
    rows = []
    for names in pieces(by_name, ROWS_AT_ONCE):
        part = {name: (by_name[name], verdicts[by_name[name].name]) for name in names}
        rows += _merged(work, listed, part)
    rows += _not_listed(work, listed, by_name)
    _pair(work, rows, selection.videos_of(files, work.config))
    crash_point(CrashPoint.FILES_LISTED)
    return videos_first(rows)


def videos_first(rows: Iterable[PlacedFile]) -> list[PlacedFile]:
    """Each sidecar with the very object of its video's row, so that it sees what becomes of that."""
    rows = list(rows)
    by_pk = {row.pk: row for row in rows}
    for row in rows:
        if row.video_id in by_pk:
            row.video = by_pk[row.video_id]
    return sorted(rows, key=lambda row: row.video_id is not None)


def _pair(work: Work, rows: Collection[PlacedFile], videos: Mapping[str, str]) -> None:
    """Write which video each sidecar goes with; what was placed keeps its own."""
    by_name = {row.name: row for row in rows}
    video_of = {storable(name): by_name.get(storable(video)) for name, video in videos.items()}
    changed = []
    for row in rows:
        video = video_of.get(row.name)
        if row.outcome != Outcome.DONE and row.video_id != (video.pk if video else None):
            row.video = video
            changed.append(row)
    for part in pieces(changed, ROWS_AT_ONCE):
        with work.job.transaction():
            PlacedFile.objects.bulk_update(part, ["video"])
    for row in rows:
        if row.outcome in TO_DO and (video := video_of.get(row.name)) and video.code == selection.DESELECTED.code:
            settle(work.job, row, WITHOUT_VIDEO)


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
