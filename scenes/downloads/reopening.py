"""Torrents of which something of worth is left out: handled once more as soon as that is judged otherwise.

By the settings, or by the choice of files in qBittorrent. Nothing else tells: deselecting a file that is complete does
not change a torrent's size there. It costs a request for each such torrent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scenes.clients.base import ServiceError
from scenes.downloads import selection
from scenes.downloads.files.sidecars import WITHOUT_VIDEO
from scenes.downloads.files.targets import storable
from scenes.downloads.listing import Listed
from scenes.downloads.outcomes import Verdict
from scenes.downloads.work import Work
from scenes.models import Download, Outcome, PlacedFile


def reopen(work: Work, found: Sequence[Listed]) -> None:
    """Mark them as not handled, in their rows and in ``found``."""
    settled = {one.download.pk: one for one in found if one.is_settled}
    rows: dict[int, list[PlacedFile]] = {}
    left_out = PlacedFile.objects.filter(outcome=Outcome.NOT_WANTED, code__in=selection.OF_WORTH)
    for row in left_out.select_related("video"):
        if row.download_id in settled:
            rows.setdefault(row.download_id, []).append(row)
    for pk, left in rows.items():
        work.job.checkpoint()
        verdicts = _verdicts(work, settled[pk])
        if any(_is_judged_otherwise(row, verdicts) for row in left):
            _reopen_one(work, settled[pk].download)


def _verdicts(work: Work, one: Listed) -> dict[str, Verdict | None]:
    try:
        files = work.client.files(one.torrent.hash)
    except ServiceError as error:
        if error.code != "not_found":
            raise
        return {}
    return {storable(name): verdict for name, verdict in selection.judge(files, work.config).items()}


def _is_judged_otherwise(row: PlacedFile, verdicts: Mapping[str, Verdict | None]) -> bool:
    if row.name not in verdicts:
        return False
    verdict = verdicts[row.name]
    if verdict is None and row.code == WITHOUT_VIDEO.code and row.video is not None:
        return verdicts.get(row.video.name) != selection.DESELECTED
    return verdict is None or verdict.code != row.code


def _reopen_one(work: Work, download: Download) -> None:
    download.outcome, download.code = Outcome.NEW, ""
    with work.job.transaction():
        Download.objects.filter(pk=download.pk).update(outcome=download.outcome, code=download.code)
