"""Before a file is placed: the checks, its target, and the intent in its row."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from jobs.crashpoints import CrashPoint, crash_point
from scenes.downloads import sources, targets
from scenes.downloads.copying import temporary_for
from scenes.downloads.outcomes import ItemFailed, Verdict, settle, settle_placed
from scenes.downloads.placing import Placement, as_placed
from scenes.downloads.targets import Target
from scenes.downloads.work import Work
from scenes.models import Outcome, PlacedFile


def prepare(work: Work, row: PlacedFile, save_path: str, *, moving: bool = False) -> Placement | None:
    """What to place where, its target saved in the row; None when the row is settled without that.

    ``save_path`` as qBittorrent sees it, for the messages. ``moving``: the source is to be removed, also when an
    earlier try got as far as the target. Raises ItemFailed.
    """
    targets.safe_parts(row.name)
    if not row.source:
        raise ItemFailed("unsafe_path", f"“{row.name[:200]}” is not placed: its name can't be a file's.")
    source = sources.visible(row, save_path)
    if short := sources.too_short(work.job, source, work.config.min_duration_seconds):
        settle(work.job, row, short)
        return None
    same = partial(sources.same_file, source, checkpoint=work.job.checkpoint)
    target = targets.choose(row, work.library.folder, same)
    placement = _placement(work, row, source, target)
    if target.is_there and not (moving and target.ours):
        _settle_there(work, row, source, target)
        return None
    _intend(work, row, target)
    return placement


def _placement(work: Work, row: PlacedFile, source: Path, target: Target) -> Placement:
    return Placement(
        source=source,
        target=target.path,
        library=work.library.folder,
        temporary=temporary_for(target.path, row.pk, work.job.token),
        report=partial(work.copied, row),
        confirm=work.confirm,
        is_there=target.is_there,
    )


def _settle_there(work: Work, row: PlacedFile, source: Path, target: Target) -> None:
    if target.ours:  # placed by us, and the process died before that was written down
        placed = as_placed(target.path, linked=sources.is_link(source, target.path))
        settle_placed(work.job, row, placed.code, placed.message)
        return
    if target.twin is None:
        text = f"The same file is at {target.path} already."
        settle(work.job, row, Verdict(Outcome.DONE, "already_there", text), target=str(target.path))
        return
    text = f"The same file is at {target.path} already, from the torrent “{target.twin.download.name}”."
    there = Verdict(Outcome.DONE, "already_there", text)
    looked_up = "It is looked up for that torrent."
    settle(work.job, row, there, scan_outcome=Outcome.NOT_WANTED, scan_message=looked_up)


def _intend(work: Work, row: PlacedFile, target: Target) -> None:
    if row.target != str(target.path):
        row.target = str(target.path)
        with work.job.transaction():
            PlacedFile.objects.filter(pk=row.pk).update(target=row.target)
    crash_point(CrashPoint.TARGET_SAVED)
