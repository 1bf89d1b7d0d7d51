"""Torrents of which a file was left out: handled once more as soon as that file is classified otherwise.

By the settings, or by the choice of files in qBittorrent. Nothing but the list of files tells that: selecting or
deselecting a file that is there changes nothing else that qBittorrent says of a torrent (measured on 4.5.2). So each
run asks for the files of some of them, those first that it has not asked for the longest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.sidecars import WITHOUT_VIDEO
from scenes.downloads.files.sources import source_path
from scenes.downloads.files.targets import storable
from scenes.downloads.results import COMES_LATER, Result
from scenes.downloads.torrents import selection
from scenes.downloads.torrents.finished_torrent import FinishedTorrent
from scenes.models import HANDLED, Download, Outcome, PlacedFile
from scenes.pieces import pieces

CHECKS_IN_A_RUN = 500  # requests, of some 3 ms; a run has nothing better to do, and the rest has its turn later
CHECKS_AT_ONCE = 50  # whose rows are in memory

# Files of which another choice in qBittorrent changes what happens.
DEPENDS = Q(outcome=Outcome.QUARANTINED) | Q(
    outcome=Outcome.NOT_WANTED, code__in=[*selection.OF_WORTH, selection.DESELECTED.code, selection.SAMPLE.code]
)


def reopen(context: ProcessingContext, all_finished: Sequence[FinishedTorrent]) -> None:
    """Mark them as not handled, in their rows too."""
    handled = {finished.download.pk: finished for finished in all_finished if finished.is_handled}
    dependent = PlacedFile.objects.filter(DEPENDS, download=OuterRef("pk"))
    longest_first = Download.objects.filter(Exists(dependent), outcome__in=HANDLED).order_by(
        F("files_checked_at").asc(nulls_first=True), "pk"
    )
    pks = [pk for pk in longest_first.values_list("pk", flat=True) if pk in handled]
    for part in pieces(islice(pks, CHECKS_IN_A_RUN), CHECKS_AT_ONCE):
        rows: dict[int, list[PlacedFile]] = {}
        for row in PlacedFile.objects.filter(DEPENDS, download__in=part).select_related("video"):
            rows.setdefault(row.download_id, []).append(row)
        changed = [pk for pk in part if is_to_reopen(handled[pk], rows.get(pk, []))]
        for pk in changed:
            handled[pk].download.outcome, handled[pk].download.code = Outcome.NEW, ""
        with context.job.transaction():
            Download.objects.filter(pk__in=part).update(files_checked_at=timezone.now())
            Download.objects.filter(pk__in=changed).update(outcome=Outcome.NEW, code="")


def reopen_arrived(context: ProcessingContext, all_finished: Sequence[FinishedTorrent]) -> None:
    """Mark as not handled those with a file that was given up and is all there by now."""
    listed = {finished.download.pk: finished for finished in all_finished}
    given_up = PlacedFile.objects.quarantined().filter(code__in=COMES_LATER)
    arrived = [row for row in given_up if row.download_id in listed and has_arrived(listed[row.download_id], row)]
    for part in pieces(arrived, CHECKS_AT_ONCE):
        with context.job.transaction():
            PlacedFile.objects.filter(pk__in=[row.pk for row in part]).release()
    for row in arrived:
        listed[row.download_id].download.outcome, listed[row.download_id].download.code = Outcome.NEW, ""


def has_arrived(finished: FinishedTorrent, row: PlacedFile) -> bool:
    """Whether it has its right size, where it is by the path mapping of today."""
    context = finished.context
    context.job.checkpoint()
    try:
        return source_path(context.config.path_map, finished.torrent.save_path, row.name).stat().st_size == row.size
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return False


def is_to_reopen(finished: FinishedTorrent, rows: Sequence[PlacedFile]) -> bool:
    """Whether any of these files of it is classified otherwise by now. Asks qBittorrent."""
    finished.context.job.checkpoint()
    results = {storable(name): result for name, result in finished.classified.items()}
    finished.forget_files()
    return any(is_classified_otherwise(row, results) for row in rows)


def is_classified_otherwise(row: PlacedFile, results: Mapping[str, Result | None]) -> bool:
    """Whether the file would be placed now, or left out for another reason."""
    if row.name not in results:
        return False
    result = results[row.name]
    if row.outcome == Outcome.QUARANTINED:
        return result == selection.DESELECTED
    if result is None and row.code == WITHOUT_VIDEO.code and row.video is not None:
        return results.get(row.video.name) != selection.DESELECTED
    return result is None or result.code != row.code
