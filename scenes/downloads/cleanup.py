"""After the rows are saved: our tag in qBittorrent, and the clean-up that the settings may ask for.

Both may fail without anything being lost: it is said in the log, and the next run tries again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.utils import timezone

from jobs.crash_points import crash_point
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.attribution import disk
from scenes.clients.base import ServiceError
from scenes.crash_points import CrashPoint
from scenes.downloads.context import ProcessingContext
from scenes.downloads.library.safety import why_kept
from scenes.downloads.login import REMEMBERED
from scenes.downloads.torrents.finished_torrent import FinishedTorrent
from scenes.downloads.torrents.listing import ROWS_AT_ONCE
from scenes.downloads.torrents.selection import OF_WORTH
from scenes.downloads.torrents.states import misplaced
from scenes.models import Download, Outcome, PlacedFile
from scenes.pieces import pieces


def clean_up(context: ProcessingContext, all_finished: Sequence[FinishedTorrent]) -> None:
    """Tag what is handled, and remove what the settings say. Failures of qBittorrent are logged only."""
    done = [
        finished for finished in all_finished if finished.download.outcome == Outcome.DONE and not finished.is_removed
    ]
    try:
        if tag := context.config.qbittorrent_handled_tag:
            add_tag(context, tag, [finished.download for finished in done if finished.download.tagged_at is None])
        to_remove = [finished for finished in done if not finished.download.cleanup_message]
        for finished in to_remove:
            if finished.destination.cleanup != "keep":
                remove(finished)
    except ServiceError as error:
        if error.code in REMEMBERED:
            raise
        text = _("Tag and clean-up are left to the next run: {reason}", reason=error.message)
        context.job.log(text, Event.Level.WARNING)


def add_tag(context: ProcessingContext, tag: str, downloads: Sequence[Download]) -> None:
    """Not to those of which something of worth is left out: whoever deletes what has the tag must not delete that."""
    left_out = PlacedFile.objects.filter(code__in=OF_WORTH, download__tagged_at=None)
    with_rest = set(left_out.values_list("download", flat=True))
    for part in pieces((download for download in downloads if download.pk not in with_rest), ROWS_AT_ONCE):
        context.effects.tag(context.client, [download.hash for download in part], tag)
        crash_point(CrashPoint.TORRENT_TAGGED)
        with context.job.transaction(recording=True):
            Download.objects.filter(pk__in=[download.pk for download in part]).update(tagged_at=timezone.now())


def remove(finished: FinishedTorrent) -> None:
    """Take it out of qBittorrent, unless something of worth would be lost; its row and the log say so then."""
    context, download = finished.context, finished.download
    with_files = finished.destination.cleanup == "remove_torrent_and_files"
    context.job.checkpoint()
    finished.forget_files()
    if finished.files is None:  # somebody else removed it
        return
    kept = why_kept(finished, with_files=with_files)
    if kept and (away := why_away(finished)):  # what it looks like now is no reason for good
        text = _("{name}: its clean-up is left to the next run: {reason}.", name=download.name, reason=away)
        context.job.log(text, Event.Level.WARNING)
    elif kept:
        message = _("It stays in qBittorrent, with its files: {reason}", reason=kept.why)
        columns = {"outcome": Outcome.NEW, "code": ""} if kept.once_more else {}
        with context.job.transaction():
            Download.objects.filter(pk=download.pk).update(cleanup_message=message, **columns)
        context.job.log(joined(": ", [download.name, message]), Event.Level.WARNING)
    # What is removed while its files are not where we think may be the only copy. `take_out` sees later moves.
    elif result := misplaced(finished.torrent, finished.selected) or finished.take_out(with_files=with_files):
        context.job.log(_("{name} was not removed: {reason}", name=download.name, reason=result.message))
    finished.forget_files()


def why_away(finished: FinishedTorrent) -> str:
    """What shows that the disk of a destination that has any of its files is away; "" if nothing does."""
    places = (Path(row.place) for row in finished.download.files.select_related("same_as") if row.place)
    held_by = map(finished.context.config.destinations.holding, places)
    folders = {finished.destination.folder, *(destination.folder for destination in held_by if destination)}
    return next(filter(None, map(disk.why_away, sorted(folders))), "")
