"""The whole of process_downloads: from what qBittorrent lists to rows that say how each item ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jobs.context import JobContext
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, quantity
from scenes import configuration
from scenes.downloads.cleanup import clean_up
from scenes.downloads.context import ProcessingContext
from scenes.downloads.counting import line_of, report
from scenes.downloads.effects import Effects, RealEffects
from scenes.downloads.files.leftovers import left_behind
from scenes.downloads.files.moving import finish_move, unfinished
from scenes.downloads.gone import close_gone
from scenes.downloads.handling import handle
from scenes.downloads.library.folder import DestinationUnusable
from scenes.downloads.library.folders import DestinationFolders
from scenes.downloads.login import logged_in
from scenes.downloads.reopening import reopen, reopen_arrived
from scenes.downloads.results import COMES_LATER, DESTINATION_UNUSABLE, OUTCOME
from scenes.downloads.summarising import summarise
from scenes.downloads.torrents.filtering import unknown_in_destinations, unknown_in_filter
from scenes.downloads.torrents.finished_torrent import FinishedTorrent
from scenes.downloads.torrents.listing import list_finished
from scenes.downloads.torrents.selection import size_of
from scenes.downloads.torrents.states import CLIENT_TROUBLE, misplaced
from scenes.models import BAD, Download, Outcome, PlacedFile


def process(job: JobContext, download_ids: Sequence[int] = (), effects: Effects | None = None) -> None:
    """Handle every finished torrent that isn't handled yet; with ids, only those.

    Raises JobError (qBittorrent away, wrong library, …).
    """
    only = set(Download.objects.filter(pk__in=download_ids).values_list("hash", flat=True)) if download_ids else None
    config = configuration.current()
    folders = DestinationFolders(job, config)
    with logged_in(job) as client:
        process_torrents(ProcessingContext(job, client, config, folders, effects or RealEffects(), only))


def process_torrents(context: ProcessingContext) -> None:
    """The same, with a client that is logged in."""
    # What a copy left behind when its process was killed. Nobody copies now: this job has the lock. Before anything is
    # recorded, whatever became of their torrents: nobody looks at handled files again.
    unplaced = PlacedFile.objects.exclude(outcome=Outcome.DONE).exclude(target="")
    for pk, target in unplaced.values_list("pk", "target"):
        context.effects.remove_leftovers(Path(target), pk)
    torrents = context.client.torrents()
    context.effects.apply_decisions(context.job, context.config, torrents)
    # Asked twice, since one that is finished may look so for an instant before it is moved.
    if any(torrent.phase == "finished" and misplaced(torrent) for torrent in torrents):
        torrents = context.client.torrents()
    if unknown := unknown_in_filter(context.client, context.config, torrents):
        text = joined(". ", [unknown, _("The filter in the settings takes nothing by that.")])
        context.job.log(text, Event.Level.WARNING)
    if mistyped := unknown_in_destinations(context.client, context.config, torrents):
        text = joined(". ", [mistyped, _("No torrent goes to a destination by that.")])
        context.job.log(text, Event.Level.WARNING)
    all_finished = list_finished(context, [torrent for torrent in torrents if context.concerns(torrent.hash)])
    hashes = {torrent.hash for torrent in torrents}
    close_gone(context, hashes)
    reopen_arrived(context, all_finished)
    reopen(context, all_finished)
    half_moved = [download for download in unfinished(hashes) if context.concerns(download.hash)]
    to_handle = [finished for finished in all_finished if not finished.is_handled]
    context.total = len(half_moved) + len(to_handle)
    unusable = handle_all(context, half_moved, to_handle)
    if unusable and not context.folders.confirmed:
        raise next(iter(unusable.values()))
    record_unusable(context, unusable)
    clean_up(context, all_finished)
    context.job.progress(context.done, context.total, closing_message(context, unknown))


def handle_all(
    context: ProcessingContext, half_moved: Sequence[Download], to_handle: Sequence[FinishedTorrent]
) -> dict[Download, DestinationUnusable]:
    """Handle these torrents; those whose destination can't be used now, and why, are left for the next run."""
    unusable = {}
    for download in half_moved:
        context.begin(download.name)
        try:
            finish_move(context, download)
            summarise(context, download, left_behind(context, download), size=size_of(download.files.all()))
        except DestinationUnusable as error:
            unusable[download] = error
        context.done += 1
    for finished in to_handle:
        try:
            handle(finished)
        except DestinationUnusable as error:
            unusable[finished.download] = error
        finished.forget_files()
        context.done += 1
    return unusable


def record_unusable(context: ProcessingContext, unusable: Mapping[Download, DestinationUnusable]) -> None:
    """Write why these torrents are not handled, while others went to their destinations. No attempt of theirs."""
    for download, error in unusable.items():
        with context.job.transaction():
            row = Download.objects.filter(pk=download.pk)
            row.fail(context.job, error.message, is_counted=False, code=DESTINATION_UNUSABLE)
            download.refresh_from_db(fields=OUTCOME)
        context.job.log(joined(": ", [download.name, error.message]), Event.Level.WARNING)


def closing_message(context: ProcessingContext, unknown: str) -> str:
    """What this job did, for people. ``unknown``: what of the filter qBittorrent does not have."""
    troubled = Download.objects.filter(job=context.job.job, outcome__in=BAD, code__in=CLIENT_TROUBLE).count()
    sentences = [unknown]
    if context.total:
        counts = line_of(report(context.job.job).result)
        handled = _("{torrents} handled", torrents=quantity(context.total, "torrent"))
        sentences.insert(0, joined(": ", [handled, counts]))
    elif not unknown:
        sentences = [_("No torrent is new")]
    if away := PlacedFile.objects.filter(job=context.job.job, outcome=Outcome.WAITING, code__in=COMES_LATER).count():
        sentences.append(_("{files} not all there yet: waited for", files=quantity(away, "file")))
    bad = Download.objects.filter(job=context.job.job, outcome__in=BAD, code=DESTINATION_UNUSABLE)
    if unplaced := bad.count():
        sentences.append(_("{count} not placed, since their destination can't be used now", count=unplaced))
    if troubled:
        sentences.append(
            _("{count} with trouble in qBittorrent (files missing, a move that failed, or an error)", count=troubled)
        )
    return joined("; ", sentences)
