"""Torrents of which something of worth is left out: handled once more as soon as that is classified otherwise.

By the settings, or by the choice of files in qBittorrent. Nothing else tells: deselecting a file that is complete does
not change a torrent's size there. It costs a request for each such torrent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scenes.downloads import selection
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.sidecars import WITHOUT_VIDEO
from scenes.downloads.files.targets import storable
from scenes.downloads.finished_torrent import FinishedTorrent
from scenes.downloads.results import Result
from scenes.models import Download, Outcome, PlacedFile


def reopen(context: ProcessingContext, all_finished: Sequence[FinishedTorrent]) -> None:
    """Mark them as not handled, in their rows too."""
    handled = {finished.download.pk: finished for finished in all_finished if finished.is_handled}
    rows: dict[int, list[PlacedFile]] = {}
    left_out = PlacedFile.objects.filter(outcome=Outcome.NOT_WANTED, code__in=selection.OF_WORTH)
    for row in left_out.select_related("video"):
        if row.download_id in handled:
            rows.setdefault(row.download_id, []).append(row)
    for pk, left in rows.items():
        context.job.checkpoint()
        finished = handled[pk]
        results = {storable(name): result for name, result in finished.classified.items()}
        finished.forget_files()
        if not any(is_classified_otherwise(row, results) for row in left):
            continue
        download = finished.download
        download.outcome, download.code = Outcome.NEW, ""
        with context.job.transaction():
            Download.objects.filter(pk=pk).update(outcome=download.outcome, code=download.code)


def is_classified_otherwise(row: PlacedFile, results: Mapping[str, Result | None]) -> bool:
    """Whether a file that was left out would be placed now, or left out for another reason."""
    if row.name not in results:
        return False
    result = results[row.name]
    if result is None and row.code == WITHOUT_VIDEO.code and row.video is not None:
        return results.get(row.video.name) != selection.DESELECTED
    return result is None or result.code != row.code
