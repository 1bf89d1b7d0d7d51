"""The rows of a torrent's files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from scenes.bulk.columns import model_field
from scenes.bulk.upsert import update_each
from scenes.clients.qbittorrent.client import TorrentFile
from scenes.crash_points import CrashPoint
from scenes.downloads.files.sidecars import WITHOUT_VIDEO
from scenes.downloads.files.sources import source_path
from scenes.downloads.files.targets import storable
from scenes.downloads.files.torrent_folder import folder_for
from scenes.downloads.results import Result, record
from scenes.downloads.torrents import selection
from scenes.downloads.torrents.finished_torrent import FinishedTorrent
from scenes.downloads.torrents.listing import ROWS_AT_ONCE
from scenes.models import TO_DO, Download, Outcome, PlacedFile
from scenes.pieces import pieces

NOT_LISTED = Result(Outcome.NOT_WANTED, "not_listed", _("The torrent has no file of this name any more."))
COLUMNS = ["waiting_since", "size", "source", "outcome", "code", "message", "job", "updated_at"]


def write_rows(finished: FinishedTorrent) -> None:
    """A written row for each file, with its result where that needs no look at the disk; sidecars after videos.

    Rows to place are NEW, or FAILED from an earlier time. When qBittorrent names no files, what the rows say stays.
    """
    files, job = {storable(file.name): file for file in finished.files or []}, finished.context.job
    if not files:
        return
    choose_folder(finished)
    rows: list[PlacedFile] = []
    for names in pieces(files, ROWS_AT_ONCE):
        job.checkpoint()
        rows += merge(finished, {name: files[name] for name in names})
    to_do = finished.download.files.filter(outcome__in=TO_DO).order_by()
    left = [name for name in to_do.values_list("name", flat=True).iterator() if name not in files]
    for names in pieces(left, ROWS_AT_ONCE):
        with job.transaction():
            not_listed = list(to_do.locked().filter(name__in=names))
            for row in not_listed:
                _apply(job, row, NOT_LISTED)
            write_columns(not_listed, COLUMNS)
        rows += not_listed
    pair(job, rows, finished.classifier.pairs)
    crash_point(CrashPoint.FILES_LISTED)
    finished.rows = videos_first(rows)


def choose_folder(finished: FinishedTorrent) -> None:
    """Save which destination the torrent has, and which folder there if it has none of its own.

    The folder is chosen once, since names change; the destination for good as soon as a target is saved.
    """
    download = finished.download
    before = download.destination, download.folder
    if not is_begun(finished):
        download.destination = str(finished.destination_now.folder)
    if not download.folder:
        names = [file.name for file in finished.files or []]
        download.folder = folder_for(finished.torrent.name, names, finished.destination.torrent_folder)
    if before != (download.destination, download.folder):
        finished.forget_classified()
        with finished.context.job.transaction():
            columns = {"destination": download.destination, "folder": download.folder}
            Download.objects.filter(pk=download.pk).update(**columns)


def is_begun(finished: FinishedTorrent) -> bool:
    """Whether a file of it may be where it was to go by an earlier decision, so that all go there.

    Not to a folder that is no destination any more, and is not there.
    """
    download, folder = finished.download, Path(finished.download.destination)
    if download.destination in ("", str(finished.destination_now.folder)):
        return False
    is_usable = finished.context.config.destinations.at(folder) is not None or may_be_there(folder)
    return is_usable and download.files.exclude(target="").exists()


def may_be_there(folder: Path) -> bool:
    """Also where its disk does not answer now."""
    try:
        return folder.is_dir()
    except OSError:
        return True


def merge(finished: FinishedTorrent, files: Mapping[str, TorrentFile]) -> list[PlacedFile]:
    """The rows of these files, read and written at once, so that what a person released meanwhile stays released."""
    context, download = finished.context, finished.download
    folder = source_path(context.config.path_map, finished.torrent.save_path, "")
    rows = []
    with context.job.transaction():
        known = {row.name: row for row in download.files.locked().filter(name__in=files)}
        for name, file in files.items():
            row = known.get(name) or PlacedFile(download=download, name=name)
            rows.append(row)
            result = finished.classified[file.name]
            # One that is quarantined waits for a person, and to deselect it is what a person may do.
            if row.outcome != Outcome.DONE and (row.outcome != Outcome.QUARANTINED or result == selection.DESELECTED):
                source = str(folder / file.name)
                # Empty for a name that no file can have: there is no path to look at.
                row.size, row.source = file.size, source if storable(source) == source else ""
                _apply(context.job, row, result)
        old = [row for row in rows if row.pk is not None]
        PlacedFile.objects.bulk_create([row for row in rows if row.pk is None])
        write_columns(old, COLUMNS)
    return rows


def write_columns(rows: Collection[PlacedFile], names: Sequence[str]) -> None:
    columns = [model_field(PlacedFile, name).attname for name in names]
    update_each(PlacedFile, names, [(row.pk, *(getattr(row, column) for column in columns)) for row in rows])


def pair(job: JobContext, rows: Sequence[PlacedFile], videos: Mapping[str, str]) -> None:
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
        with job.transaction():
            write_columns(part, ["video"])
    for row in rows:
        if row.outcome in TO_DO and (video := video_of.get(row.name)) and video.code == selection.DESELECTED.code:
            record(job, row, WITHOUT_VIDEO)


def videos_first(rows: Iterable[PlacedFile]) -> list[PlacedFile]:
    """Each sidecar with the very object of its video's row, so that it sees what becomes of that."""
    rows = list(rows)
    by_pk = {row.pk: row for row in rows}
    for row in rows:
        if row.video_id in by_pk:
            row.video = by_pk[row.video_id]
    return sorted(rows, key=lambda row: row.video_id is not None)


def _apply(job: JobContext, row: PlacedFile, result: Result | None) -> None:
    row.updated_at = timezone.now()
    if result is not None:
        row.waiting_since = None
        row.outcome, row.code, row.message = result.outcome, result.code, result.message
        row.job = job.job
    elif row.outcome != Outcome.FAILED:
        row.outcome, row.code, row.message = Outcome.NEW, "", ""
