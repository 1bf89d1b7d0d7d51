"""After the rows are saved: our tag in qBittorrent, and the clean-up that the settings may ask for.

Both may fail without anything being lost: it is said in the log, and the next run tries again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from django.utils import timezone

from jobs.crash_points import CrashPoint, crash_point
from jobs.models import Event
from scenes.clients.base import ServiceError
from scenes.downloads import selection
from scenes.downloads.files.moving import take_out
from scenes.downloads.files.sidecars import VIDEO_NOT_WANTED, WITHOUT_VIDEO
from scenes.downloads.files.sources import TOO_SHORT, source_path, too_short
from scenes.downloads.files.targets import storable
from scenes.downloads.judging import misplaced
from scenes.downloads.listing import ROWS_AT_ONCE, Listed
from scenes.downloads.outcomes import ItemFailed, Verdict
from scenes.downloads.selection import OF_WORTH
from scenes.downloads.work import Work
from scenes.models import Download, Outcome, PlacedFile
from scenes.pieces import pieces

WANTED_NOW = "is not in the library, and by now it is wanted there: the next run places it."


class Kept(NamedTuple):
    """Why a torrent is not removed. ``once_more``: the next run handles it as if it were new."""

    why: str
    once_more: bool = False


def clean(work: Work, listed: Sequence[Listed]) -> None:
    """Tag what is handled, and clean up. Failures of qBittorrent are logged only."""
    handled = [one for one in listed if one.download.outcome == Outcome.DONE and one.torrent.hash not in work.removed]
    try:
        _tag(work, [one.download for one in handled if one.download.tagged_at is None])
        if work.config.cleanup != "keep":
            _clean_up(work, [one for one in handled if not one.download.cleanup_message])
    except ServiceError as error:
        if error.code == "login_refused":
            raise
        work.job.log(f"Tag and clean-up are left to the next run: {error.message}", Event.Level.WARNING)


def _without_rest(downloads: list[Download]) -> list[Download]:
    """Those of which nothing of worth is left out: whoever deletes what has the tag must not delete that."""
    left_out = PlacedFile.objects.filter(code__in=OF_WORTH, download__tagged_at=None)
    rest = set(left_out.values_list("download", flat=True))
    return [download for download in downloads if download.pk not in rest]


def _tag(work: Work, downloads: list[Download]) -> None:
    tag = work.config.qbittorrent_handled_tag
    for part in pieces(_without_rest(downloads) if tag else [], ROWS_AT_ONCE):
        work.client.add_tag([download.hash for download in part], tag)
        crash_point(CrashPoint.TORRENT_TAGGED)
        with work.job.transaction(recording=True):
            Download.objects.filter(pk__in=[download.pk for download in part]).update(tagged_at=timezone.now())


def _clean_up(work: Work, listed: Sequence[Listed]) -> None:
    with_files = work.config.cleanup == "remove_torrent_and_files"
    for one in listed:
        work.job.checkpoint()
        if kept := _why_kept(work, one, with_files=with_files):
            _leave(work, one.download, kept)
        elif verdict := _not_in_place(work, one) or take_out(work, one, with_files=with_files):
            work.job.log(f"{one.download.name} was not removed: {verdict.message}")


def _not_in_place(work: Work, one: Listed) -> Verdict | None:
    """Why its files are not where we think; what is removed then may be the only copy. `take_out` sees later moves."""
    return misplaced(one.torrent, [file.name for file in work.client.files(one.torrent.hash) if file.wanted])


def _leave(work: Work, download: Download, kept: Kept) -> None:
    message = f"It stays in qBittorrent, with its files: {kept.why}"
    columns = {"outcome": Outcome.NEW, "code": ""} if kept.once_more else {}
    with work.job.transaction():
        Download.objects.filter(pk=download.pk).update(cleanup_message=message, **columns)
    work.job.log(f"{download.name}: {message}", Event.Level.WARNING)


def _why_kept(work: Work, one: Listed, *, with_files: bool) -> Kept | None:
    """Why it must not be removed; None when everything of worth is in the library, and safe there."""
    verdicts = selection.judge(work.client.files(one.torrent.hash), work.config)
    if not verdicts:
        return Kept("qBittorrent names no files of it.")
    rows = {row.name: row for row in one.download.files.all()}
    sources = {name: source_path(work.config.path_map, one.torrent.save_path, name) for name in verdicts}
    for name, verdict in verdicts.items():
        row = rows.get(storable(name))
        if row is not None and row.outcome == Outcome.DONE:
            why = _why_unsafe(row, sources[name]) if with_files else _why_gone(row)
        else:
            why = _why_wanted(work, sources[name], verdict, row)
        if why:
            return Kept(f"{name} {why}", once_more=why == WANTED_NOW or _is_outdated(row, verdict))
    other = work.user_of(sources.values(), but=one.torrent.hash) if with_files else None
    return Kept(f"the torrent “{other.name}” uses them too.") if other else None


def _why_wanted(work: Work, source: Path, verdict: Verdict | None, row: PlacedFile | None) -> str:
    """Why a file that is not in the library is of worth, by what holds now: qBittorrent's choice, the settings."""
    if verdict in (selection.DESELECTED, selection.RUBBISH):
        return ""
    if verdict is not None:
        return f"is not in the library. {verdict.message}"
    if row is not None and _is_unwanted(work, source, row):
        return ""
    if row is not None and row.code == WITHOUT_VIDEO.code:
        return f"is not in the library. {row.message}"
    return WANTED_NOW


def _is_outdated(row: PlacedFile | None, verdict: Verdict | None) -> bool:
    """Whether its row gives another reason why it is not placed, by which `reopening` would not notice a change."""
    return verdict is not None and (row is None or (row.outcome != Outcome.DONE and row.code != verdict.code))


def _is_unwanted(work: Work, source: Path, row: PlacedFile) -> bool:
    """Whether the video is too short still, or the one that the sidecar belongs to."""
    if row.code == VIDEO_NOT_WANTED.code and (video := row.video):
        row, source = video, Path(video.source)
    return row.code == TOO_SHORT and _is_too_short(work, source)


def _is_too_short(work: Work, source: Path) -> bool:
    try:
        return too_short(work.job, source, work.config.min_duration_seconds) is not None
    except ItemFailed:
        return False


def _why_gone(row: PlacedFile) -> str:
    return "" if any(Path(target).is_file() for target in _targets(row)) else "is not in the library any more."


def _why_unsafe(row: PlacedFile, source: Path) -> str:
    try:
        status = source.stat()
        if status.st_nlink < 2:
            return "is not hard-linked, so this may be the only copy. (Mode “move” frees the space.)"
        if not any(_is_own_link(Path(target), source, status) for target in _targets(row)):
            return "in the library is not another link of it."
    except OSError as error:
        return f"can't be looked at: {error.strerror}."
    return ""


def _is_own_link(target: Path, source: Path, status: os.stat_result) -> bool:
    """Whether the target is the same file and stays when the source's name is removed."""
    return os.path.samestat(status, target.stat()) and target.resolve() != source.resolve()


def _targets(row: PlacedFile) -> list[str]:
    """Where the file is in the library; for one that another torrent placed: what that one placed."""
    if row.target:
        return [row.target]
    same_name = PlacedFile.objects.filter(name=row.name, outcome=Outcome.DONE).exclude(target="")
    return list(same_name.values_list("target", flat=True))
